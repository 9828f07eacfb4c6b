import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { AbortError } from "../../src/errors.ts";
import { QueryCache } from "../../src/recipes/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { describeWithServer, startServer, until } from "../rig/index.ts";
import { Gate } from "./gate.ts";

const TAGS = ["t"];

describeEachServer("the races of a QueryCache", (on) => {
  beforeEach(() => on.flush());
  const make = async () => new QueryCache<number>(new RedisBackend({ client: await on.connect() }));

  test("a computation that began before an invalidation stores nothing that anybody reads", async () => {
    const [cache, other] = [await make(), await make()];
    const gate = new Gate();
    let began = false;
    const slow = cache.wrap(
      "q",
      async () => {
        began = true;
        await gate.opened;
        return 1;
      },
      { tags: TAGS },
    );
    await until("the computation runs", () => began);
    await other.invalidateTags(TAGS);
    gate.open();
    expect(await slow).toBe(1);
    expect(await other.get("q", { tags: TAGS })).toBeNull();
    expect(await cache.get("q")).toBeNull();
    expect(await cache.wrap("q", () => 2, { tags: TAGS })).toBe(2);
    expect(await other.get("q")).toBe(2);
  });

  test("a call after an invalidation does not wait for a computation from before it; one before it does", async () => {
    const cache = await make();
    const gate = new Gate();
    let runs = 0;
    const slow = async () => {
      const run = ++runs;
      await gate.opened;
      return run;
    };
    const first = cache.wrap("q", slow, { tags: TAGS });
    await until("the computation runs", () => runs === 1);
    const joining = cache.wrap("q", slow, { tags: TAGS });
    await until("the second call waits", () => cache.stats().joined === 1 && runs === 1);
    await cache.invalidateTags(TAGS);
    const after = Array.from({ length: 100 }, () => cache.wrap("q", slow, { tags: TAGS }));
    await until("they wait for one more computation", () => cache.stats().joined === 100 && runs === 2);
    gate.open();
    expect([await first, await joining]).toEqual([1, 1]);
    expect(new Set(await Promise.all(after))).toEqual(new Set([2]));
    expect(await cache.get("q")).toBe(2);
  });

  test("1,000 concurrent calls of one cold query run the function once, each with a result of its own", async () => {
    const backend = new RedisBackend({ client: on.client });
    const cache = new QueryCache<{ n: number }>(backend);
    let runs = 0;
    const calls = Array.from({ length: 1000 }, () =>
      cache.wrap("q", async () => ({ n: ++runs }), { tags: ["a", "b"] }),
    );
    const results = await Promise.all(calls);
    expect(runs).toBe(1);
    results[0]!.n = 99;
    expect(results.slice(1).every(({ n }) => n === 1)).toBe(true);
    expect(new Set(results).size).toBe(1000);
  });

  test("calls that come one after the other into a running computation join it, its tags new or known", async () => {
    const cache = await make();
    for (const tags of [[], ["new"], ["new"], ["new", "another"]]) {
      const gate = new Gate();
      let runs = 0;
      const joined = cache.stats().joined;
      const calls: Promise<number>[] = [];
      for (let i = 0; i < 20; i++) {
        calls.push(
          cache.wrap(
            ["q", tags],
            async () => {
              runs++;
              await gate.opened;
              return 5;
            },
            { tags },
          ),
        );
        await turn();
      }
      await until("all others joined", () => cache.stats().joined - joined === 19);
      gate.open();
      expect(new Set(await Promise.all(calls))).toEqual(new Set([5]));
      expect(runs).toBe(1);
      await cache.delete(["q", tags]);
    }
  });

  test("a snapshot from before the computation makes set() safe", async () => {
    const cache = await make();
    const before = await cache.snapshot(TAGS);
    await cache.invalidateTags(TAGS);
    await cache.set("q", 1, { tags: before });
    expect(await cache.get("q")).toBeNull();
    await cache.set("q", 2, { tags: await cache.snapshot(TAGS) });
    expect(await cache.get("q")).toBe(2);
  });

  test("no call returns what was changed and invalidated before it began, with three processes' worth of readers", async () => {
    const caches = await Promise.all([make(), make(), make()]);
    const rows = [0, 0, 0, 0];
    /** What was there when the last invalidation of the row had resolved. */
    const confirmed = [0, 0, 0, 0];
    const deadline = Date.now() + 1500;
    let reads = 0;
    let stale = 0;
    // At least so long; longer on a machine that is too busy for anything to have met.
    const busy = () => Date.now() < deadline || reads <= 100 || Math.max(...confirmed) <= 1;
    const reader = async (cache: QueryCache<number>) => {
      while (busy()) {
        const row = Math.floor(Math.random() * rows.length);
        const least = confirmed[row]!;
        const compute = async () => {
          const value = rows[row]!;
          for (let i = Math.random() * 5; i > 0; i--) await turn();
          return value;
        };
        const value = await cache.wrap(["row", row], compute, { tags: [`row:${row}`, "all"] });
        reads++;
        if (value < least) stale++;
      }
    };
    const writer = async (cache: QueryCache<number>) => {
      while (busy()) {
        const row = Math.floor(Math.random() * rows.length);
        const value = ++rows[row]!;
        await cache.invalidateTags(Math.random() < 0.9 ? [`row:${row}`] : ["all"]);
        confirmed[row] = Math.max(confirmed[row]!, value);
        for (let i = Math.random() * 20; i > 0; i--) await turn();
      }
    };
    await Promise.all([
      ...caches.flatMap((cache) => [1, 2, 3, 4].map(() => reader(cache))),
      writer(caches[0]!),
      writer(caches[1]!),
    ]);
    expect(stale).toBe(0);
  });
});

