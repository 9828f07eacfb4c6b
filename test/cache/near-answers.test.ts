import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { CacheOperationError } from "../../src/cache/cache-error.ts";
import { NearCache } from "../../src/cache/near-cache.ts";
import { invalidationSource } from "../../src/cache/near-invalidation.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { textCodec } from "../../src/cache/value-codec.ts";
import type { BatchError } from "../../src/errors.ts";
import { describeWithServer, startProxy, startServer, until } from "../rig/index.ts";
import { isNear, openNear } from "./near-opened.ts";

test("a server that hides its settings is served with a warning", async () => {
  const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const { setup } = invalidationSource("keyspace", "c:", 0);
  await setup(async () => []);
  expect(warning.mock.calls.map(([, options]) => (options as { code?: string }).code)).toEqual([
    "KEYSPACE_EVENTS_UNKNOWN",
  ]);
  warning.mockRestore();
});

describeWithServer("what a near cache tells", () => {
  test("of a getMany that failed in part is every outcome at the index of its key, copies included", async () => {
    await using server = await startServer();
    await using near = await openNear(server.node.url);
    await near.cache.set("near", "copied");
    await until("there is a copy", () => isNear(near, "near"));
    await server.node.command("RPUSH", "c:list", "x");
    await server.node.command("SET", "c:far", "read");
    await until("both changes have been told", () =>
      ["list", "far"].every((key) => near.told.includes(`invalidate ${key}`)),
    );
    const keys = ["none", "near", "list", "far"];
    const error = (await near.cache.getMany(keys).catch((e: unknown) => e)) as Error;
    expect(error).toBeInstanceOf(CacheOperationError);
    expect(error).toMatchObject({ code: "WRONGTYPE", keyIndex: 2, cause: { keyIndex: 2 } });
    expect((error.cause as BatchError).results).toMatchObject([
      { status: "fulfilled", value: null },
      { status: "fulfilled", value: "copied" },
      { status: "rejected", reason: { code: "WRONGTYPE", keyIndex: 2 } },
      { status: "fulfilled", value: "read" },
    ]);
  });

  test("of a compressed value is what the codec gives, whatever the codec takes", async () => {
    await using server = await startServer();
    const codec = {
      name: "one way",
      encode: (value: unknown) => Buffer.from(textCodec<unknown>().encode(value)),
      decode: (bytes: Uint8Array): unknown => ({ text: String(bytes) }),
    };
    const backend = new RedisBackend<unknown>({
      url: server.node.url,
      codec,
      compression: { minBytes: 10 },
    });
    await using cache = new NearCache(backend);
    await cache.connect();
    const text = "compressible ".repeat(20);
    await cache.set("k", text);
    await until("there is a copy", async () => {
      expect(await cache.get("k")).toEqual({ text });
      return (await cache.getStats()).parts.near!.hits > 0;
    });
    expect(await cache.get("k")).toEqual({ text });
  });

  test("is DISCONNECTED of a connect() that disconnect() has ended", async () => {
    await using server = await startServer();
    const backend = new RedisBackend({ url: server.node.url, socketTimeoutMs: 60_000 });
    await using cache = new NearCache(backend);
    await backend.connect();
    // Its client is there at once, and then it waits to be told of changes.
    const connecting = expect(cache.connect()).rejects.toMatchObject({ code: "DISCONNECTED" });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    await cache.disconnect();
    await connecting;
    await cache.connect();
    expect(cache.isTracking).toBe(true);
  });

  test("is nothing of the locks of wrap", async () => {
    await using server = await startServer();
    await using near = await openNear(server.node.url, {}, { wrapLock: true });
    expect(await near.cache.wrap("w", () => "v")).toBe("v");
    await server.node.command("SET", "c:last", "1");
    await until("all has been told", () => near.told.includes("invalidate last"));
    expect(near.told).toEqual(["up", "invalidate w", "invalidate last"]);
  });

  test("comes within the backend's time from connect(), be the listening connection there or not", async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    const backend = new RedisBackend({
      url: proxy.url,
      socketTimeoutMs: 300,
      clientOptions: { deadNodeTimeoutMs: 60_000 },
    });
    await using cache = new NearCache(backend);
    await backend.connect();
    proxy.blackhole();
    const waited = sleep(4_500, "too long", { ref: false });
    expect(await Promise.race([cache.connect(), waited])).toBeUndefined();
    expect(cache.isTracking).toBe(false);
    proxy.restore();
  });
});
