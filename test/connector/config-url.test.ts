import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readConnectorConfig } from "../../src/connector/connector-config.ts";
import { refusal, SECRET } from "./config-refusal.ts";

const read = (url: string, extraConfig = {}, env = {}) => readConnectorConfig({ url, extraConfig, env });

describe("the URL of a connector", () => {
  test.each([
    ["redis://h", { host: "h", port: 6379 }, {}],
    ["redis://u:p%40ss@h:7/3", { host: "h", port: 7 }, { username: "u", password: "p@ss", database: 3 }],
    ["redis://:pw@h?db=2", { host: "h", port: 6379 }, { password: "pw", database: 2 }],
    ["rediss://h:7", { host: "h", port: 7 }, { tls: {} }],
    ["valkey://h:7", { host: "h", port: 7 }, {}],
    ["valkeys://h:7", { host: "h", port: 7 }, { tls: {} }],
    ["unix:///run/redis.sock?db=1", { path: "/run/redis.sock" }, { database: 1 }],
    ["resp://h:7", { host: "h", port: 7 }, {}],
    ["redis://[::1]:7", { host: "::1", port: 7 }, {}],
  ])("%s names one server", (url, target, clientOptions) => {
    const config = read(url);
    expect(config.target).toEqual(target);
    expect({ ...config.clientOptions }).toEqual(clientOptions);
    expect(config.ignored).toEqual([]);
  });

  test.each([
    ["redis://a:1,b:2", {}],
    ["valkey://a:1, b:2", {}],
    ["rediss://a:1,b:2", { tls: {} }],
    ["rediss://a:1,rediss://b:2", { tls: {} }],
    ["redis-cluster://a:1,b:2", {}],
    ["rediss-cluster://a:1,b:2", { tls: {} }],
    ["redis-cluster://u:p@a:1,b:2", { username: "u", password: "p" }],
    ["redis-cluster://u:p@ss@a:1,b:2", { username: "u", password: "p@ss" }],
  ])("%s names nodes of a cluster", (url, clientOptions) => {
    const config = read(url);
    expect(config.target).toEqual({
      nodes: [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
    });
    expect({ ...config.clientOptions }).toEqual({ cluster: true, ...clientOptions });
  });

  test.each(["redis_mode", "valkey_mode"])("one address is a cluster's with %s: cluster", (key) => {
    const config = read("valkey://a:1", { [key]: "cluster" });
    expect(config.target).toEqual({ nodes: [{ host: "a", port: 1 }] });
    expect(config.clientOptions.cluster).toBe(true);
    expect(read("valkey://a:1", { [key]: "standalone" }).clientOptions.cluster).toBe(false);
  });

  test.each([
    ["redis-sentinel://a:1,b/main", {}, "main"],
    ["redis-sentinel://a:1,b", {}, "redismaster"],
    ["redis-sentinel://a:1,b/", { REDIS_SERVICE_NAME: "kv" }, "kv"],
    ["redis-sentinel://a:1,b/kv", { REDIS_SERVICE_NAME: "kv" }, "kv"],
  ])("%s with %j asks its Sentinels for %s", (url, env, name) => {
    const { target, clientOptions } = read(url, {}, env);
    expect(target.name).toBe(name);
    expect(target.sentinels).toEqual([
      { host: "a", port: 1 },
      { host: "b", port: 26379 },
    ]);
    expect(clientOptions.cluster).toBeUndefined();
  });

  test("the login in the URL of Sentinels is the node's, theirs has keys of its own", () => {
    const { clientOptions } = read("redis-sentinel://u:p@a:1/main?db=4", {
      sentinel_username: "su",
      sentinel_password: "sp",
    });
    expect(clientOptions).toMatchObject({
      username: "u",
      password: "p",
      database: 4,
      sentinelUsername: "su",
      sentinelPassword: "sp",
    });
  });

  test("another name in REDIS_SERVICE_NAME than in the URL is refused", () => {
    const error = refusal({ url: "redis-sentinel://a/one", env: { REDIS_SERVICE_NAME: "two" } });
    expect(error).toMatchObject({ code: "CONTRADICTION", option: "REDIS_SERVICE_NAME" });
  });

  test("redis-py's parameters count, and those about its own objects are listed as ignored", () => {
    const url =
      "redis://h?username=u&password=p&max_connections=20&socket_timeout=2.5&socket_connect_timeout=1&protocol=3&decode_responses=true";
    const config = read(url);
    expect({ ...config.clientOptions }).toEqual({
      username: "u",
      password: "p",
      maxConnections: 20,
      timeoutMs: 2500,
      connectTimeoutMs: 1000,
    });
    expect(config.ignored).toEqual(["?protocol", "?decode_responses"]);
  });

  test("plugin:// takes its URL from its own key, from redis_url, from the environment, and then redis-py's default", () => {
    const own = { "remote_storage_plugin.redis.redis_url": "redis://own:1" };
    const env = { REDIS_URL: "redis://env:3" };
    const hosts = [
      read("plugin://redis", { ...own, redis_url: "redis://shared:2" }, env),
      read("plugin://redis", { redis_url: "redis://shared:2" }, env),
      read("plugin://redis", {}, env),
      read("plugin://redis"),
    ].map(({ target }) => `${target.host}:${target.port}`);
    expect(hosts).toEqual(["own:1", "shared:2", "env:3", "localhost:6379"]);
  });

  test("without url the only plugin's URL counts, or redis_url", () => {
    const key = "remote_storage_plugin.mine.redis_url";
    expect(readConnectorConfig({ extraConfig: { [key]: "redis://p:1" }, env: {} }).target.host).toBe("p");
    expect(readConnectorConfig({ extraConfig: { redis_url: "redis://q:1" }, env: {} }).target.host).toBe("q");
    const two = { [key]: "redis://p:1", "remote_storage_plugin.other.redis_url": "redis://q:1" };
    expect(refusal({ extraConfig: two })).toMatchObject({
      code: "CONTRADICTION",
      option: "remote_storage_plugin.other.redis_url",
    });
    const beside = readConnectorConfig({ url: "redis://h", extraConfig: two, env: {} });
    expect(beside.ignored).toEqual(Object.keys(two));
  });

  test("resp:// takes what it leaves out from LMCACHE_RESP_ variables, which other URLs do not read", () => {
    const env = {
      LMCACHE_RESP_HOST: "eh",
      LMCACHE_RESP_PORT: "7",
      LMCACHE_RESP_USERNAME: "eu",
      LMCACHE_RESP_PASSWORD: "ep",
    };
    expect(read("resp://", {}, env)).toMatchObject({
      target: { host: "eh", port: 7 },
      clientOptions: { username: "eu", password: "ep" },
      connectorOptions: { layout: "value-only" },
    });
    expect(read("resp://h", { username: "u", password: "p" }, env)).toMatchObject({
      target: { host: "h", port: 7 },
      clientOptions: { username: "u", password: "p" },
    });
    expect({ ...read("redis://h", {}, env).clientOptions }).toEqual({});
  });

  test.each([
    ["redis://h:port", "BAD_URL"],
    ["h:6379", "BAD_URL"],
    ["", "BAD_URL"],
    ["http://h", "BAD_URL"],
    ["redis://h?db=two", "BAD_URL"],
    ["redis://h?db=1&db=2", "BAD_URL"],
    ["redis://h?max_conections=2", "BAD_URL"],
    ["redis://h?socket_timeout=soon", "BAD_URL"],
    [`redis://h?password=${SECRET}@x`, "BAD_URL"],
    [`redis://:${SECRET}%zz@h`, "BAD_URL"],
    ["redis-cluster://a:1/2", "BAD_URL"],
    ["resp://a:1,b:2", "BAD_URL"],
    ["resp://", "BAD_URL"],
    ["redis-sentinel:///name", "BAD_URL"],
    ["lm://h:65432", "UNSUPPORTED_TARGET"],
    ["mooncakestore://h:1/", "UNSUPPORTED_TARGET"],
    ["blackhole://h:1", "UNSUPPORTED_TARGET"],
    ["embedded://", "UNSUPPORTED_TARGET"],
  ])("%s is refused", (url, code) => {
    expect(refusal({ url })).toMatchObject({ code, option: "url" });
  });

  test("a plugin without a URL anywhere is refused", () => {
    expect(refusal({ url: "plugin://other" })).toMatchObject({
      code: "NO_URL",
      option: "remote_storage_plugin.other.redis_url",
    });
  });

  test.each([
    ["redis_mode", "redis://a:1,b:2", { redis_mode: "standalone" }],
    ["valkey_mode", "redis-cluster://a:1", { valkey_mode: "standalone" }],
    ["redis_mode", "unix:///run/r.sock", { redis_mode: "cluster" }],
    ["redis_mode", "redis-sentinel://a/name", { redis_mode: "cluster" }],
    ["valkey_mode", "redis://a", { redis_mode: "cluster", valkey_mode: "standalone" }],
    ["redis_database", "redis://a/1", { redis_database: 2 }],
    ["valkey_database", "redis://a", { redis_database: 1, valkey_database: 2 }],
    ["redis_database", "redis-cluster://a:1", { redis_database: 2 }],
    ["url", "redis://a/2", { redis_mode: "cluster" }],
    ["use_tls", "rediss://a", { use_tls: false }],
    ["tls_enable", "valkeys://a", { tls_enable: false }],
    ["tls_enable", "redis://a", { use_tls: true, tls_enable: false }],
    ["use_tls", "unix:///run/r.sock", { use_tls: true }],
    ["redis_password", `redis://u:${SECRET}@a`, { redis_password: "other" }],
    ["valkey_password", "redis://a", { redis_password: SECRET, valkey_password: "other" }],
    ["password", "redis://:other@a", { password: SECRET }],
    ["redis_username", "redis://u:pw@a", { redis_username: "v" }],
    ["redis_username", "redis://a", { redis_username: "u" }],
    ["request_timeout", "redis://a?socket_timeout=1", { request_timeout: 2 }],
    ["valkey_sync_num_workers", "redis://a", { valkey_num_workers: 1, valkey_sync_num_workers: 2 }],
    ["redis_url", "redis://a", { redis_url: `redis://:${SECRET}@b` }],
    ["sentinel_password", "redis://a", { sentinel_password: SECRET }],
    ["sentinel_username", "redis-sentinel://a/name", { sentinel_username: "u" }],
    ["layout", "resp://a", { layout: "packed" }],
    ["save_chunk_meta", "resp://a", { save_chunk_meta: true }],
    ["save_chunk_meta", "redis://a", { layout: "value-only", save_chunk_meta: true }],
    ["layout", "valkey://a", { layout: "lmcache" }],
  ])("%s contradicts %s where it cannot hold beside it", (option, url, extraConfig) => {
    expect(refusal({ url, extraConfig })).toMatchObject({ code: "CONTRADICTION", option });
  });

  test("settings that say the same do not contradict", () => {
    const { clientOptions } = read("rediss://u:p%40@a/2", {
      use_tls: true,
      tls_enable: true,
      redis_username: "u",
      redis_password: "p@",
      valkey_password: "p@",
      redis_database: 2,
      redis_mode: "standalone",
      valkey_mode: "standalone",
    });
    expect({ ...clientOptions }).toEqual({
      username: "u",
      password: "p@",
      database: 2,
      tls: {},
      cluster: false,
    });
  });

  test("no password is shown when a configuration is logged", () => {
    const config = read(`redis-sentinel://:${SECRET}@a/name`, { sentinel_password: SECRET });
    expect(config.clientOptions).toMatchObject({ password: SECRET, sentinelPassword: SECRET });
    for (const text of [
      inspect(config),
      inspect(config, { depth: 9, showHidden: true }),
      JSON.stringify(config),
    ])
      expect(text).not.toContain(SECRET);
  });
});