describe("errors and aborts of a QueryCache", () => {
  test("an error of the function reaches all who wait, and is stored nowhere", async () => {
    const cache = new QueryCache(new MemoryBackend());
    const gate = new Gate();
    const fail = async () => {
      await gate.opened;
      throw new Error("database");
    };
    const calls = Array.from({ length: 10 }, () => cache.wrap("q", fail, { tags: TAGS }));
    gate.open();
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: "rejected", reason: { message: "database" } });
    expect(await cache.wrap("q", () => 1, { tags: TAGS })).toBe(1);
  });

  test("an abort ends one caller's wait, and the computation goes on for the others and the cache", async () => {
    const cache = new QueryCache(new MemoryBackend());
    const gate = new Gate();
    const slow = async () => {
      await gate.opened;
      return 1;
    };
    const controller = new AbortController();
    const impatient = cache.wrap("q", slow, { signal: controller.signal });
    const patient = cache.wrap("q", slow);
    controller.abort();
    await expect(impatient).rejects.toBeInstanceOf(AbortError);
    gate.open();
    expect(await patient).toBe(1);
    expect(await cache.get("q")).toBe(1);
    const late = cache.wrap("q", slow, { signal: AbortSignal.abort() });
    await expect(late).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("a cache too small to keep tokens computes every time", async () => {
    const cache = new QueryCache(new MemoryBackend({ maxEntries: 1 }));
    expect(await cache.wrap("q", () => 1, { tags: ["a", "b"] })).toBe(1);
    expect(await cache.wrap("q", () => 2, { tags: ["a", "b"] })).toBe(2);
    expect(cache.stats()).toMatchObject({ computed: 2, hits: 0 });
  });

  test("something else under a tag's key keeps results from being stored, until the tag is invalidated", async () => {
    const backend = new MemoryBackend();
    const cache = new QueryCache(backend);
    await backend.set(cache.tagKeyOf("a"), Buffer.from("no token"));
    expect(await cache.wrap("q", () => 1, { tags: ["a"] })).toBe(1);
    expect(await cache.wrap("q", () => 2, { tags: ["a"] })).toBe(2);
    expect(cache.stats()).toMatchObject({ computed: 2, errors: 2 });
    await expect(cache.snapshot(["a"])).rejects.toMatchObject({ code: "TAGS_LOST" });
    await cache.invalidateTags(["a"]);
    expect(await cache.wrap("q", () => 3, { tags: ["a"] })).toBe(3);
    expect(await cache.get("q")).toBe(3);
  });
});

describeWithServer("a QueryCache whose server is down", () => {
  const stop: (() => Promise<void>)[] = [];
  afterAll(() => Promise.all(stop.map((end) => end())));

  test("runs the function for wrap, rejects get and invalidateTags, and caches again afterwards", async () => {
    const server = await startServer();
    const backend = new RedisBackend({ url: server.url, socketTimeoutMs: 3000 });
    stop.push(async () => {
      await backend.disconnect();
      await server.stop();
    });
    const cache = new QueryCache<number>(backend);
    expect(await cache.wrap("q", () => 1, { tags: TAGS })).toBe(1);
    await server.kill(server.node);
    let runs = 0;
    const calls = Array.from({ length: 50 }, () => cache.wrap("q", () => ++runs, { tags: TAGS }));
    expect(new Set(await Promise.all(calls))).toEqual(new Set([1]));
    await expect(cache.get("q")).rejects.toMatchObject({ name: "CacheConnectionError" });
    await expect(cache.invalidateTags(TAGS)).rejects.toMatchObject({ name: "CacheConnectionError" });
    expect(cache.stats().errors).toBeGreaterThan(0);
    await server.restart(server.node);
    await until("results are cached again", async () => {
      await cache.wrap("again", () => 7, { tags: TAGS });
      return (await cache.get("again")) === 7;
    });
  });
});
