import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";

const FOR_EVER = Number.POSITIVE_INFINITY;
const KEYS = Array.from({ length: 200 }, (_, i) => `k${i}`);

describeEachServer("the TTL options of a RedisBackend", (fixture) => {
  const backends: RedisBackend<string>[] = [];
  const make = (config: RedisBackendConfig<string>) => {
    const backend = new RedisBackend<string>({
      url: fixture.servers.url,
      codec: "text",
      socketTimeoutMs: 30_000,
      ...config,
    });
    backends.push(backend);
    return backend;
  };
  let plain: RedisBackend<string>;
  beforeAll(async () => {
    plain = make({});
    await plain.connect();
  });
  afterAll(() => Promise.all(backends.map((backend) => backend.disconnect())));

  const expectTtl = async (key: string, longest: number, shortest: number = longest / 2) => {
    const ttlMs = await plain.ttl(key);
    expect(ttlMs).toBeLessThanOrEqual(longest);
    expect(ttlMs).toBeGreaterThan(shortest);
  };

  test("the default TTL holds for every way to set, and a call may say another, or none", async () => {
    const backend = make({ ttlMs: 600_000 });
    await backend.set("set", "v");
    await backend.setMany([["setMany", "v"]]);
    await backend.wrap("wrap", () => "v");
    for (const key of ["set", "setMany", "wrap"]) await expectTtl(key, 600_000);
    await backend.set("set", "v", { ttlMs: 100_000 });
    await expectTtl("set", 100_000);
    await backend.set("set", "v", { ttlMs: null });
    await backend.wrap("wrap for ever", () => "v", { ttlMs: null });
    expect(await plain.ttl("set")).toBe(FOR_EVER);
    expect(await plain.ttl("wrap for ever")).toBe(FOR_EVER);
  });

  test("with a sliding TTL a hit of each read gives it again", async () => {
    const backend = make({ ttlMs: 600_000, slidingTtl: true });
    const reads: ((key: string) => Promise<unknown>)[] = [
      (key) => backend.get(key),
      (key) => backend.getWithMetadata(key),
      (key) => backend.getMany(["none", key]),
      (key) => backend.wrap(key, () => "never"),
    ];
    for (const read of reads) {
      await backend.set("slides", "v");
      await plain.expire("slides", 100_000);
      await read("slides");
      await expectTtl("slides", 600_000, 300_000);
    }
    const entry = await backend.getWithMetadata("slides");
    expect(entry!.ttlMs).toBeGreaterThan(300_000);
  });

  test("a sliding TTL neither ends what lives for ever, nor shortens what lives longer, nor makes a miss exist", async () => {
    const backend = make({ ttlMs: 100_000, slidingTtl: true });
    await backend.set("for ever", "v", { ttlMs: null });
    await backend.set("longer", "v", { ttlMs: 900_000 });
    expect(await backend.getMany(["for ever", "longer", "absent"])).toHaveProperty("size", 2);
    expect(await plain.ttl("for ever")).toBe(FOR_EVER);
    await expectTtl("longer", 900_000);
    expect(await plain.exists("absent")).toBe(false);
  });

  test("looks that are no reads leave a sliding TTL alone, and so does wrap with staleMs", async () => {
    const backend = make({ ttlMs: 600_000, slidingTtl: true });
    await backend.set("looked at", "v", { ttlMs: 100_000 });
    await backend.exists("looked at");
    await backend.hasMany(["looked at"]);
    await backend.ttl("looked at");
    await backend.wrap("looked at", () => "never", { ttlMs: 600_000, staleMs: 1_000 });
    await expectTtl("looked at", 100_000);
  });

  test("jitter lets entries that are set together live differently long, never longer than asked", async () => {
    const backend = make({ ttlMs: 600_000, ttlJitter: 0.5 });
    await backend.setMany(KEYS.map((key) => [key, "v"]));
    const ttls = await Promise.all(KEYS.map((key) => plain.ttl(key)));
    // 300 s to 600 s, less what has passed since.
    for (const ttlMs of ttls) {
      expect(ttlMs).toBeLessThanOrEqual(600_000);
      expect(ttlMs).toBeGreaterThan(240_000);
    }
    // 200 draws of 300,000 values.
    expect(new Set(ttls).size).toBeGreaterThan(100);
    await backend.set("one", "v", { ttlMs: 1 });
    await backend.set("endless", "v", { ttlMs: null });
    expect(await plain.ttl("endless")).toBe(FOR_EVER);
  });

  test("jitter shortens the time in which a wrapped value is fresh, not the time in which it is stale", async () => {
    const backend = make({ ttlJitter: 0.9 });
    let runs = 0;
    for (const key of KEYS.slice(0, 50)) {
      const options = { ttlMs: 300_000, staleMs: 900_000 };
      for (let i = 0; i < 2; i++) await backend.wrap(`w:${key}`, () => `${++runs}`, options);
      const ttlMs = (await plain.ttl(`w:${key}`))!;
      expect(ttlMs).toBeGreaterThan(900_000);
      expect(ttlMs).toBeLessThanOrEqual(1_200_000);
    }
    expect(runs).toBe(50);
  });
});
