import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { WrapEntry, WrapHost, WrapLock, WrapReadOptions } from "../../src/cache/wrap-host.ts";
import { Wrapper } from "../../src/cache/wrapper.ts";
import { AbortError } from "../../src/errors.ts";
import { until } from "../rig/until.ts";

type Value = { n: number } | undefined;

/** What several processes share: a store, and a lock beside it. */
class SharedStore {
  readonly entries = new Map<string, WrapEntry<Value>>();
  readonly locks = new Map<string, string>();
  readonly reads: WrapReadOptions[] = [];
  readonly errors: unknown[] = [];
  acquired = 0;
  failReads = false;
  failWrites = false;
  failLocks = false;

  host(times?: Pick<WrapLock, "lockMs" | "waitMs" | "pollMs">): WrapHost<Value> {
    return {
      ttlMs: null,
      wrapLock: times && {
        ...times,
        acquire: async (key) => {
          if (this.failLocks) throw new Error("no lock");
          if (this.locks.has(key)) return null;
          const token = `token ${++this.acquired}`;
          this.locks.set(key, token);
          return token;
        },
        release: async (key, token) => {
          if (this.locks.get(key) === token) this.locks.delete(key);
        },
      },
      read: async (key, options) => {
        this.reads.push(options);
        if (this.failReads) throw new Error("no read");
        return this.entries.get(key) ?? null;
      },
      write: async (key, value, { ttlMs }) => {
        if (this.failWrites) throw new Error("no write");
        this.entries.set(key, { value, ttlMs: ttlMs ?? Number.POSITIVE_INFINITY });
      },
      copier: (value) => {
        const text = JSON.stringify(value);
        return () => JSON.parse(text) as Value;
      },
      failed: (error) => this.errors.push(error),
    };
  }
}

const TIMES = { lockMs: 600_000, waitMs: 600_000, pollMs: 5 };

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("wrap", () => {
  test("10,000 callers share one look into the cache, one run and one write, and 9,999 get a copy", async () => {
    const store = new SharedStore();
    const wrapper = new Wrapper(store.host());
    const value = { n: 1 };
    let runs = 0;
    const compute = () => {
      runs++;
      return value;
    };
    const values = await Promise.all(Array.from({ length: 10_000 }, () => wrapper.wrap("k", compute)));
    expect([runs, store.reads.length]).toEqual([1, 1]);
    expect(values[0]).toBe(value);
    expect(new Set(values).size).toBe(10_000);
    expect(values.every((each) => each.n === 1)).toBe(true);
  });

  test("a cache that cannot be read makes the function run, and is counted", async () => {
    const store = new SharedStore();
    store.failReads = true;
    const wrapper = new Wrapper(store.host());
    expect(await wrapper.wrap("k", () => ({ n: 1 }))).toEqual({ n: 1 });
    expect(store.errors).toHaveLength(1);
  });

  test("a cache that cannot be written gives the value all the same, and is counted", async () => {
    const store = new SharedStore();
    store.failWrites = true;
    const wrapper = new Wrapper(store.host());
    expect(await wrapper.wrap("k", () => ({ n: 1 }))).toEqual({ n: 1 });
    expect(store.errors).toHaveLength(1);
  });

  test("what was forgotten meanwhile reaches its waiters, is not stored, and is not waited for by later callers", async () => {
    const store = new SharedStore();
    const wrapper = new Wrapper(store.host());
    const { opened, open } = gate();
    const early = wrapper.wrap("k", async () => {
      await opened;
      return { n: 1 };
    });
    await sleep(1);
    wrapper.forget("k");
    expect(await wrapper.wrap("k", () => ({ n: 2 }))).toEqual({ n: 2 });
    open();
    expect(await early).toEqual({ n: 1 });
    expect(store.entries.get("k")?.value).toEqual({ n: 2 });
  });

  test("forgetAll does so for every key", async () => {
    const store = new SharedStore();
    const wrapper = new Wrapper(store.host());
    const { opened, open } = gate();
    const early = ["a", "b"].map((key) => wrapper.wrap(key, () => opened.then(() => ({ n: 1 }))));
    await sleep(1);
    wrapper.forgetAll();
    open();
    await Promise.all(early);
    expect(store.entries.size).toBe(0);
  });

  test("reads leave the TTL alone where it tells the age", async () => {
    const store = new SharedStore();
    const wrapper = new Wrapper(store.host());
    await wrapper.wrap("a", () => ({ n: 1 }), { ttlMs: 1_000, timeoutMs: 77 });
    await wrapper.wrap("b", () => ({ n: 1 }), { ttlMs: 1_000, staleMs: 500 });
    expect(store.reads).toEqual([
      { keepTtl: false, timeoutMs: 77 },
      { keepTtl: true, timeoutMs: undefined },
    ]);
    expect([...store.entries.values()].map(({ ttlMs }) => ttlMs)).toEqual([1_000, 1_500]);
  });

  test("one signal of 10,000 waiters ends them all; the flight goes on and stores its value", async () => {
    const store = new SharedStore();
    const wrapper = new Wrapper(store.host());
    const controller = new AbortController();
    const { opened, open } = gate();
    const compute = () => opened.then(() => ({ n: 1 }));
    const waiting = Array.from({ length: 10_000 }, () =>
      wrapper.wrap("k", compute, { signal: controller.signal }).catch((error: unknown) => error),
    );
    controller.abort(new Error("enough"));
    const outcomes = await Promise.all(waiting);
    expect(outcomes.every((outcome) => outcome instanceof AbortError)).toBe(true);
    open();
    await until("the value is stored", () => store.entries.has("k"));
  });
});

