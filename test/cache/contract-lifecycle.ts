import { expect, test } from "vitest";
import type { CacheBackend, CacheCallOptions } from "../../src/cache/cache-backend.ts";
import { CacheConnectionError } from "../../src/cache/cache-error.ts";
import { CacheStats } from "../../src/cache/cache-stats.ts";
import { AbortError } from "../../src/errors.ts";
import type { ContractFixture } from "./backend-contract.ts";
import { bytes, keysOf, text } from "./contract-bytes.ts";

type AnyCall = (backend: CacheBackend<Uint8Array>, options: CacheCallOptions) => Promise<unknown>;

const CALLS: readonly [string, AnyCall][] = [
  ["get", (b, o) => b.get("a", o)],
  ["getWithMetadata", (b, o) => b.getWithMetadata("a", o)],
  ["set", (b, o) => b.set("a", bytes("new"), o)],
  ["delete", (b, o) => b.delete("a", o)],
  ["exists", (b, o) => b.exists("a", o)],
  ["ttl", (b, o) => b.ttl("a", o)],
  ["expire", (b, o) => b.expire("a", 1_000, o)],
  ["getMany", (b, o) => b.getMany(["a", "b"], o)],
  ["setMany", (b, o) => b.setMany([["a", bytes("new")]], o)],
  ["deleteMany", (b, o) => b.deleteMany(["a", "b"], o)],
  ["hasMany", (b, o) => b.hasMany(["a", "b"], o)],
  ["keys", (b, o) => b.keys("*", o).next()],
  ["clear", (b, o) => b.clear(o)],
  ["wrap", (b, o) => b.wrap("a", () => bytes("new"), o)],
];

export function testLifecycle(fixture: ContractFixture): void {
  test.each(CALLS)(
    "%s with a signal that has fired does nothing and rejects with its reason",
    async (_, call) => {
      const { backend } = fixture;
      await backend.set("a", bytes("old"));
      const reason = new Error("changed my mind");
      const error = await call(backend, { signal: AbortSignal.abort(reason) }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AbortError);
      expect(error).toMatchObject({ code: "ABORTED", cause: reason });
      expect(text(await backend.get("a"))).toBe("old");
      expect(await backend.ttl("a")).toBe(Number.POSITIVE_INFINITY);
    },
  );

  test.each(CALLS)("%s with a signal that has not fired and a timeout is served", async (_, call) => {
    const { backend } = fixture;
    await backend.set("a", bytes("old"));
    await call(backend, { signal: new AbortController().signal, timeoutMs: 30_000 });
  });

  test("an abort ends one waiter of wrap, and the others get the value", async () => {
    const { backend } = fixture;
    const controller = new AbortController();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const compute = async () => {
      await gate;
      return bytes("v");
    };
    const patient = backend.wrap("k", compute);
    const hasty = backend.wrap("k", compute, { signal: controller.signal });
    controller.abort(new Error("too slow"));
    await expect(hasty).rejects.toBeInstanceOf(AbortError);
    release();
    expect(text(await patient)).toBe("v");
  });

  test("stats count hits, misses, sets and deletes by key", async () => {
    const { backend } = fixture;
    const before = await backend.getStats();
    expect(before).toBeInstanceOf(CacheStats);
    await backend.set("a", bytes("1"));
    await backend.set("a", bytes("2"), { nx: true });
    await backend.setMany([
      ["b", bytes("2")],
      ["c", bytes("3")],
    ]);
    await backend.get("a");
    await backend.get("none");
    await backend.getWithMetadata("a");
    await backend.getMany(["a", "b", "none", "c"]);
    await backend.delete("a");
    await backend.delete("a");
    await backend.deleteMany(["b", "none"]);
    const after = await backend.getStats();
    expect({
      hits: after.hits - before.hits,
      misses: after.misses - before.misses,
      sets: after.sets - before.sets,
      deletes: after.deletes - before.deletes,
      errors: after.errors - before.errors,
    }).toEqual({ hits: 5, misses: 2, sets: 3, deletes: 2, errors: 0 });
    expect(after.latency.get.count - before.latency.get.count).toBe(4);
    expect(after.latency.set.count - before.latency.set.count).toBe(3);
    expect(after.latency.get.p99Ms).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(after))).toMatchObject({ hits: after.hits, hitRate: after.hitRate });
  });

  test("bad input and aborts are no errors of the cache", async () => {
    const { backend } = fixture;
    const before = await backend.getStats();
    await backend.get(7 as unknown as string).catch(() => {});
    await backend.get("a", { signal: AbortSignal.abort() }).catch(() => {});
    const after = await backend.getStats();
    expect(after).toMatchObject({ errors: before.errors, hits: before.hits, misses: before.misses });
  });

  test("it says that it is connected, and answers a ping", async () => {
    const { backend } = fixture;
    await Promise.all([backend.connect(), backend.connect(), backend.connect({ timeoutMs: 30_000 })]);
    expect(backend.isConnected).toBe(true);
    expect(await backend.ping()).toBe(true);
    expect(await backend.ping({ timeoutMs: 30_000 })).toBe(true);
  });

  test("disconnect lets accepted calls finish, later ones are refused, and connect opens it again", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"));
    const accepted = Array.from({ length: 20 }, () => backend.get("a"));
    const [values] = await Promise.all([Promise.all(accepted), backend.disconnect(), backend.disconnect()]);
    expect(values.map(text)).toEqual(values.map(() => "1"));
    expect(backend.isConnected).toBe(false);
    expect(await backend.ping()).toBe(false);
    const error = await backend.get("a").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CacheConnectionError);
    expect(error).toMatchObject({ code: "DISCONNECTED" });
    await expect(keysOf(backend)).rejects.toMatchObject({ code: "DISCONNECTED" });
    // Without its cache, wrap computes.
    expect(text(await backend.wrap("w", () => bytes("computed")))).toBe("computed");
    await backend.connect();
    expect(backend.isConnected).toBe(true);
    expect(await backend.ping()).toBe(true);
    await backend.set("a", bytes("2"));
    expect(text(await backend.get("a"))).toBe("2");
  });
}
