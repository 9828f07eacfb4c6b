import { describe, expect, test } from "vitest";
import { CacheConnectionError } from "../../src/cache/cache-error.ts";
import { CacheStats } from "../../src/cache/cache-stats.ts";
import { StatsRecorder } from "../../src/cache/stats-recorder.ts";
import { AbortError, ConfigError } from "../../src/errors.ts";

const SIZE = { entries: 2, bytes: null };
const NONE = { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 };

describe("StatsRecorder", () => {
  test("counts what it is told", () => {
    const recorder = new StatsRecorder();
    recorder.hit(3);
    recorder.miss();
    recorder.set(2);
    recorder.delete();
    recorder.eviction(4);
    recorder.error();
    const stats = recorder.snapshot(SIZE);
    expect(stats).toMatchObject({
      hits: 3,
      misses: 1,
      hitRate: 0.75,
      sets: 2,
      deletes: 1,
      evictions: 4,
      errors: 1,
    });
    expect(stats).toMatchObject(SIZE);
    expect(recorder.snapshot({ ...SIZE, evictions: 9 }).evictions).toBe(9);
  });

  test("a snapshot stays as it is", () => {
    const recorder = new StatsRecorder();
    const before = recorder.snapshot(SIZE);
    recorder.hit();
    expect(before.hits).toBe(0);
    expect(Object.isFrozen(before)).toBe(true);
  });

  test("percentiles are within 1 % of what was measured, and the longest is exact", () => {
    const recorder = new StatsRecorder();
    for (let i = 1; i <= 1_000; i++) recorder.lasted("get", i / 10);
    const { count, p50Ms, p95Ms, p99Ms, maxMs } = recorder.snapshot(SIZE).latency.get;
    expect([count, maxMs]).toEqual([1_000, 100]);
    for (const [measured, exact] of [
      [p50Ms, 50],
      [p95Ms, 95],
      [p99Ms, 99],
    ] as const) {
      expect(Math.abs(measured / exact - 1)).toBeLessThan(0.01);
    }
  });

  test("latencies of nothing and of hours are no error", () => {
    const recorder = new StatsRecorder();
    recorder.lasted("set", 0);
    recorder.lasted("set", 1e9);
    const { latency } = recorder.snapshot(SIZE);
    expect(latency.set).toMatchObject({ count: 2, maxMs: 1e9 });
    expect([latency.get, latency.delete, latency.other]).toEqual([NONE, NONE, NONE]);
  });

  test("a failure is an error of the cache, unless the caller made it", async () => {
    const recorder = new StatsRecorder();
    const fail = (error: Error) => recorder.timed("get", () => Promise.reject(error)).catch(() => {});
    await fail(new CacheConnectionError("TIMEOUT", "slow"));
    await fail(new ConfigError("BAD_KEY", "none"));
    await fail(new AbortError("ABORTED", "no", []));
    expect(() =>
      recorder.timedSync("get", () => {
        throw new RangeError("x");
      }),
    ).toThrow(RangeError);
    expect(await recorder.timed("get", async () => 7)).toBe(7);
    expect(recorder.snapshot(SIZE)).toMatchObject({ errors: 2, latency: { get: { count: 5 } } });
  });
});

describe("CacheStats", () => {
  test("the hit rate of no reads is 0", () => {
    expect(new StatsRecorder().snapshot(SIZE).hitRate).toBe(0);
  });

  test("toJSON has plain numbers, and the parts under their names", () => {
    const part = new StatsRecorder().snapshot({ entries: 1, bytes: 10 });
    const recorder = new StatsRecorder();
    recorder.hit();
    const stats = recorder.snapshot({ ...SIZE, parts: { memory: part } });
    expect(stats).toBeInstanceOf(CacheStats);
    expect(JSON.parse(JSON.stringify(stats))).toEqual({
      hits: 1,
      misses: 0,
      hitRate: 1,
      sets: 0,
      deletes: 0,
      evictions: 0,
      errors: 0,
      entries: 2,
      bytes: null,
      latency: { get: NONE, set: NONE, delete: NONE, other: NONE },
      memory: JSON.parse(JSON.stringify(part)),
    });
  });
});
