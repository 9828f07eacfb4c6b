import { describe, expect, test } from "vitest";
import { readConnectorConfig } from "../../src/connector/connector-config.ts";
import { refusal, SECRET } from "./config-refusal.ts";

const URL = "redis://h";
const read = (extraConfig: Record<string, unknown>, url = URL) =>
  readConnectorConfig({ url, extraConfig, env: {} });

describe("extra_config", () => {
  test("of the enhanced connector: every key", () => {
    const config = read({
      redis_mode: "standalone",
      redis_username: "u",
      redis_password: "p",
      redis_database: 2,
      chunk_size: 128,
      max_connections: 20,
      use_tls: true,
    });
    expect({ ...config.clientOptions }).toEqual({
      cluster: false,
      username: "u",
      password: "p",
      database: 2,
      chunkSize: 128,
      maxConnections: 20,
      tls: {},
    });
    expect(config.connectorOptions).toEqual({});
    expect(config.ignored).toEqual([]);
  });

  test("of the Valkey connectors: every key", () => {
    const config = read(
      {
        valkey_mode: "standalone",
        valkey_username: "u",
        valkey_password: "p",
        valkey_database: 2,
        valkey_num_workers: 8,
        valkey_sync_num_workers: 8,
        tls_enable: true,
        request_timeout: 1.5,
        connection_timeout: 10.0,
        valkey_enable_ttl: true,
        valkey_ttl_sec: 60,
        save_chunk_meta: false,
      },
      "valkey://h",
    );
    expect({ ...config.clientOptions }).toEqual({
      cluster: false,
      username: "u",
      password: "p",
      database: 2,
      tls: {},
      timeoutMs: 1500,
      connectTimeoutMs: 10_000,
    });
    expect(config.connectorOptions).toEqual({ workers: 8, ttlMs: 60_000 });
    expect(config.ignored).toEqual([]);
  });

  test("of the RESP connector: every key", () => {
    const config = read(
      { resp_num_threads: 3, username: "u", password: "p", save_chunk_meta: false },
      "resp://h:1",
    );
    expect({ ...config.clientOptions }).toEqual({ username: "u", password: "p" });
    expect(config.connectorOptions).toEqual({ layout: "value-only", workers: 3 });
  });

  test("of slotpack: every key", () => {
    const config = read({
      layout: "upstream-pair",
      read_layouts: ["colon-pair", "packed"],
      key_prefix: "prod:",
      cache_salt: "tenant-a",
      num_workers: 6,
      max_queued_jobs: 50,
      lanes: false,
    });
    expect({ ...config.clientOptions }).toEqual({ keyPrefix: "prod:" });
    expect(config.connectorOptions).toEqual({
      layout: "upstream-pair",
      readLayouts: ["colon-pair", "packed"],
      salt: "tenant-a",
      workers: 6,
      maxQueuedJobs: 50,
      lanes: false,
    });
    expect(read({ read_layouts: "any" }).connectorOptions).toEqual({ readLayouts: "any" });
  });

  test("a TTL is a day where only its switch is on, and none where the switch is off", () => {
    expect(read({ valkey_enable_ttl: true }).connectorOptions.ttlMs).toBe(86_400_000);
    for (const extraConfig of [{ valkey_ttl_sec: 60 }, { valkey_enable_ttl: false, valkey_ttl_sec: 60 }]) {
      const config = read(extraConfig);
      expect(config.connectorOptions.ttlMs).toBeUndefined();
      expect(config.ignored).toEqual(["valkey_ttl_sec"]);
    }
  });

  test("keys of LMCache's other parts are ignored and listed", () => {
    const config = read({
      use_exists_sync: true,
      remote_enable_mla_worker_id_as0: true,
      save_only_first_rank: false,
      ping_interval: 30,
      ping_timeout: 5,
      gds_io_threads: 4,
      "remote_storage_plugin.redis.module_path": "x",
    });
    expect(config.ignored).toEqual([
      "use_exists_sync",
      "remote_enable_mla_worker_id_as0",
      "save_only_first_rank",
      "ping_interval",
      "ping_timeout",
      "gds_io_threads",
      "remote_storage_plugin.redis.module_path",
    ]);
  });

  test("null and the empty text mean that a key is not set, as in LMCache", () => {
    const config = read({
      redis_username: "",
      redis_password: "",
      redis_database: null,
      valkey_ttl_sec: null,
    });
    expect({ ...config.clientOptions }).toEqual({});
    expect(config.ignored).toEqual([]);
  });

  test("a password alone authenticates the default user", () => {
    expect({ ...read({ redis_password: "p" }).clientOptions }).toEqual({ password: "p" });
    expect({ ...read({ redis_username: "default" }).clientOptions }).toEqual({ username: "default" });
  });

  test.each([
    "redis_mod",
    "valkey_ttl",
    "resp_threads",
    "tls_verfy",
    "sentinel_pass",
    "redis_",
    "valkey_pool",
  ])("the unknown key %s is refused, since it is mistyped", (option) => {
    const error = refusal({ url: URL, extraConfig: { [option]: SECRET } });
    expect(error).toMatchObject({ code: "UNKNOWN_OPTION", option });
    expect(error.message).toContain("the keys of its family are");
  });

  test.each([
    ["redis_mode", "Cluster"],
    ["redis_username", 7],
    ["redis_database", "2"],
    ["redis_database", -1],
    ["valkey_database", 2 ** 31],
    ["redis_database", true],
    ["chunk_size", 0],
    ["chunk_size", 20_000],
    ["chunk_size", "256"],
    ["chunk_size", true],
    ["max_connections", 1.5],
    ["max_connections", 1e6],
    ["use_tls", "true"],
    ["use_tls", 1],
    ["valkey_mode", "sentinel"],
    ["valkey_num_workers", 0],
    ["tls_enable", "yes"],
    ["request_timeout", 0],
    ["request_timeout", -1],
    ["request_timeout", "5"],
    ["request_timeout", true],
    ["request_timeout", Number.NaN],
    ["connection_timeout", Number.POSITIVE_INFINITY],
    ["valkey_enable_ttl", 1],
    ["valkey_ttl_sec", 0],
    ["valkey_ttl_sec", -5],
    ["valkey_ttl_sec", 1.5],
    ["valkey_ttl_sec", true],
    ["valkey_ttl_sec", "60"],
    ["save_chunk_meta", "false"],
    ["resp_num_threads", "8"],
    ["read_layouts", "all"],
    ["key_prefix", 1],
    ["cache_salt", "a@b"],
    ["cache_salt", "x".repeat(129)],
    ["lanes", "on"],
    ["tls_verify", "false"],
    ["tls_verify", 0],
    ["tls_insecure_skip_verify", "true"],
    ["tls_ca_file", ["a"]],
  ])("%s: %j is refused by its name, with what was expected", (option, value) => {
    const extraConfig = { valkey_enable_ttl: true, [option]: value };
    const error = refusal({ url: URL, extraConfig });
    expect(error).toMatchObject({ code: "BAD_OPTION", option });
    expect(error.message).toMatch(new RegExp(`^${option}: expected .+, got `));
  });

  test.each([
    ["layout", "pair"],
    ["read_layouts", ["tagged-pair", "pair"]],
  ])("%s: %j is no layout", (option, value) => {
    expect(refusal({ url: URL, extraConfig: { [option]: value } })).toMatchObject({
      code: "UNKNOWN_LAYOUT",
      option,
    });
  });

  test.each(["redis_password", "valkey_password", "password", "sentinel_password", "tls_key_password"])(
    "%s of a wrong type is refused without being shown",
    (option) => {
      for (const value of [12345678, [SECRET], { secret: SECRET }]) {
        const error = refusal({ url: URL, extraConfig: { [option]: value } });
        expect(error).toMatchObject({ code: "BAD_OPTION", option });
        expect(error.message).not.toContain("12345678");
      }
    },
  );

  test.each(["text", [], 7, true])("%j is no extra_config", (extraConfig) => {
    expect(refusal({ url: URL, extraConfig: extraConfig as never })).toMatchObject({
      code: "BAD_OPTION",
      option: "extraConfig",
    });
  });

  test("a key named like a part of every object is a key like others", () => {
    const extraConfig = JSON.parse(
      '{"__proto__": {"use_tls": true}, "constructor": 1, "toString": 2}',
    ) as object;
    const config = readConnectorConfig({ url: URL, extraConfig: { ...extraConfig }, env: {} });
    expect({ ...config.clientOptions }).toEqual({});
    expect(config.ignored).toEqual(["__proto__", "constructor", "toString"]);
  });

  test.each([
    [{ uri: URL }, "UNKNOWN_OPTION", "uri"],
    [{ url: 7 }, "BAD_OPTION", "url"],
    [{ url: null }, "BAD_OPTION", "url"],
    [
      { url: URL, extraConfig: { valkey_enable_ttl: true, valkey_ttl_sec: 2 ** 52 } },
      "BAD_TTL",
      "valkey_ttl_sec",
    ],
    [{}, "NO_URL", "url"],
  ])("the settings %j are refused", (settings, code, option) => {
    expect(refusal(settings as never)).toMatchObject({ code, option });
  });

  test("a URL that is none is refused as what it is", () => {
    expect(refusal({ url: 7 as never }).message).toBe("url: expected a URL, got a number");
  });

  test.each([null, "redis://h"])("%j are no settings", (settings) => {
    expect(() => readConnectorConfig(settings as never)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION", option: "settings" }),
    );
  });
});

