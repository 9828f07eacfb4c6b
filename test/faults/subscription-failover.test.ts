import { afterAll, expect, test } from "vitest";
import { NearCache } from "../../src/cache/near-cache.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { connect, type SlotClient } from "../../src/index.ts";
import { UpdateBus, type UpdateBusOptions } from "../../src/recipes/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigNode,
  type RigSentinels,
  startCluster,
  startProxy,
  startSentinels,
  startServer,
  until,
} from "../rig/index.ts";

// Rows 15, 18 and 20 for connections that only listen.

const PATIENCE_MS = 120_000;
const TEST_MS = 300_000;
const CLIENT = { deadNodeTimeoutMs: 3_000, timeoutMs: 60_000 };

/** A bus and what it was told, one listener for each topic. */
async function listen(client: SlotClient, topics: readonly string[], options: UpdateBusOptions<number> = {}) {
  const bus = new UpdateBus<number>(client, options);
  const heard = new Map<string, number>();
  const lost = new Set<string>();
  const gaps = new Set<string>();
  bus.on("lost", (event) => event.topics.forEach((topic) => void lost.add(topic)));
  bus.on("gap", (event) => event.topics.forEach((topic) => void gaps.add(topic)));
  for (const topic of topics) await bus.subscribe(topic, (n) => void heard.set(topic, n));
  return { bus, heard, lost, gaps };
}

/** Publishes until all have heard it: what is published in a gap is lost. */
async function untilHeard(
  { bus, heard }: Awaited<ReturnType<typeof listen>>,
  topics: readonly string[],
  n: number,
) {
  await until(
    `all have heard ${n}`,
    async () => {
      await bus.publishMany(topics.map((topic) => [topic, n] as const)).catch(() => {});
      return topics.every((topic) => heard.get(topic) === n);
    },
    PATIENCE_MS,
  );
}

async function near(url: string): Promise<{ cache: NearCache<string>; told: string[] }> {
  const backend = new RedisBackend<string>({
    url,
    codec: "text",
    keyPrefix: "c:",
    socketTimeoutMs: 60_000,
    clientOptions: { deadNodeTimeoutMs: CLIENT.deadNodeTimeoutMs },
  });
  const cache = new NearCache(backend);
  const told: string[] = [];
  cache.on("trackingUp", () => told.push("up"));
  cache.on("trackingLost", () => told.push("lost"));
  await cache.connect({ timeoutMs: 60_000 });
  return { cache, told };
}

/** Whether a copy is made, and is outdated by what is written at `primary`. */
async function untilTold(
  cache: NearCache<string>,
  key: string,
  primary: RigNode,
  value: string,
): Promise<void> {
  await until(
    "there is a copy",
    async () => {
      const { hits } = (await cache.getStats()).parts.near!;
      await cache.get(key);
      return (await cache.getStats()).parts.near!.hits > hits;
    },
    PATIENCE_MS,
  );
  await primary.command("SET", `c:${key}`, value);
  await until("the new value is read", async () => (await cache.get(key)) === value, PATIENCE_MS);
}

describeWithServer("a primary of a cluster that is killed and replaced", () => {
  const TOPICS = Array.from({ length: 12 }, (_, i) => `t${i}`);

  test("buses subscribe at the successor and tell of the gap, and a near cache listens to it", {
    timeout: TEST_MS,
  }, async () => {
    // Nobody is promoted before the test says so.
    await using cluster = await startCluster({ replicas: 1, config: { "cluster-node-timeout": 60_000 } });
    await using client = await connect(cluster.url, CLIENT);
    const plain = await listen(client, TOPICS);
    const sharded = await listen(client, TOPICS, { sharded: true });
    const { cache, told } = await near(cluster.url);
    await using _ = cache;
    await untilHeard(plain, TOPICS, 1);
    await untilHeard(sharded, TOPICS, 1);
    // Whoever holds the connection of the plain channels.
    const holds = await Promise.all(
      cluster.primaries.map((node) => node.command("PUBSUB", "NUMSUB", "updates:t0")),
    );
    const primary = cluster.primaries[
      holds.findIndex((counts) => String(counts) === "updates:t0,1")
    ] as RigNode;
    const key = await keyAt(cluster, primary);
    await cache.set(key, "before");
    await untilTold(cache, key, primary, "outdated");
    const [replica] = cluster.replicasOf(primary) as [RigNode];
    const witnesses = cluster.primaries.filter((node) => node !== primary);
    await primary.kill();
    await until("the loss is noticed", () => told.includes("lost"), PATIENCE_MS);
    await cluster.takeOver(replica, [replica, ...witnesses]);
    await until("all primaries are heard", () => cache.isTracking, PATIENCE_MS);
    await untilTold(cache, key, replica, "after");
    await untilHeard(plain, TOPICS, 2);
    await untilHeard(sharded, TOPICS, 2);
    expect([...plain.gaps].sort()).toEqual([...TOPICS].sort());
    expect(sharded.gaps.size).toBeGreaterThan(0);
    expect([...sharded.lost].sort()).toEqual([...sharded.gaps].sort());
  });
});

