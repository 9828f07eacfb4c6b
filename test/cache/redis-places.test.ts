import { Cluster } from "ioredis";
import { expect, test } from "vitest";
import { NearCache } from "../../src/cache/near-cache.ts";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import { describeWithServer, startCluster, startSentinels, until } from "../rig/index.ts";

const KEYS = Array.from({ length: 300 }, (_, i) => `k${i}`);

/** Every way through a backend over many slots, and through copies of its entries. */
async function use(config: RedisBackendConfig<number>): Promise<void> {
  const backend = new RedisBackend<number>({ codec: "json", keyPrefix: "c:", ...config });
  await using cache = new NearCache(backend);
  await cache.connect({ timeoutMs: 60_000 });
  expect(await cache.ping()).toBe(true);
  await cache.setMany(KEYS.map((key, i) => [key, i]));
  const copied = async () => {
    expect([...(await cache.getMany(KEYS))]).toEqual(KEYS.map((key, i) => [key, i]));
    return (await cache.getStats()).parts.near!.entries === KEYS.length;
  };
  await until("all have copies", copied, 60_000);
  const listed = new Set<string>();
  for await (const key of cache.keys("k*")) listed.add(key);
  expect(listed).toEqual(new Set(KEYS));
  expect(await cache.wrap("computed", () => 7)).toBe(7);
  expect(await cache.clear()).toBe(KEYS.length + 1);
  expect(await cache.hasMany(["k0", "computed"])).toEqual([false, false]);
}

describeWithServer("a RedisBackend", () => {
  test("takes an ioredis Cluster, its prefix included, and leaves its connections alone", async () => {
    await using servers = await startCluster();
    const nodes = servers.primaries.map(({ host, port }) => ({ host, port }));
    const cluster = new Cluster(nodes, { lazyConnect: true, keyPrefix: "io:" });
    await use({ client: cluster, socketTimeoutMs: 60_000 });
    expect(cluster.status).toBe("wait");
    cluster.disconnect();
  });

  test("works behind Sentinels, and again at the successor", { timeout: 300_000 }, async () => {
    await using sentinels = await startSentinels();
    const config = { url: sentinels.url, socketTimeoutMs: 60_000 };
    await use(config);
    await using backend = new RedisBackend<string>({ ...config, codec: "text" });
    await backend.set("k", "before");
    const primary = await sentinels.failOver();
    const arrived = async () => {
      await backend.set("k", "after").catch(() => undefined);
      return (await primary.command("GET", "k")) === "after";
    };
    await until("it writes at the successor", arrived, 120_000);
    expect(await backend.get("k")).toBe("after");
  });
});
