import { describe, expect, test } from "vitest";
import { CacheConnectionError, CacheOperationError } from "../../src/cache/cache-error.ts";
import { FallbackBackend } from "../../src/cache/fallback-backend.ts";
import type { FallbackOptions } from "../../src/cache/fallback-options.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { until } from "../rig/until.ts";
import { bytes, keysOf, text } from "./contract-bytes.ts";
import { flakyPrimary } from "./flaky-backend.ts";

async function setUp(options: FallbackOptions = {}, memory: MemoryBackend = new MemoryBackend()) {
  const primary = flakyPrimary();
  const cache = new FallbackBackend<Uint8Array>(primary.backend, memory, {
    failureThreshold: 1,
    probeIntervalMs: 20,
    rampMs: 5,
    ...options,
  });
  const goDown = async () => {
    primary.goDown();
    await cache.get("any");
    expect(cache.state).toBe("open");
  };
  const comeBack = async () => {
    primary.comeBack();
    await until("the primary is in use, and has everything", async () => {
      return cache.state === "closed" && (await cache.getStats()).pendingWrites === 0;
    });
  };
  const inside = async (key: string) => text(await primary.inside.get(key));
  return { primary, cache, goDown, comeBack, inside };
}

describe("FallbackBackend, when the primary returns", () => {
  test("what was written during the outage is written to it, with metadata and what is left of the TTL", async () => {
    const { primary, cache, goDown, comeBack, inside } = await setUp();
    await cache.setMany(["a", "b", "gone", "kept"].map((key) => [key, bytes("old")]));
    await goDown();
    await cache.set("a", bytes("new"));
    await cache.set("b", bytes("new"), { ttlMs: 600_000, metadata: { n: 1 } });
    await cache.setMany([["c", bytes("new")]], { ttlMs: null });
    await cache.delete("gone");
    await cache.expire("kept", 500_000);
    await comeBack();
    expect(await Promise.all(["a", "b", "c", "gone", "kept"].map(inside))).toEqual([
      "new",
      "new",
      "new",
      null,
      "old",
    ]);
    const entry = await primary.inside.getWithMetadata("b");
    expect(entry?.metadata).toEqual({ n: 1 });
    expect(entry?.ttlMs).toBeGreaterThan(300_000);
    expect(entry?.ttlMs).toBeLessThanOrEqual(600_000);
    expect(await primary.inside.ttl("kept")).toBeGreaterThan(300_000);
    expect(await cache.getStats()).toMatchObject({ replayedWrites: 5, lostWrites: 0 });
  });

  test("until a key has been written, its older value is not read", async () => {
    const { primary, cache, goDown, comeBack, inside } = await setUp();
    await cache.setMany(["a", "b", "c"].map((key) => [key, bytes("old")]));
    await goDown();
    await cache.set("a", bytes("new"));
    await cache.delete("b");
    primary.comeBack();
    primary.failing.set("setMany", () => new CacheConnectionError("TIMEOUT", "slow"));
    primary.failing.set("deleteMany", () => new CacheConnectionError("TIMEOUT", "slow"));
    await until("the primary was tried", () => primary.calls.includes("setMany"));
    for (let i = 0; i < 20; i++) {
      expect(text(await cache.get("a"))).toBe("new");
      expect(await cache.getMany(["b", "a"])).toHaveProperty("size", 1);
      expect(await cache.exists("b")).toBe(false);
      expect((await keysOf(cache)).includes("b")).toBe(false);
    }
    expect(await inside("a")).toBe("old");
    await comeBack();
    expect(await inside("a")).toBe("new");
    expect(await inside("b")).toBeNull();
    expect(text(await cache.get("c"))).toBe("old");
  });

  test("a write whose outcome is unknown is written again, although nothing was down", async () => {
    const { primary, cache, inside } = await setUp({ failureThreshold: 1_000 });
    await cache.setMany(["a", "b"].map((key) => [key, bytes("old")]));
    primary.failing.set("set", () => new CacheConnectionError("TIMEOUT", "slow"));
    primary.failing.set("setMany", () => new CacheConnectionError("TIMEOUT", "slow"));
    expect(await cache.set("a", bytes("new"))).toBe(true);
    expect(cache.state).toBe("closed");
    expect(text(await cache.get("a"))).toBe("new");
    primary.calls.length = 0;
    expect(text(await cache.get("b"))).toBe("old");
    expect(primary.calls).toContain("getMany");
    primary.comeBack();
    await until("it was written", async () => (await inside("a")) === "new");
  });

  test.each([0, 50])(
    "it goes in batches of replayBatchKeys, one after the other (rampMs %i)",
    async (rampMs) => {
      const { primary, cache, goDown, comeBack } = await setUp({ replayBatchKeys: 10, rampMs });
      await goDown();
      const keys = Array.from({ length: 95 }, (_, i) => `key:${i}`);
      await cache.setMany(keys.map((key) => [key, bytes(key)]));
      await cache.deleteMany(keys.slice(0, 5));
      primary.calls.length = 0;
      await comeBack();
      expect(primary.calls.filter((name) => name === "setMany")).toHaveLength(10);
      expect(primary.calls.filter((name) => name === "deleteMany")).toHaveLength(1);
      expect(await keysOf(primary.inside)).toHaveLength(90);
    },
  );

  test("what memory had to give up meanwhile is deleted, so that no older value shows", async () => {
    const { cache, goDown, comeBack, inside } = await setUp({}, new MemoryBackend({ maxEntries: 2 }));
    await cache.setMany(["a", "b", "c"].map((key) => [key, bytes("old")]));
    await goDown();
    for (const key of ["a", "b", "c"]) await cache.set(key, bytes("new"));
    expect(await cache.get("a")).toBeNull();
    await comeBack();
    expect(await Promise.all(["a", "b", "c"].map(inside))).toEqual([null, "new", "new"]);
  });

  test("a clear during the outage clears it, and spares what was written after", async () => {
    const { cache, goDown, comeBack, inside } = await setUp();
    await cache.setMany(["a", "b"].map((key) => [key, bytes("old")]));
    await goDown();
    await cache.set("a", bytes("between"));
    expect(await cache.clear()).toBe(2);
    await cache.set("c", bytes("after"));
    expect(await keysOf(cache)).toEqual(["c"]);
    await comeBack();
    expect(await Promise.all(["a", "b", "c"].map(inside))).toEqual([null, null, "after"]);
  });

  test("with `invalidate` the keys are deleted instead", async () => {
    const { cache, goDown, comeBack, inside } = await setUp({ afterOutage: "invalidate" });
    await cache.setMany(["a", "b", "c"].map((key) => [key, bytes("old")]));
    await goDown();
    await cache.set("a", bytes("new"));
    await cache.delete("b");
    await comeBack();
    expect(await Promise.all(["a", "b", "c"].map(inside))).toEqual([null, null, "old"]);
    expect(await cache.get("a")).toBeNull();
  });

  test("more keys than maxPendingKeys are told of once, and counted", async () => {
    const { cache, goDown, comeBack, inside } = await setUp({ maxPendingKeys: 2 });
    await cache.setMany(["a", "b", "c", "d"].map((key) => [key, bytes("old")]));
    const told: unknown[] = [];
    cache.on("overflow", (event) => told.push(event));
    await goDown();
    for (const key of ["a", "b", "c", "d", "a"]) await cache.set(key, bytes("new"));
    expect(told).toEqual([{ maxPendingKeys: 2 }]);
    await comeBack();
    expect(await Promise.all(["a", "b", "c", "d"].map(inside))).toEqual(["new", "new", "old", "old"]);
    expect(await cache.getStats()).toMatchObject({ lostWrites: 2 });
  });

  test("with `onOverflow: clear` nothing older is left in that case", async () => {
    const { cache, goDown, comeBack, inside } = await setUp({ maxPendingKeys: 2, onOverflow: "clear" });
    await cache.setMany(["a", "b", "c", "d"].map((key) => [key, bytes("old")]));
    await goDown();
    for (const key of ["a", "b", "c"]) await cache.set(key, bytes("new"));
    await comeBack();
    const values = await Promise.all(["a", "b", "c", "d"].map(inside));
    expect(values).not.toContain("old");
  });

  test("what the primary refuses is deleted there, and holds up nothing else", async () => {
    const { primary, cache, goDown, inside } = await setUp();
    await cache.setMany(["a", "b"].map((key) => [key, bytes("old")]));
    await goDown();
    await cache.set("a", bytes("new"));
    await cache.set("b", bytes("new"), { metadata: { n: 1 } });
    primary.comeBack();
    primary.failing.set("set", () => new CacheOperationError("OOM", "no room"));
    await until("all is settled", async () => (await cache.getStats()).pendingWrites === 0);
    expect([await inside("a"), await inside("b")]).toEqual(["new", null]);
  });

  test("what cannot even be deleted is given up and counted", async () => {
    const { primary, cache, goDown } = await setUp();
    await goDown();
    await cache.set("a", bytes("new"), { metadata: { n: 1 } });
    primary.comeBack();
    for (const name of ["set", "delete"])
      primary.failing.set(name, () => new CacheOperationError("NOPERM", "not you"));
    await until("it is given up", async () => (await cache.getStats()).pendingWrites === 0);
    expect(await cache.getStats()).toMatchObject({ lostWrites: 1, replayedWrites: 0 });
  });

  test("a second outage in the middle loses nothing", async () => {
    const { primary, cache, goDown, comeBack, inside } = await setUp({ replayBatchKeys: 5 });
    const keys = Array.from({ length: 20 }, (_, i) => `key:${i}`);
    await goDown();
    await cache.setMany(keys.map((key) => [key, bytes("new")]));
    primary.comeBack();
    await until("some are written", async () => (await primary.inside.getMany(keys)).size > 0);
    await goDown().catch(() => {});
    await cache.set("key:0", bytes("newest"));
    await comeBack();
    expect(await inside("key:0")).toBe("newest");
    expect(await primary.inside.getMany(keys)).toHaveProperty("size", 20);
  });

  test("what is still to be written outlives disconnect and connect", async () => {
    const { primary, cache, goDown, comeBack, inside } = await setUp();
    await goDown();
    await cache.set("a", bytes("new"));
    await cache.disconnect();
    primary.comeBack();
    await cache.connect();
    await comeBack();
    expect(await inside("a")).toBe("new");
  });

  test("of a key that only got another TTL meanwhile the value stays as others left it", async () => {
    const { primary, cache, goDown, comeBack } = await setUp();
    await primary.inside.set("read", bytes("old"), { metadata: { n: 1 } });
    await cache.set("written", bytes("old"));
    await cache.get("read");
    await goDown();
    expect(await cache.expire("read", 500_000)).toBe(true);
    await cache.set("written", bytes("new"));
    expect(await cache.expire("written", 500_000)).toBe(true);
    await primary.inside.set("read", bytes("newer"), { metadata: { n: 2 } });
    await comeBack();
    const entry = await primary.inside.getWithMetadata("read");
    expect([text(entry!.value), entry!.metadata]).toEqual(["newer", { n: 2 }]);
    expect(entry!.ttlMs).toBeLessThanOrEqual(500_000);
    expect(text(await primary.inside.get("written"))).toBe("new");
    expect(await primary.inside.ttl("written")).toBeLessThanOrEqual(500_000);
  });

  test("a key that was written before it got another TTL is written, and so is one that was set behind a clear", async () => {
    const { cache, goDown, comeBack, inside } = await setUp();
    await cache.set("a", bytes("old"));
    await goDown();
    await cache.clear();
    await cache.set("a", bytes("new"));
    await cache.expire("a", 500_000);
    await cache.expire("a", null);
    await comeBack();
    expect(await inside("a")).toBe("new");
  });

  test("a clear that the primary refused halfway leaves nothing older in memory", async () => {
    const { primary, cache, goDown } = await setUp();
    await cache.set("a", bytes("old"));
    primary.failing.set("clear", () => new CacheOperationError("NOPERM", "not all of it"));
    await expect(cache.clear()).rejects.toMatchObject({ code: "NOPERM" });
    await goDown();
    expect(await cache.get("a")).toBeNull();
  });

  test("a walk over the keys gives the primary no more time for a step than other calls do", async () => {
    const seen: unknown[] = [];
    const backend = new MemoryBackend();
    const walk = backend.keys.bind(backend);
    backend.keys = (pattern, options) => {
      seen.push(options?.timeoutMs);
      return walk(pattern, options);
    };
    const cache = new FallbackBackend<Uint8Array>(backend, new MemoryBackend(), { primaryTimeoutMs: 1_234 });
    await keysOf(cache);
    for await (const _key of cache.keys("*", { timeoutMs: 77 }));
    expect(seen).toEqual([1_234, 77]);
  });
});