describe("layout: lmcache", () => {
  test.each([
    ["redis://h", {}, "upstream-pair"],
    ["rediss://h", {}, "upstream-pair"],
    ["unix:///run/r.sock", {}, "upstream-pair"],
    ["redis-cluster://h:1", {}, "upstream-pair"],
    ["redis-sentinel://h/n", {}, "upstream-pair"],
    ["redis://h", { redis_mode: "standalone" }, "colon-pair"],
    ["redis://h", { redis_password: "p" }, "colon-pair"],
    ["plugin://redis", {}, "colon-pair"],
    ["plugin://redis", { redis_mode: "cluster" }, "tagged-pair"],
    ["redis://a:1,b:2", { redis_mode: "cluster" }, "tagged-pair"],
    ["redis://a:1,b:2", {}, "tagged-pair"],
    ["valkey://a:1,b:2", { valkey_mode: "cluster" }, "tagged-pair"],
    ["valkey://h", { valkey_num_workers: 8 }, "value-only"],
    ["valkey://h", { save_chunk_meta: false }, "value-only"],
    ["resp://h:1", {}, "value-only"],
  ])("%s with %j is that of LMCache's connector: %3$s", (url, extraConfig, layout) => {
    expect(read({ layout: "lmcache", ...extraConfig }, url).connectorOptions.layout).toBe(layout);
  });

  test("without it the connector's own default holds, whatever the URL", () => {
    for (const url of ["redis://h", "valkey://h", "redis-cluster://h:1", "redis-sentinel://h/n"])
      expect(read({}, url).connectorOptions).toEqual({});
  });
});
