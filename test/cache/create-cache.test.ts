import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CacheConfig, createCache } from "../../src/cache/create-cache.ts";
import { FallbackBackend } from "../../src/cache/fallback-backend.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { NearCache } from "../../src/cache/near-cache.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeWithServer } from "../rig/gate.ts";
import { type RigServers, startServer } from "../rig/servers.ts";

const URL = "redis://localhost:6379";

describe("createCache", () => {
  test("makes memory of nothing, Redis with memory behind it of a URL, and Redis alone when it is told to", () => {
    expect(createCache()).toBeInstanceOf(MemoryBackend);
    expect(createCache({ memory: { maxEntries: 10 } })).toBeInstanceOf(MemoryBackend);
    expect(createCache({ redis: URL })).toBeInstanceOf(FallbackBackend);
    expect(createCache({ redis: { url: URL, keyPrefix: "a:" }, fallback: true })).toBeInstanceOf(
      FallbackBackend,
    );
    expect(createCache({ redis: URL, fallback: false })).toBeInstanceOf(RedisBackend);
    expect(createCache({ redis: URL, fallback: false, near: true })).toBeInstanceOf(NearCache);
    expect(createCache({ redis: URL, near: { maxEntries: 10 } })).toBeInstanceOf(FallbackBackend);
  });

  test.each<[object, string, string]>([
    [{ url: URL }, "UNKNOWN_OPTION", "url"],
    [{ redis: { urls: URL } }, "UNKNOWN_OPTION", "urls"],
    [{ redis: URL, fallback: { staleness: 1 } }, "UNKNOWN_OPTION", "staleness"],
    [{ redis: URL, near: { size: 1 } }, "UNKNOWN_OPTION", "size"],
    [{ memory: { max: 1 } }, "UNKNOWN_OPTION", "max"],
    [{ redis: 7 }, "BAD_OPTION", "redis"],
    [{ memory: true }, "BAD_OPTION", "memory"],
    [{ redis: URL, near: "yes" }, "BAD_OPTION", "near"],
    [{ redis: URL, fallback: [] }, "BAD_OPTION", "fallback"],
    [{ near: true }, "BAD_OPTION", "near"],
    [{ fallback: {} }, "BAD_OPTION", "fallback"],
    [{ redis: URL, fallback: false, memory: {} }, "BAD_OPTION", "memory"],
    [{ redis: { url: URL, ttlMs: 1 } }, "BAD_OPTION", "redis.ttlMs"],
    [{ redis: { url: URL, decodeResponses: true } }, "BAD_OPTION", "redis.decodeResponses"],
    [{ memory: { codec: "json" } }, "BAD_OPTION", "memory.codec"],
    [{ ttlMs: -1 }, "BAD_TTL", "ttlMs"],
    [{ redis: URL, ttlMs: 0 }, "BAD_TTL", "ttlMs"],
    [{ codec: "yaml" }, "BAD_OPTION", "codec"],
  ])("refuses %j", (config, code, option) => {
    const refused = () => createCache(config as CacheConfig);
    expect(refused).toThrow(expect.objectContaining({ name: "ConfigError", code, option }));
  });

  test("refuses what is no object", () => {
    expect(() => createCache(URL as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  });

  test("shows no password in an error", () => {
    const secret = "hunter2";
    const bad = () =>
      createCache({ redis: { url: `redis://:${secret}@localhost:1`, password: secret, port: 1 } });
    try {
      bad();
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(secret);
    }
  });
});

describeWithServer("createCache over a server", () => {
  let server: RigServers;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test.each([
    ["with memory behind it", {}],
    ["with a near cache as well", { near: true }],
    ["alone", { fallback: false as const }],
  ])("%s: one codec and one TTL hold for all of its parts", async (_, options) => {
    const config: CacheConfig<{ n: number }> = {
      redis: { url: server.url, keyPrefix: "p:" },
      codec: "json",
      ttlMs: 600_000,
      ...options,
    };
    const cache = createCache<{ n: number }>(config);
    await cache.connect();
    await cache.set("a", { n: 1 });
    expect(await cache.get("a")).toEqual({ n: 1 });
    expect(await cache.wrap("b", () => ({ n: 2 }))).toEqual({ n: 2 });
    expect(await server.node.command("GET", "p:a")).toBe('{"n":1}');
    for (const key of ["p:a", "p:b"]) {
      const ttlMs = (await server.node.command("PTTL", key)) as number;
      expect(ttlMs).toBeGreaterThan(300_000);
      expect(ttlMs).toBeLessThanOrEqual(600_000);
    }
    expect(await cache.ttl("a")).toBeGreaterThan(300_000);
    await cache.clear();
    await cache.disconnect();
  });
});