describe("wrap across processes", () => {
  test("runs the function in one of them, and the others read what it stored", async () => {
    const store = new SharedStore();
    const wrappers = Array.from({ length: 10 }, () => new Wrapper(store.host(TIMES)));
    let runs = 0;
    const compute = async () => {
      await sleep(30);
      return { n: ++runs };
    };
    const values = await Promise.all(wrappers.map((wrapper) => wrapper.wrap("k", compute)));
    expect(values).toEqual(values.map(() => ({ n: 1 })));
    expect(runs).toBe(1);
    expect(store.locks.size).toBe(0);
  });

  test("where the function throws, the next process runs its own", async () => {
    const store = new SharedStore();
    const thrown = new Error("no luck");
    const { opened, open } = gate();
    const failing = new Wrapper(store.host(TIMES)).wrap("k", async () => {
      await opened;
      throw thrown;
    });
    await until("it has the lock", () => store.locks.has("k"));
    const other = new Wrapper(store.host(TIMES)).wrap("k", () => ({ n: 2 }));
    open();
    await expect(failing).rejects.toBe(thrown);
    expect(await other).toEqual({ n: 2 });
  });

  test("waits for waitMs, then runs the function without the lock", async () => {
    const store = new SharedStore();
    store.locks.set("k", "of a process that hangs");
    const wrapper = new Wrapper(store.host({ ...TIMES, waitMs: 20 }));
    expect(await wrapper.wrap("k", () => ({ n: 1 }))).toEqual({ n: 1 });
    expect(store.locks.get("k")).toBe("of a process that hangs");
  });

  test("a lock that fails is none, and is counted", async () => {
    const store = new SharedStore();
    store.failLocks = true;
    expect(await new Wrapper(store.host(TIMES)).wrap("k", () => ({ n: 1 }))).toEqual({ n: 1 });
    expect(store.errors).toHaveLength(1);
  });

  test("what is stale is computed by the process that has the lock", async () => {
    const store = new SharedStore();
    store.entries.set("k", { value: { n: 0 }, ttlMs: 400 });
    store.locks.set("k", "of another one");
    const wrapper = new Wrapper(store.host(TIMES));
    let runs = 0;
    const stale = () => wrapper.wrap("k", () => ({ n: ++runs }), { ttlMs: 1_000, staleMs: 500 });
    expect(await stale()).toEqual({ n: 0 });
    await sleep(5);
    expect(runs).toBe(0);
    store.locks.clear();
    await until("it is computed", async () => (await stale())?.n === 1);
    expect(store.locks.size).toBe(0);
  });
});
