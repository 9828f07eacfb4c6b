import { describe, expect, test } from "vitest";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import type { MemoryBackendOptions } from "../../src/cache/memory-options.ts";
import { bytes, keysOf, text } from "./contract-bytes.ts";

describe("MemoryBackend", () => {
  test("gives up what was not used for longest, and counts it", async () => {
    const cache = new MemoryBackend({ maxEntries: 3 });
    for (const key of ["a", "b", "c"]) await cache.set(key, bytes(key));
    await cache.get("a");
    await cache.setMany(["d", "e"].map((key) => [key, bytes(key)]));
    expect(await keysOf(cache)).toEqual(["a", "d", "e"]);
    expect(await cache.getStats()).toMatchObject({ evictions: 2, entries: 3, sets: 5, deletes: 0 });
  });

  test("counts the bytes of keys, values and metadata, and keeps within maxBytes", async () => {
    const cache = new MemoryBackend({ maxBytes: 100 });
    await cache.set("ключ", bytes("12345"));
    expect(await cache.getStats()).toMatchObject({ entries: 1, bytes: 8 + 5 });
    // A map of one field, its name of one byte, and a small number.
    await cache.set("k", bytes("123"), { metadata: { n: 1 } });
    expect(await cache.getStats()).toMatchObject({ entries: 2, bytes: 13 + 1 + 3 + 4 });
    await cache.set("k", bytes("1"));
    expect(await cache.getStats()).toMatchObject({ bytes: 13 + 2 });
    for (let i = 0; i < 50; i++) await cache.set(`key:${i}`, new Uint8Array(20));
    const { bytes: used, evictions } = await cache.getStats();
    expect(used).toBeLessThanOrEqual(100);
    expect(evictions).toBeGreaterThan(40);
    await cache.clear();
    expect(await cache.getStats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  test("refuses a value that has no room at all, and leaves what is there", async () => {
    const cache = new MemoryBackend({ maxBytes: 100 });
    await cache.set("a", bytes("old"));
    const entries: [string, Uint8Array][] = [
      ["a", bytes("new")],
      ["b", new Uint8Array(100)],
    ];
    await expect(cache.setMany(entries)).rejects.toMatchObject({ code: "VALUE_TOO_LARGE", keyIndex: 1 });
    expect(text(await cache.get("a"))).toBe("old");
    expect(await cache.getStats()).toMatchObject({ errors: 1, sets: 1 });
    // wrap returns it all the same.
    expect(await cache.wrap("b", () => new Uint8Array(100))).toHaveLength(100);
  });

  test("lets entries live for ttlMs where a call does not say", async () => {
    const clock = { nowMs: 0 };
    const cache = new MemoryBackend({ ttlMs: 1_000, clock: () => clock.nowMs });
    await cache.set("a", bytes("1"));
    await cache.set("b", bytes("1"), { ttlMs: null });
    await cache.set("c", bytes("1"), { ttlMs: 10 });
    await cache.wrap("d", () => bytes("1"));
    clock.nowMs = 400;
    expect(await cache.ttl("a")).toBe(600);
    expect(await cache.ttl("d")).toBe(600);
    expect(await keysOf(cache)).toEqual(["a", "b", "d"]);
    clock.nowMs = 1_001;
    expect(await keysOf(cache)).toEqual(["b"]);
    expect(await cache.getStats()).toMatchObject({ entries: 1, evictions: 0 });
  });

  test("tells the stale value of wrap from the fresh one by its clock", async () => {
    const clock = { nowMs: 0 };
    const cache = new MemoryBackend({
      codec: "json",
      clock: () => clock.nowMs,
    }) as unknown as MemoryBackend<number>;
    let runs = 0;
    const wrap = () => cache.wrap("a", () => ++runs, { ttlMs: 100, staleMs: 50 });
    expect(await wrap()).toBe(1);
    clock.nowMs = 99;
    expect([await wrap(), runs]).toEqual([1, 1]);
    clock.nowMs = 101;
    expect(await wrap()).toBe(1);
    expect([await wrap(), runs]).toEqual([2, 2]);
    clock.nowMs = 101 + 151;
    expect([await wrap(), runs]).toEqual([3, 3]);
  });

  test("keeps the values of its codec, a null among them", async () => {
    const cache = new MemoryBackend<unknown>({ codec: "json" });
    await cache.setMany(Object.entries({ object: { a: [1] }, nothing: null, text: "x" }));
    expect(await cache.getMany(["object", "nothing", "none", "text"])).toEqual(
      new Map<string, unknown>([
        ["object", { a: [1] }],
        ["nothing", null],
        ["text", "x"],
      ]),
    );
    expect(await cache.getWithMetadata("nothing")).toMatchObject({ value: null });
    expect(await cache.getWithMetadata("none")).toBeNull();
    let runs = 0;
    expect(await cache.wrap("nothing", () => ++runs)).toBeNull();
    expect(runs).toBe(0);
  });

  test("a value that the codec cannot encode is refused with its cause", async () => {
    const cache = new MemoryBackend<unknown>({ codec: "json" });
    await expect(cache.set("a", 1n)).rejects.toMatchObject({
      name: "CacheOperationError",
      code: "ENCODE_FAILED",
      cause: expect.any(TypeError),
    });
    expect(await cache.exists("a")).toBe(false);
  });

  test("disconnect keeps the entries", async () => {
    const cache = new MemoryBackend();
    await cache.set("a", bytes("1"));
    await cache.disconnect();
    await cache.connect();
    expect(text(await cache.get("a"))).toBe("1");
  });

  test.each([
    [{ maxEntries: 0 }, "BAD_OPTION", "maxEntries"],
    [{ maxEntries: 2 ** 24 + 1 }, "BAD_OPTION", "maxEntries"],
    [{ maxBytes: 1.5 }, "BAD_OPTION", "maxBytes"],
    [{ ttlMs: 0 }, "BAD_TTL", "ttlMs"],
    [{ codec: "yaml" }, "BAD_OPTION", "codec"],
    [{ clock: 7 }, "BAD_OPTION", "clock"],
    [{ max: 7 }, "UNKNOWN_OPTION", "max"],
  ])("refuses %j", (options, code, option) => {
    const refused = () => new MemoryBackend(options as MemoryBackendOptions);
    expect(refused).toThrow(expect.objectContaining({ name: "ConfigError", code, option }));
  });
});