/** A key that lies at `primary` when it stands behind `c:`. */
async function keyAt(cluster: RigCluster, primary: RigNode): Promise<string> {
  for (let i = 0; ; i++)
    if ((await cluster.ownerOf(await cluster.slotOf(`c:k${i}`))) === primary) return `k${i}`;
}

describeWithServer("a failover by Sentinels", () => {
  let rig: RigSentinels | undefined;
  afterAll(() => rig?.stop());

  test("a bus subscribes at the new primary and tells of the gap, and a near cache listens to it", {
    timeout: TEST_MS,
  }, async () => {
    // Not in a hook: that would run where this test is skipped, too.
    rig = await startSentinels({ sentinels: 3 });
    await using client = await connect(rig.url, CLIENT);
    const listener = await listen(client, ["a", "b"]);
    const { cache, told } = await near(rig.url);
    await using _ = cache;
    await untilHeard(listener, ["a", "b"], 1);
    const primary = await rig.named();
    await cache.set("k", "before");
    await untilTold(cache, "k", primary, "outdated");
    await rig.replicated(primary);
    const successor = await rig.failOver();
    await until(
      "the client has gone over",
      () => client.topology()?.nodes[0]?.port === successor.port,
      PATIENCE_MS,
    );
    await until("the change was noticed", () => told.includes("lost"), PATIENCE_MS);
    await until("the new primary is heard", () => cache.isTracking, PATIENCE_MS);
    await untilTold(cache, "k", successor, "after");
    await untilHeard(listener, ["a", "b"], 2);
    expect([...listener.gaps].sort()).toEqual(["a", "b"]);
  });
});

describeWithServer("a server that has silently gone", () => {
  test("is noticed by a subscription that is never spoken to", { timeout: TEST_MS }, async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, { deadNodeTimeoutMs: 1_000, timeoutMs: 60_000 });
    const told: string[] = [];
    const subscription = await client.subscribe(
      { channels: ["a"] },
      ({ payload }) => void told.push(String(payload)),
    );
    subscription.on("lost", () => told.push("lost"));
    subscription.on("resubscribed", () => told.push("again"));
    proxy.blackhole();
    await until("the silence is noticed", () => told.includes("lost"), PATIENCE_MS);
    proxy.restore();
    await until(
      "messages come again",
      async () => {
        await server.node.command("PUBLISH", "a", "hello");
        return told.at(-1) === "hello";
      },
      PATIENCE_MS,
    );
    expect(told).toContain("again");
  });

  test("is not suspected while it only has nothing to tell", { timeout: TEST_MS }, async () => {
    await using server = await startServer();
    await using client = await connect(server.node.url, { deadNodeTimeoutMs: 1_000, timeoutMs: 60_000 });
    const subscription = await client.subscribe({ channels: ["a"] }, () => {});
    await server.node.command("CONFIG", "RESETSTAT");
    await until(
      "it was asked for signs of life",
      async () => {
        const stats = String(await server.node.command("INFO", "commandstats"));
        return Number(/cmdstat_ping:calls=(\d+)/.exec(stats)?.[1]) >= 2;
      },
      PATIENCE_MS,
    );
    await until("it is subscribed", () => subscription.isSubscribed);
  });
});
