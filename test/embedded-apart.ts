/** Client-side suites that are not run on embedded servers; what they need is not there yet, or not meant to be. */
export const APART_FILES: readonly string[] = [
  // Sentinels, which watch real servers.
  "test/cluster/sentinel.test.ts",
  "test/cluster/sentinel-tls.test.ts",
  "test/faults/sentinel-failover.test.ts",
  "test/faults/connector-failover.test.ts",
  // EVAL; by it halves of records are removed.
  "test/cluster/script.test.ts",
  "test/connector/sweep.test.ts",
  "test/connector/eviction.test.ts",
];

export interface ApartTest {
  /** Path from the repository's root. */
  readonly file: string;
  /** Found in the test's full name. */
  readonly test: RegExp;
  readonly needs: string;
}

const LISTS = "lists";

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
    file: "test/connector/config-tls.test.ts",
    test: /on a cluster/,
    needs: "a cluster that announces ports with TLS",
  },
  {
    file: "test/cluster/telemetry-context.test.ts",
    test: /makes the application's span the parent/,
    needs: LISTS,
  },
  {
    file: "test/cluster/telemetry-trouble.test.ts",
    test: /publishes its error before it ends|has the outcomes of its records|telemetry tells of the data/,
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
];
