import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import { resolveRedisConfig } from "../../src/cache/redis-config.ts";
import { ConfigError } from "../../src/errors.ts";
import { connect } from "../../src/index.ts";

const SECRET = "s3cret-of-the-test";
const EVERYTHING = { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null };

/** What TypeScript would refuse. */
function refusal(config: unknown): ConfigError {
  try {
    new RedisBackend(config as RedisBackendConfig);
  } catch (error) {
    return error as ConfigError;
  }
  return expect.unreachable("the config was accepted");
}

function resolve(config: RedisBackendConfig<never>) {
  const resolved = resolveRedisConfig(config);
  return "target" in resolved.source ? { ...resolved, ...resolved.source } : expect.unreachable();
}

describe("the config of a RedisBackend", () => {
  test("has the defaults that the docs say", () => {
    expect(resolve({})).toMatchObject({
      target: {},
      options: { timeoutMs: 5_000, connectTimeoutMs: 5_000, maxConnections: 50, lazyConnect: true },
      keyPrefix: "",
      ttlMs: null,
      slidingTtl: false,
      ttlJitter: 0,
      codec: { name: "bytes" },
      compression: undefined,
      memory: undefined,
      wrapLock: undefined,
    });
    expect(resolve({ compression: {} })).toMatchObject({
      compression: { minBytes: 1_024, algorithm: "deflate" },
    });
    expect(resolve({ wrapLock: true }).wrapLock).toEqual({ lockMs: 10_000, waitMs: 10_000, pollMs: 50 });
  });

  test("hands to connect() what is its", () => {
    const config = {
      host: "10.0.0.1",
      port: 7000,
      db: 3,
      username: "u",
      password: SECRET,
      tls: { servername: "x" },
      socketTimeoutMs: 700,
      maxConnections: 7,
      clientOptions: { chunkSize: 64, connectTimeoutMs: 900 },
    };
    expect(resolve(config)).toMatchObject({
      target: { host: "10.0.0.1", port: 7000 },
      options: {
        database: 3,
        username: "u",
        password: SECRET,
        tls: { servername: "x" },
        timeoutMs: 700,
        connectTimeoutMs: 900,
        maxConnections: 7,
        chunkSize: 64,
      },
      connectTimeoutMs: 900,
    });
  });

  test("lets the parts of a target say what would be a default", () => {
    const target = { nodes: [{ host: "h", port: 1 }], maxConnections: 9, timeoutMs: 800 };
    expect(resolve({ target })).toMatchObject({ options: { maxConnections: 9, timeoutMs: 800 } });
    expect(resolve({ target, maxConnections: 8 })).toMatchObject({ options: { maxConnections: 8 } });
  });

  test.each<[number | string, string]>([
    [0, "0"],
    [1_048_576, "1048576"],
    ["1024", "1024"],
    ["10k", "10000"],
    ["10KB", "10240"],
    ["256mb", "268435456"],
    ["2g", "2000000000"],
    ["2gb", "2147483648"],
  ])("reads maxMemory %s as redis.conf does", (maxMemory, bytes) => {
    expect(resolve({ maxMemory }).memory?.settings.get("maxmemory")).toBe(bytes);
  });

  test.each<[string, unknown, string]>([
    ["an unknown name", { hosts: "h" }, "hosts"],
    ["an unknown name of compression", { compression: { level: 3 } }, "compression.level"],
    ["an unknown name of wrapLock", { wrapLock: { ms: 3 } }, "wrapLock.ms"],
    ["an unknown name of clientOptions", { clientOptions: { chunk: 3 } }, "chunk"],
  ])("refuses %s as an unknown option", (_, config, option) => {
    expect(refusal(config)).toMatchObject({ code: "UNKNOWN_OPTION", option });
  });

  test.each<[string, unknown, string]>([
    ["no object", `redis://:${SECRET}@h`, "config"],
    ["a url that is none", { url: 7 }, "url"],
    ["two places", { url: "redis://h", host: "h" }, "url"],
    ["a client and a target", { client: "redis://h", target: "redis://h" }, "client"],
    ["a client that is none, in place of the default", { client: null }, "client"],
    ["a target that is none", { target: 7 }, "target"],
    ["a database that is none", { db: -1 }, "db"],
    ["a password that is none", { password: 7 }, "password"],
    ["a timeout that is none", { socketTimeoutMs: 0 }, "socketTimeoutMs"],
    ["no connections at all", { maxConnections: 0 }, "maxConnections"],
    ["clientOptions that are none", { clientOptions: 7 }, "clientOptions"],
    ["a prefix in clientOptions", { clientOptions: { keyPrefix: "x" } }, "clientOptions.keyPrefix"],
    ["a prefix that is none", { keyPrefix: 7 }, "keyPrefix"],
    ["slidingTtl without a TTL", { slidingTtl: true }, "slidingTtl"],
    ["slidingTtl that is none", { slidingTtl: "yes", ttlMs: 1 }, "slidingTtl"],
    ["a jitter of 1", { ttlJitter: 1 }, "ttlJitter"],
    ["a jitter that is none", { ttlJitter: Number.NaN }, "ttlJitter"],
    ["an unknown codec", { codec: "yaml" }, "codec"],
    ["half a codec", { codec: { name: "x", encode() {} } }, "codec"],
    ["a codec beside decodeResponses", { codec: "json", decodeResponses: true }, "decodeResponses"],
    ["an unknown compression", { compression: { algorithm: "lz4" } }, "compression.algorithm"],
    ["a compression from 0 bytes on", { compression: { minBytes: 0 } }, "compression.minBytes"],
    ["compression that is none", { compression: true }, "compression"],
    ["a maxMemory that is none", { maxMemory: "lots" }, "maxMemory"],
    ["a negative maxMemory", { maxMemory: -1 }, "maxMemory"],
    ["an eviction policy that is none", { evictionPolicy: "lru" }, "evictionPolicy"],
    ["nothing to apply", { applyMemorySettings: true }, "applyMemorySettings"],
    ["a lock of 0 ms", { wrapLock: { lockMs: 0 } }, "wrapLock.lockMs"],
    ["a lock that is none", { wrapLock: "yes" }, "wrapLock"],
  ])("refuses %s", (_, config, option) => {
    const error = refusal(config);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: "BAD_OPTION", option });
    expect(inspect(error, EVERYTHING)).not.toContain(SECRET);
  });

  test.each([0, 1.5, "60", Number.POSITIVE_INFINITY])("refuses a ttlMs of %s", (ttlMs) => {
    expect(refusal({ ttlMs })).toMatchObject({ code: "BAD_TTL", option: "ttlMs" });
  });

  test("refuses a bad URL before anything connects, and does not show its password", () => {
    const error = refusal({ url: `http://u:${SECRET}@h` });
    expect(error).toMatchObject({ code: "BAD_URL" });
    expect(inspect(error, EVERYTHING)).not.toContain(SECRET);
  });

  test("refuses options of a connection beside a SlotClient, which has its own", async () => {
    await using client = await connect("redis://127.0.0.1:1", { lazyConnect: true });
    for (const option of ["db", "username", "password", "tls", "maxConnections", "clientOptions"])
      expect(refusal({ client, [option]: option === "clientOptions" ? {} : 1 })).toMatchObject({
        code: "BAD_OPTION",
        option,
      });
    expect(refusal({ client, socketTimeoutMs: 0 })).toMatchObject({ option: "socketTimeoutMs" });
  });

  test("is not shown by inspect, passwords and all", () => {
    const backend = new RedisBackend({ url: `redis://u:${SECRET}@127.0.0.1:1`, password: SECRET });
    expect(inspect(backend, EVERYTHING)).not.toContain(SECRET);
    expect(inspect(backend)).toBe("RedisBackend {}");
    expect(JSON.stringify(backend)).toBe("{}");
  });
});
