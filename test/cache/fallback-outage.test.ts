import { describe, expect, test } from "vitest";
import type { CacheBackend } from "../../src/cache/cache-backend.ts";
import { CacheConnectionError, CacheOperationError } from "../../src/cache/cache-error.ts";
import type { CircuitChange } from "../../src/cache/circuit-breaker.ts";
import { FallbackBackend } from "../../src/cache/fallback-backend.ts";
import type { FallbackOptions } from "../../src/cache/fallback-options.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { ConfigError } from "../../src/errors.ts";
import { until } from "../rig/until.ts";
import { bytes, keysOf, text, texts } from "./contract-bytes.ts";
import { flakyPrimary } from "./flaky-backend.ts";

/** Probes as seldom as it gets, so that an outage lasts until the test ends. */
const NO_RETURN = { probeIntervalMs: 2 ** 31 - 1, failureThreshold: 1 };

function setUp(options: FallbackOptions = {}, memory: MemoryBackend = new MemoryBackend()) {
  const primary = flakyPrimary();
  const cache = new FallbackBackend<Uint8Array>(primary.backend, memory, options);
  const changes: CircuitChange[] = [];
  cache.on("state", (change) => changes.push(change));
  return { primary, cache, changes };
}

describe("FallbackBackend during an outage", () => {
  test("serves what was read and what was written before", async () => {
    const { primary, cache } = setUp();
    await primary.inside.set("read", bytes("1"), { ttlMs: 600_000, metadata: { n: 1 } });
    await primary.inside.set("listed", bytes("2"));
    await cache.getWithMetadata("read");
    await cache.getMany(["listed", "none"]);
    await cache.set("written", bytes("3"), { ttlMs: 600_000, metadata: { n: 3 } });
    primary.goDown();
    expect(text(await cache.get("read"))).toBe("1");
    expect(texts(await cache.getMany(["written", "none", "listed"]))).toEqual([
      ["written", "3"],
      ["listed", "2"],
    ]);
    expect(await cache.getWithMetadata("read")).toMatchObject({ metadata: { n: 1 } });
    expect(await cache.getWithMetadata("written")).toMatchObject({ metadata: { n: 3 } });
    expect(await cache.ttl("written")).toBeGreaterThan(300_000);
    expect(await cache.hasMany(["read", "none"])).toEqual([true, false]);
    expect(await keysOf(cache)).toEqual(["listed", "read", "written"]);
    expect(await cache.get("none")).toBeNull();
  });

  const calls: [string, (cache: CacheBackend<Uint8Array>) => Promise<unknown>, unknown][] = [
    ["get", (cache) => cache.get("a"), null],
    ["getWithMetadata", (cache) => cache.getWithMetadata("a"), null],
    ["set", (cache) => cache.set("a", bytes("v")), true],
    ["delete", (cache) => cache.delete("a"), false],
    ["exists", (cache) => cache.exists("a"), false],
    ["ttl", (cache) => cache.ttl("a"), null],
    ["expire", (cache) => cache.expire("a", 1_000), false],
    ["getMany", (cache) => cache.getMany(["a"]), new Map()],
    ["setMany", (cache) => cache.setMany([["a", bytes("v")]]), undefined],
    ["deleteMany", (cache) => cache.deleteMany(["a"]), 0],
    ["hasMany", (cache) => cache.hasMany(["a"]), [false]],
    ["clear", (cache) => cache.clear(), 0],
    ["connect", (cache) => cache.connect(), undefined],
    ["ping", (cache) => cache.ping(), true],
  ];
  test.each(calls)("%s throws nothing, be it the first call or a later one", async (_, call, expected) => {
    for (const failureThreshold of [1, 100]) {
      const { primary, cache } = setUp({ ...NO_RETURN, failureThreshold });
      primary.goDown();
      expect(await call(cache)).toEqual(expected);
      await cache.disconnect();
    }
  });

  test("throws nothing where the primary fails in ways of its own", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    primary.failing.set("*", () => new TypeError("fetch failed"));
    expect(await cache.get("a")).toBeNull();
    expect(await cache.set("a", bytes("1"))).toBe(true);
    expect(text(await cache.get("a"))).toBe("1");
  });

  test.each(["LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "NOAUTH"])(
    "%s is an outage, although somebody answered",
    async (code) => {
      const { primary, cache } = setUp(NO_RETURN);
      primary.failing.set("*", () => new CacheOperationError(code, "not now"));
      expect(await cache.get("a")).toBeNull();
      expect(cache.state).toBe("open");
    },
  );

  test("what the primary refuses while it is up is thrown, and memory forgets the key", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    await cache.set("a", bytes("old"));
    primary.failing.set("set", () => new CacheOperationError("OOM", "no room"));
    await expect(cache.set("a", bytes("new"))).rejects.toMatchObject({ code: "OOM" });
    expect(cache.state).toBe("closed");
    primary.goDown();
    expect(await cache.get("a")).toBeNull();
  });

  test("bad input is refused as ever", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    primary.goDown();
    await cache.get("a");
    await expect(cache.set("a", 7 as never)).rejects.toBeInstanceOf(ConfigError);
    await expect(cache.set("a", bytes("1"), { metadata: { f: () => {} } })).rejects.toMatchObject({
      code: "BAD_METADATA",
    });
    await expect(
      cache.setMany([
        ["a", bytes("1")],
        ["b", 7 as never],
      ]),
    ).rejects.toMatchObject({ code: "BAD_VALUE", keyIndex: 1 });
    expect(await cache.hasMany(["a", "b"])).toEqual([false, false]);
  });

  test("tells each change of state, with the cause of the outage", async () => {
    const { primary, cache, changes } = setUp({ failureThreshold: 3, rampMs: 1, probeIntervalMs: 20 });
    primary.goDown();
    for (let i = 0; i < 3; i++) await cache.get("a");
    expect(changes).toMatchObject([{ from: "closed", to: "open", cause: expect.any(CacheConnectionError) }]);
    primary.comeBack();
    await until("the primary is in use again", () => cache.state === "closed");
    expect(changes.map(({ to }) => to)).toEqual(["open", "half-open", "closed"]);
    expect(await cache.getStats()).toMatchObject({ outages: 1, transitions: 3, state: "closed" });
  });

  test("tells its listeners one change after the other, whatever they do", async () => {
    const { primary, cache, changes } = setUp({ failureThreshold: 1, rampMs: 0, probeIntervalMs: 20 });
    // Each call may be what closes a half-open way.
    cache.prependListener("state", () => void cache.get("a"));
    primary.goDown();
    await cache.get("a");
    primary.comeBack();
    await until("the primary is in use again", () => cache.state === "closed");
    expect(changes.map(({ to }) => to)).toEqual(["open", "half-open", "closed"]);
  });

  test("a listener that throws breaks no call", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    const uncaught = new Promise((resolve) => {
      const others = process.rawListeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.once("uncaughtException", (error) => {
        for (const other of others) process.on("uncaughtException", other as () => void);
        resolve(error);
      });
    });
    const thrown = new Error("of the listener");
    cache.on("state", () => {
      throw thrown;
    });
    primary.goDown();
    expect(await cache.get("a")).toBeNull();
    expect(await uncaught).toBe(thrown);
  });

  test("asks nothing of the primary but one PING at a time", async () => {
    const { primary, cache } = setUp({ failureThreshold: 1, probeIntervalMs: 20 });
    primary.goDown();
    await cache.get("a");
    primary.calls.length = 0;
    await until("it was probed three times", async () => {
      await Promise.all(Array.from({ length: 50 }, () => cache.get("a")));
      return primary.calls.length >= 3;
    });
    expect(new Set(primary.calls)).toEqual(new Set(["ping"]));
    await cache.disconnect();
  });

  test("serves nothing older than maxStalenessMs", async () => {
    const clock = { nowMs: 0 };
    const memory = new MemoryBackend({ clock: () => clock.nowMs });
    const { primary, cache } = setUp({ ...NO_RETURN, maxStalenessMs: 1_000 }, memory);
    await primary.inside.set("read", bytes("1"));
    await cache.get("read");
    await cache.set("written", bytes("2"));
    clock.nowMs = 600;
    await cache.get("read");
    primary.goDown();
    clock.nowMs = 1_001;
    // Read 401 ms ago and written 1,001 ms ago.
    expect(await cache.hasMany(["read", "written"])).toEqual([true, false]);
    expect(await cache.get("written")).toBeNull();
    expect(await cache.ttl("written")).toBeNull();
    expect(await keysOf(cache)).toEqual(["read"]);
    clock.nowMs = 1_601;
    expect(await cache.get("read")).toBeNull();
  });

  test("an entry ends with its TTL", async () => {
    const clock = { nowMs: 0 };
    const { primary, cache } = setUp(NO_RETURN, new MemoryBackend({ clock: () => clock.nowMs }));
    await cache.set("a", bytes("1"), { ttlMs: 500 });
    await cache.get("a");
    primary.goDown();
    expect(text(await cache.get("a"))).toBe("1");
    clock.nowMs = 501;
    expect(await cache.get("a")).toBeNull();
  });

  test("what the primary did not have any more is not served from memory either", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    await cache.setMany(["a", "b", "c"].map((key) => [key, bytes(key)]));
    await primary.inside.clear();
    await cache.get("a");
    await cache.getMany(["b"]);
    await cache.delete("c");
    primary.goDown();
    expect(await cache.hasMany(["a", "b", "c"])).toEqual([false, false, false]);
  });

  test("a read that was slower than a write does not bring back what that replaced", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    await primary.inside.setMany(["a", "b", "c"].map((key) => [key, bytes("old")]));
    let release = () => {};
    primary.gate = new Promise((resolve) => {
      release = resolve;
    });
    const reads = Promise.all([cache.get("a"), cache.getWithMetadata("b"), cache.getMany(["c"])]);
    await until("the reads have been answered", () => primary.calls.length === 3);
    primary.gate = undefined;
    await cache.set("a", bytes("new"));
    await cache.delete("b");
    await cache.set("c", bytes("new"));
    release();
    await reads;
    primary.goDown();
    expect(text(await cache.get("a"))).toBe("new");
    expect(await cache.get("b")).toBeNull();
    expect(text(await cache.get("c"))).toBe("new");
  });

  test("10,000 concurrent wraps of a cold key run the function once", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    primary.goDown();
    let runs = 0;
    const compute = async () => bytes(`run ${++runs}`);
    const values = await Promise.all(Array.from({ length: 10_000 }, () => cache.wrap("cold", compute)));
    expect(new Set(values.map(text))).toEqual(new Set(["run 1"]));
    expect(runs).toBe(1);
  });

  test("a value too large for memory is a miss, and no error", async () => {
    const { primary, cache } = setUp(NO_RETURN, new MemoryBackend({ maxBytes: 100 }));
    await cache.set("a", bytes("small"));
    expect(await cache.set("a", new Uint8Array(200))).toBe(true);
    primary.goDown();
    expect(await cache.get("a")).toBeNull();
    expect(await cache.set("a", new Uint8Array(200))).toBe(true);
    expect(await cache.getStats()).toMatchObject({ unkept: 2, errors: 0 });
  });

  test("stats tell the story, the primary's and memory's beside the cache's own", async () => {
    const { primary, cache } = setUp(NO_RETURN);
    await cache.set("a", bytes("1"));
    await cache.get("a");
    primary.goDown();
    await cache.get("a");
    await cache.get("none");
    await cache.getMany(["a", "none"]);
    await cache.set("b", bytes("2"));
    const stats = await cache.getStats();
    expect(stats).toMatchObject({
      hits: 3,
      misses: 2,
      sets: 2,
      errors: 0,
      fallbackHits: 2,
      fallbackMisses: 2,
    });
    expect(stats).toMatchObject({
      state: "open",
      outages: 1,
      pendingWrites: 1,
      lostWrites: 0,
      replayedWrites: 0,
    });
    expect(stats.outageMs).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(stats))).toMatchObject({
      hits: 3,
      state: "open",
      memory: { hits: 2, misses: 2, entries: 2 },
    });
    primary.comeBack();
    expect(JSON.parse(JSON.stringify(await cache.getStats()))).toMatchObject({
      primary: { sets: 1, hits: 1 },
    });
  });
});
