import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { CacheCallOptions } from "../../src/cache/cache-backend.ts";
import { NearCache } from "../../src/cache/near-cache.ts";
import { NearCopies } from "../../src/cache/near-copies.ts";
import { resolveNearOptions } from "../../src/cache/near-options.ts";
import type { NearTracking } from "../../src/cache/near-tracking.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { bytesCodec } from "../../src/cache/value-codec.ts";
import { describeWithServer, startCluster, startProxy, startServer, until } from "../rig/index.ts";
import { copies, isNear, openNear } from "./near-opened.ts";

/** Copies of what `answer` gives when it is called. */
function scriptedCopies() {
  const answers: ((value: string) => void)[] = [];
  const backend = {
    settings: { codec: bytesCodec(), slidingTtl: false },
    readStored: () =>
      new Promise((resolve) =>
        answers.push((value) => {
          const bytes = Buffer.from(value);
          resolve({
            values: [bytes],
            ttlsMs: [Number.POSITIVE_INFINITY],
            decoded: [{ value: bytes, payload: bytes }],
          });
        }),
      ),
  };
  const store = new NearCopies(backend as unknown as RedisBackend, resolveNearOptions({}));
  const tracking = { moment: {} as object | undefined, covered: true };
  const state = { now: () => tracking.moment, isCovered: () => tracking.covered } as unknown as NearTracking;
  const read = () => store.read("get", ["a"], state, undefined as CacheCallOptions | undefined);
  return { store, tracking, read, answers, near: () => store.store.get("a")?.value.toString() };
}

test("a reply that an invalidation has overtaken is not kept, and one that was asked for later is", async () => {
  const { store, read, answers, near } = scriptedCopies();
  const before = read();
  store.drop(["a"]);
  const after = read();
  answers[1]!("new");
  await after;
  expect(near()).toBe("new");
  answers[0]!("old");
  await before;
  expect(near()).toBe("new");
});

test("a reply that a flush has overtaken is not kept, nor one that a lost connection has", async () => {
  const { store, tracking, read, answers, near } = scriptedCopies();
  const flushed = read();
  store.drop(null);
  answers[0]!("old");
  await flushed;
  expect(near()).toBeUndefined();
  const uncovered = read();
  tracking.covered = false;
  answers[1]!("old");
  await uncovered;
  expect(near()).toBeUndefined();
  tracking.covered = true;
  tracking.moment = undefined;
  const early = read();
  tracking.moment = {};
  answers[2]!("old");
  await early;
  expect(near()).toBeUndefined();
});

describeWithServer("a near cache in trouble", () => {
  test("FLUSHALL empties it", async () => {
    await using server = await startServer();
    await using near = await openNear(server.node.url);
    await near.cache.set("a", "1");
    await until("there is a copy", () => isNear(near, "a"));
    await server.node.command("FLUSHALL");
    await until("it is told", () => near.told.includes("invalidate null"));
    expect(await copies(near)).toBe(0);
    expect(await near.cache.get("a")).toBeNull();
  });

  test("a server that has fallen silent empties it, also while nobody calls", async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    const clientOptions = { deadNodeTimeoutMs: 1_000 };
    await using near = await openNear(proxy.url, {}, { clientOptions });
    await near.cache.set("a", "1");
    await until("there is a copy", () => isNear(near, "a"));
    proxy.blackhole();
    await until("the silence is noticed", () => near.told.includes("lost"), 60_000);
    expect(await copies(near)).toBe(0);
    await server.node.command("SET", "c:a", "2");
    const ups = near.told.filter((event) => event === "up").length;
    proxy.restore();
    await until("it is heard again", () => near.told.filter((event) => event === "up").length > ups, 60_000);
    await until("the new value is read", async () => (await near.cache.get("a")) === "2");
  });

  test("without keyspace events connect() says what is missing, calls are served, and it begins once they are on", async () => {
    await using server = await startServer({ config: { "notify-keyspace-events": "K$" } });
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const backend = new RedisBackend<string>({ url: server.node.url, codec: "text", keyPrefix: "c:" });
    await using cache = new NearCache(backend, { invalidation: "keyspace" });
    await expect(cache.connect({ timeoutMs: 60_000 })).rejects.toMatchObject({
      name: "ConfigError",
      code: "KEYSPACE_EVENTS_OFF",
      message: expect.stringContaining('is "$K" and lacks g, x, e'),
    });
    expect(warning.mock.calls.map(([, options]) => (options as { code?: string }).code)).toContain(
      "NEAR_CACHE_OFF",
    );
    warning.mockRestore();
    await cache.set("a", "1");
    expect(await cache.get("a")).toBe("1");
    expect(cache.isTracking).toBe(false);
    await server.node.command("CONFIG", "SET", "notify-keyspace-events", "KA");
    await until("it has begun", () => cache.isTracking, 60_000);
    await cache.connect();
  });

  test("a user who may not track is told so, and is served all the same", async () => {
    await using server = await startServer({ config: { user: ["app on >pw ~* &* +@all -client|tracking"] } });
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const login = { username: "app", password: "pw" };
    const backend = new RedisBackend<string>({ url: server.node.url, codec: "text", ...login });
    await using cache = new NearCache(backend);
    await expect(cache.connect({ timeoutMs: 60_000 })).rejects.toMatchObject({
      name: "CacheOperationError",
      code: "NOPERM",
    });
    warning.mockRestore();
    await cache.set("a", "1");
    expect(await cache.get("a")).toBe("1");
    expect(cache.isTracking).toBe(false);
  });

  test("bad options are refused by name", () => {
    const redis = new RedisBackend();
    const make =
      (options: object, backend: unknown = redis) =>
      () =>
        new NearCache(backend as RedisBackend, options);
    for (const [call, code, option] of [
      [make({ maxEntry: 1 }), "UNKNOWN_OPTION", "maxEntry"],
      [make({ maxEntries: 0 }), "BAD_OPTION", "maxEntries"],
      [make({ maxBytes: 0.5 }), "BAD_OPTION", "maxBytes"],
      [make({ maxAgeMs: 0 }), "BAD_OPTION", "maxAgeMs"],
      [make({ invalidation: "resp3" }), "BAD_OPTION", "invalidation"],
      [make({}, {}), "BAD_OPTION", "backend"],
      [make({}, new RedisBackend({ slidingTtl: true, ttlMs: 1_000 })), "BAD_OPTION", "backend"],
    ] as const)
      expect(call).toThrow(expect.objectContaining({ name: "ConfigError", code, option }));
  });

  test("what a node answers that is importing the slot is not kept", async () => {
    await using cluster = await startCluster();
    await using near = await openNear(cluster.url);
    const slot = await cluster.slotOf("c:a");
    const owner = await cluster.ownerOf(slot);
    const other = cluster.primaries.find((node) => node !== owner)!;
    await near.cache.set("a", "1");
    await until("there is a copy", () => isNear(near, "a"));
    await cluster.migrateSlot(slot, owner, other, { finish: false });
    await until("its removal at the old owner is told", async () => (await copies(near)) === 0);
    for (let i = 0; i < 20; i++) {
      expect(await near.cache.get("a")).toBe("1");
      expect(await copies(near)).toBe(0);
      await sleep(1);
    }
    await cluster.migrateSlot(slot, owner, other);
    await until("the new owner's is kept", () => isNear(near, "a"));
    await other.command("SET", "c:a", "2");
    await until("the new owner's news are heard", async () => (await near.cache.get("a")) === "2");
  });
});
