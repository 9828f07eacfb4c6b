import { afterAll, beforeAll, expect, test } from "vitest";
import { CacheConnectionError, CacheOperationError } from "../../src/cache/cache-error.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { AbortError, BatchError, type ServerError } from "../../src/errors.ts";
import { describeEachServer } from "../records/each-server.ts";
import { describeWithServer, type RigServers, startServer } from "../rig/index.ts";

describeEachServer("the stats of a RedisBackend", (fixture) => {
  const backends: RedisBackend<string>[] = [];
  const make = (keyPrefix?: string) => {
    const backend = new RedisBackend<string>({
      url: fixture.servers.url,
      codec: "text",
      socketTimeoutMs: 30_000,
      keyPrefix,
    });
    backends.push(backend);
    return backend;
  };
  afterAll(() => Promise.all(backends.map((backend) => backend.disconnect())));

  test("know entries and bytes of all primaries where everything is the cache's", async () => {
    await fixture.flush();
    const backend = make();
    await backend.setMany(Array.from({ length: 300 }, (_, i) => [`k${i}`, "x".repeat(1_000)]));
    const stats = await backend.getStats();
    expect(stats).toMatchObject({ entries: 300, sets: 300, evictions: 0 });
    expect(stats.bytes).toBeGreaterThan(300_000);
  });

  test("do not know them under a prefix", async () => {
    expect(await make("own:").getStats()).toMatchObject({ entries: null, bytes: null, evictions: 0 });
  });

  test("with an aborted signal are an AbortError", async () => {
    const options = { signal: AbortSignal.abort() };
    await expect(make().getStats(options)).rejects.toBeInstanceOf(AbortError);
  });
});

describeWithServer("what a server says to a RedisBackend", () => {
  let server: RigServers;
  let backend: RedisBackend<string>;
  beforeAll(async () => {
    server = await startServer();
    backend = new RedisBackend<string>({ url: server.url, codec: "text", socketTimeoutMs: 30_000 });
    await backend.connect();
  });
  afterAll(async () => {
    await backend?.disconnect();
    await server?.stop();
  });

  test("its evictions since the first look are counted", async () => {
    const value = "x".repeat(20_000);
    const fill = (name: string) =>
      backend.setMany(Array.from({ length: 500 }, (_, i) => [`${name}:${i}`, value]));
    await server.node.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
    await server.node.command("CONFIG", "SET", "maxmemory", "8mb");
    await fill("before");
    expect((await backend.getStats()).evictions).toBe(0);
    await fill("after");
    // From here on it evicts nothing, whatever its memory does.
    await server.node.command("CONFIG", "SET", "maxmemory", 0);
    const { evictions, entries } = await backend.getStats();
    expect(evictions).toBeGreaterThan(0);
    expect(entries).toBeLessThan(1_000);
    await server.node.command("FLUSHALL");
    expect((await backend.getStats()).evictions).toBe(evictions);
  });

  test("a refusal is a CacheOperationError with its code, and every outcome is in the cause", async () => {
    await backend.set("good", "v");
    await server.node.command("RPUSH", "list", "x");
    const one = (await backend.get("list").catch((e: unknown) => e)) as CacheOperationError;
    expect(one).toBeInstanceOf(CacheOperationError);
    expect(one).toMatchObject({ code: "WRONGTYPE", node: server.node.address });
    expect(one.message).toMatch(/^get: 1 of 1 items failed/);
    const many = (await backend.getMany(["good", "list"]).catch((e: unknown) => e)) as CacheOperationError;
    expect(many).toBeInstanceOf(CacheOperationError);
    expect(many).toMatchObject({ code: "WRONGTYPE", keyIndex: 1 });
    const { cause } = many as { cause?: unknown };
    expect(cause).toBeInstanceOf(BatchError);
    const { results } = cause as BatchError<Buffer | null>;
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect((results[1] as { reason: ServerError }).reason.code).toBe("WRONGTYPE");
  });

  test("that it has no memory left is a CacheOperationError OOM of a set, and reads go on", async () => {
    await backend.set("k", "v");
    await server.node.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await server.node.command("CONFIG", "SET", "maxmemory", 1);
    const error = await backend.setMany([["a", "v"]]).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CacheOperationError);
    expect(error).toMatchObject({ code: "OOM" });
    expect(await backend.get("k")).toBe("v");
    // wrap answers all the same.
    expect(await backend.wrap("w", () => "computed")).toBe("computed");
    await server.node.command("CONFIG", "SET", "maxmemory", 0);
  });

  test("what a user may not do is a CacheOperationError NOPERM, and a ping is answered all the same", async () => {
    await server.node.command(
      "ACL",
      "SETUSER",
      "reader",
      "on",
      ">pw",
      "~*",
      "+@read",
      "+@connection",
      "-ping",
    );
    const reader = new RedisBackend<string>({
      url: server.url,
      username: "reader",
      password: "pw",
      codec: "text",
    });
    try {
      await backend.set("k", "v");
      expect(await reader.get("k")).toBe("v");
      const error = await reader.set("k", "w").catch((e: unknown) => e);
      expect(error).toBeInstanceOf(CacheOperationError);
      expect(error).not.toBeInstanceOf(CacheConnectionError);
      expect(error).toMatchObject({ code: "NOPERM" });
      expect(await reader.ping()).toBe(true);
      expect(await reader.getStats()).toMatchObject({ bytes: null, errors: 1, hits: 1 });
    } finally {
      await reader.disconnect();
    }
  });

  test("clear and keys take SCAN and UNLINK, never FLUSHALL, FLUSHDB or KEYS", async () => {
    await backend.setMany(Array.from({ length: 50 }, (_, i) => [`k${i}`, "v"]));
    await server.node.command("CONFIG", "RESETSTAT");
    for await (const _ of backend.keys("k1*"));
    expect(await backend.clear()).toBeGreaterThanOrEqual(50);
    const ran = String(await server.node.command("INFO", "commandstats"));
    expect(ran).toMatch(/cmdstat_scan:/);
    expect(ran).toMatch(/cmdstat_unlink:/);
    expect(ran).not.toMatch(/cmdstat_(flush|keys|del:)/);
  });

  test("keys that are no UTF-8 are not listed, since no string names them, and clear removes them", async () => {
    await server.node.command("SET", Buffer.from([0xff, 0xfe]), "v");
    await backend.set("ü", "v");
    const keys = [];
    for await (const key of backend.keys()) keys.push(key);
    expect(keys).toEqual(["ü"]);
    expect(await backend.clear()).toBe(2);
  });
});
