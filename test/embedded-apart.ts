/** Client-side suites that are not run on embedded servers at all. */
export const APART_FILES: readonly ApartFile[] = [
  { file: "test/cluster/sentinel.test.ts", needs: "Sentinels, which watch real servers" },
  { file: "test/cluster/sentinel-tls.test.ts", needs: "Sentinels, which watch real servers" },
  { file: "test/faults/sentinel-failover.test.ts", needs: "Sentinels, which watch real servers" },
  { file: "test/faults/connector-failover.test.ts", needs: "Sentinels, which watch real servers" },
  { file: "test/recipes/rate-limits.test.ts", needs: "Lua" },
  { file: "test/recipes/session-store.test.ts", needs: "Lua" },
  { file: "test/recipes/task-queue.test.ts", needs: "Lua" },
];

export interface ApartFile {
  /** Path from the repository's root. */
  readonly file: string;
  readonly needs: string;
}

export interface ApartTest {
  /** Path from the repository's root. */
  readonly file: string;
  /** Found in the test's full name; each alternative finds one. */
  readonly test: RegExp;
  readonly needs: string;
  /** About what the ones before it left, which stand apart too; by itself it may pass. */
  readonly follows?: true;
}

const LISTS = "lists";
const LUA = "Lua";

/** Single tests of the other files. */
export const APART_TESTS: readonly ApartTest[] = [
  { file: "test/faults/subscription-failover.test.ts", test: /a failover by Sentinels/, needs: "Sentinels" },
  { file: "test/cluster/command-batch.test.ts", test: /mixes any commands over any slots/, needs: LISTS },
  { file: "test/cluster/command-batch.test.ts", test: /a failed command is a rejected entry/, needs: LISTS },
  { file: "test/cluster/command-batch.test.ts", test: /as bytes behind a keyword/, needs: "sorted sets" },
  { file: "test/cluster/command-batch.test.ts", test: /XREAD without BLOCK/, needs: "streams" },
  { file: "test/cluster/command-order.test.ts", test: /a chain that fails while it runs/, needs: LISTS },
  { file: "test/cluster/command-order.test.ts", test: /1,000 commands on one key/, needs: LISTS },
  {
    file: "test/cluster/connect-targets.test.ts",
    test: /a cluster of one node that does not know its own address/,
    needs: "an empty host in CLUSTER SLOTS, which an embedded node never tells",
  },
  {
    file: "test/cluster/ioredis-instances.test.ts",
    test: /a Cluster's natMap is followed/,
    needs: LISTS,
  },
  { file: "test/cluster/key-counts.test.ts", test: /values of any type are counted/, needs: LISTS },
  {
    file: "test/cluster/key-prefix.test.ts",
    test: /is put in front of every key of a command/,
    needs: LISTS,
  },
  {
    file: "test/cluster/partial-failure.test.ts",
    test: /mget rejects with BatchError|names the node, and the slot|mgetSettled gives the same outcomes/,
    needs: LISTS,
  },
  {
    file: "test/cluster/reply-shapes.test.ts",
    test: /HSET|HGETALL|HMGET|ZADD|scores are|ZSCORE|ZPOPMIN|SADD|SISMEMBER|SMEMBERS|XADD|XREAD|a large reply/,
    needs: "hashes, sets, sorted sets or streams",
  },
  { file: "test/cluster/reply-shapes.test.ts", test: /of Lua|an error within an array/, needs: "Lua" },
  { file: "test/connector/exists-sync.test.ts", test: /finds records of every layout/, needs: "hashes" },
  {
    file: "test/connector/kv-connector.test.ts",
    test: /tells metadata of values that store none/,
    needs: "hashes",
  },
  {
    file: "test/cluster/telemetry-context.test.ts",
    test: /makes the application's span the parent/,
    needs: LISTS,
  },
  {
    file: "test/cluster/telemetry-trouble.test.ts",
    test: /publishes its error before it ends|has the outcomes of its records|is neither a key nor a value|is the keys as they were given/,
    needs: LISTS,
  },
  { file: "test/faults/ask.test.ts", test: /keeps the order of commands on one key/, needs: LISTS },
  { file: "test/faults/cut-pipeline.test.ts", test: /nothing runs twice/, needs: LISTS },
  {
    file: "test/faults/empty-host.test.ts",
    test: /because it has one node and has met nobody/,
    needs: "an empty host in CLUSTER SLOTS, which an embedded node never tells",
  },
  { file: "test/faults/half-migrated.test.ts", test: /have every reply right/, needs: LISTS },
  { file: "test/faults/moved.test.ts", test: /keeps the order of commands on one key/, needs: LISTS },
  {
    file: "test/faults/moved.test.ts",
    test: /to a node that the client has never heard of/,
    needs: "a node of another process in the cluster",
  },
  { file: "test/records/read-layouts.test.ts", test: /shows an error in a later layout/, needs: LISTS },
  { file: "test/records/value-only.test.ts", test: /of another type are an error/, needs: LISTS },
  {
    file: "test/cluster/script.test.ts",
    test: /a script > on one server|a script > on a cluster/,
    needs: LUA,
  },
  {
    file: "test/connector/sweep.test.ts",
    test: /removes orphans of either half|leaves a record alone whose metadata comes|leaves bytes alone that are written again|counts a name once|takes a mark off again|knows the client's key prefix|lets halves with a TTL/,
    needs: LUA,
  },
  { file: "test/connector/sweep.test.ts", test: /leaves alone what is not its own/, needs: "hashes" },
  { file: "test/connector/eviction.test.ts", test: /leaves orphans of/, needs: LUA },
  {
    file: "test/connector/eviction.test.ts",
    test: /was a server that left orphans/,
    needs: LUA,
    follows: true,
  },
  { file: "test/cache/near-answers.test.ts", test: /of a getMany that failed in part/, needs: LISTS },
  { file: "test/cache/redis-codecs.test.ts", test: /of a getMany that failed in part/, needs: LISTS },
  { file: "test/cache/redis-places.test.ts", test: /works behind Sentinels/, needs: "Sentinels" },
  { file: "test/cache/redis-stats.test.ts", test: /a refusal is a CacheOperationError/, needs: LISTS },
  {
    file: "test/cache/redis-wrap-lock.test.ts",
    test: /over 8 processes|lets the next process run|a server that refuses the lock/,
    needs: LUA,
  },
  {
    file: "test/recipes/token-bucket.test.ts",
    test: /gives away a full bucket|refills|goes by the server's clock|only looks at a cost|takes from many buckets|hands out exactly|takes on after/,
    needs: LUA,
  },
  {
    file: "test/recipes/token-bucket.test.ts",
    test: /rejects with every outcome/,
    needs: LISTS,
  },
];
