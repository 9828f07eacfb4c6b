import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { countSocketWrites, describeWithServer, type RigCluster, startCluster } from "../rig/index.ts";

const KEYS = Array.from({ length: 1_000 }, (_, i) => `packed:${i}`);
const PREFIX = "cache:";
const CHUNK = 256;

/** Each call of many keys takes one packed write per node and chunk, whatever is asked of it. */
describeWithServer("1,000 keys on a cluster of three primaries, counted at the socket", () => {
  let cluster: RigCluster;
  let backends: Record<"plain" | "sliding" | "jittered" | "packed", RedisBackend<string>>;
  /** Keys by the port of their node. */
  const shares = new Map<number, number>();

  beforeAll(async () => {
    cluster = await startCluster();
    for (const key of KEYS) {
      const { port } = await cluster.ownerOf(await cluster.slotOf(PREFIX + key));
      shares.set(port, (shares.get(port) ?? 0) + 1);
    }
    const make = (config: object = {}) =>
      new RedisBackend<string>({
        url: cluster.url,
        codec: "text",
        keyPrefix: PREFIX,
        socketTimeoutMs: 30_000,
        clientOptions: { topologyRefreshMs: 600_000 },
        ...config,
      });
    backends = {
      plain: make(),
      sliding: make({ ttlMs: 600_000, slidingTtl: true }),
      jittered: make({ ttlMs: 600_000, ttlJitter: 0.5 }),
      packed: make({ compression: { minBytes: 10 } }),
    };
    await Promise.all(Object.values(backends).map((backend) => backend.connect()));
  });
  beforeEach(() => backends.plain.setMany(KEYS.map((key) => [key, `value of ${key}`])));
  afterAll(async () => {
    await Promise.all(Object.values(backends ?? {}).map((backend) => backend.disconnect()));
    await cluster?.stop();
  });

  const expectPacked = async <T>(call: () => Promise<T>): Promise<T> => {
    const { byPort, result } = await countSocketWrites(call);
    expect(shares.size).toBe(3);
    for (const [port, count] of shares)
      expect(byPort.get(port)?.writes, `${count} keys at ${port}`).toBe(Math.ceil(count / CHUNK));
    expect(byPort.size).toBe(3);
    return result;
  };
  const entries = KEYS.map((key) => [key, `value of ${key}`.repeat(20)] as const);

  test("getMany", async () => {
    const found = await expectPacked(() => backends.plain.getMany(KEYS));
    expect([...found]).toEqual(KEYS.map((key) => [key, `value of ${key}`]));
  });

  test("getMany that renews a sliding TTL", async () => {
    await backends.sliding.setMany(entries, { ttlMs: 100_000 });
    expect(await expectPacked(() => backends.sliding.getMany(KEYS))).toHaveProperty("size", 1_000);
    expect(await backends.sliding.ttl(KEYS[999]!)).toBeGreaterThan(300_000);
  });

  test("setMany", async () => {
    await expectPacked(() => backends.plain.setMany(entries));
    await expectPacked(() => backends.plain.setMany(entries, { ttlMs: 600_000, metadata: { n: 1 } }));
  });

  test("setMany with a TTL of its own for each entry", async () => {
    await expectPacked(() => backends.jittered.setMany(entries));
  });

  test("setMany and getMany of compressed values", async () => {
    await expectPacked(() => backends.packed.setMany(entries));
    expect([...(await expectPacked(() => backends.packed.getMany(KEYS)))]).toEqual(entries);
  });

  test("hasMany and deleteMany", async () => {
    expect(await expectPacked(() => backends.plain.hasMany(KEYS))).toEqual(KEYS.map(() => true));
    expect(await expectPacked(() => backends.plain.deleteMany(KEYS))).toBe(1_000);
  });
});
