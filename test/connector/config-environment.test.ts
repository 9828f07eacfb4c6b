import { afterEach, describe, expect, test, vi } from "vitest";
import { readConnectorConfig } from "../../src/connector/connector-config.ts";
import { refusal, SECRET } from "./config-refusal.ts";

const read = (env: Record<string, string>, extraConfig = {}) => {
  const { target, clientOptions } = readConnectorConfig({ extraConfig, env });
  return { target, clientOptions: { ...clientOptions } };
};

describe("the environment, where no URL is given", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each(["VALKEY", "REDIS"])("%s_ variables say where to connect, and as whom", (family) => {
    expect(
      read({
        [`${family}_HOST`]: "h",
        [`${family}_PORT`]: "7",
        [`${family}_USERNAME`]: "u",
        [`${family}_PASSWORD`]: "p",
      }),
    ).toEqual({ target: { host: "h", port: 7 }, clientOptions: { username: "u", password: "p" } });
    expect(read({ [`${family}_URL`]: "rediss://u:p@a:1,b:2" })).toEqual({
      target: {
        nodes: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
      clientOptions: { username: "u", password: "p", tls: {}, cluster: true },
    });
  });

  test.each([
    [{ VALKEY_HOST: "h" }, { host: "h", port: 6379 }],
    [{ VALKEY_PORT: "7" }, { host: "127.0.0.1", port: 7 }],
    [
      { VALKEY_HOST: "::1", VALKEY_PORT: "7" },
      { host: "::1", port: 7 },
    ],
    [
      { VALKEY_HOST: "h", VALKEY_PORT: "" },
      { host: "h", port: 6379 },
    ],
    [
      { VALKEY_URL: "valkey://h:7", VALKEY_HOST: "h", VALKEY_PORT: "7" },
      { host: "h", port: 7 },
    ],
    [
      { VALKEY_URL: "", REDIS_URL: "redis://h:7" },
      { host: "h", port: 7 },
    ],
  ])("%j names a place", (env, target) => {
    expect(read(env as unknown as Record<string, string>).target).toEqual(target);
  });

  test("VALKEY_ comes before REDIS_, and the two are not mixed", () => {
    const env = {
      REDIS_URL: "redis://:other@r:1",
      REDIS_HOST: "x",
      REDIS_PASSWORD: "other",
      VALKEY_HOST: "v",
    };
    expect(read(env)).toEqual({ target: { host: "v", port: 6379 }, clientOptions: {} });
  });

  test("a password beside VALKEY_URL or in extra_config completes it, when it is no other", () => {
    expect(read({ VALKEY_URL: "redis://h", VALKEY_PASSWORD: "p" }).clientOptions).toEqual({ password: "p" });
    expect(read({ VALKEY_HOST: "h", VALKEY_PASSWORD: "p" }, { redis_password: "p" }).clientOptions).toEqual({
      password: "p",
    });
  });

  test("what Kubernetes sets for a service of that name is no place, and its port counts beside a host", () => {
    const link = { REDIS_PORT: "tcp://10.0.0.1:7000", REDIS_SERVICE_HOST: "10.0.0.1" };
    expect(refusal({ env: link })).toMatchObject({ code: "NO_URL" });
    expect(read({ ...link, REDIS_HOST: "redis" }).target).toEqual({ host: "redis", port: 7000 });
  });

  test("a URL that is given wins, and no variable is read", () => {
    const env = { VALKEY_URL: "nonsense", VALKEY_PASSWORD: "p", REDIS_HOST: "r" };
    const { target, clientOptions } = readConnectorConfig({ url: "redis://h", env });
    expect(target).toEqual({ host: "h", port: 6379 });
    expect({ ...clientOptions }).toEqual({});
  });

  test("process.env is read where none is given", () => {
    vi.stubEnv("VALKEY_URL", "valkey://from-process:7");
    expect(readConnectorConfig().target).toEqual({ host: "from-process", port: 7 });
  });

  test("REDIS_TIMEOUT is the deadline of a call through Sentinels, in seconds, unless a key says another", () => {
    const timeout = (url: string, extraConfig = {}) =>
      readConnectorConfig({ url, extraConfig, env: { REDIS_TIMEOUT: "2.5" } }).clientOptions.timeoutMs;
    expect(timeout("redis-sentinel://h/n")).toBe(2500);
    expect(timeout("redis-sentinel://h/n", { request_timeout: 3 })).toBe(3000);
    expect(timeout("redis://h")).toBeUndefined();
    for (const REDIS_TIMEOUT of ["soon", "0", "-1", "Infinity"])
      expect(refusal({ url: "redis-sentinel://h/n", env: { REDIS_TIMEOUT } })).toMatchObject({
        code: "BAD_OPTION",
        option: "REDIS_TIMEOUT",
      });
  });

  test.each([
    ["VALKEY_PORT", "BAD_OPTION", { VALKEY_HOST: "h", VALKEY_PORT: "seven" }],
    ["REDIS_PORT", "BAD_OPTION", { REDIS_HOST: "h", REDIS_PORT: "70000" }],
    ["REDIS_PORT", "BAD_OPTION", { REDIS_PORT: "0" }],
    ["VALKEY_HOST", "BAD_URL", { VALKEY_HOST: "a b" }],
    ["VALKEY_HOST", "BAD_URL", { VALKEY_HOST: "h/../x" }],
    ["VALKEY_URL", "BAD_URL", { VALKEY_URL: `redis://:${SECRET}@h:port` }],
    ["REDIS_URL", "BAD_URL", { REDIS_URL: "h:6379" }],
    ["REDIS_URL", "UNSUPPORTED_TARGET", { REDIS_URL: "lm://h:1" }],
    ["VALKEY_HOST", "CONTRADICTION", { VALKEY_URL: "redis://a", VALKEY_HOST: "b" }],
    ["VALKEY_PORT", "CONTRADICTION", { VALKEY_URL: "redis://a", VALKEY_PORT: "7" }],
    ["VALKEY_PASSWORD", "CONTRADICTION", { VALKEY_URL: `redis://:${SECRET}@a`, VALKEY_PASSWORD: "b" }],
    ["VALKEY_USERNAME", "CONTRADICTION", { VALKEY_URL: "redis://u:p@a", VALKEY_USERNAME: "v" }],
    ["VALKEY_USERNAME", "CONTRADICTION", { VALKEY_HOST: "a", VALKEY_USERNAME: "v" }],
    ["VALKEY_PASSWORD", "CONTRADICTION", { REDIS_HOST: "a", VALKEY_PASSWORD: SECRET }],
  ])("%s is named when it is wrong: %s for %j", (option, code, env) => {
    expect(refusal({ env: env as unknown as Record<string, string> })).toMatchObject({ code, option });
  });

  test("a variable that contradicts a key of extra_config is named", () => {
    const env = { REDIS_HOST: "h", REDIS_PASSWORD: SECRET };
    const error = refusal({ extraConfig: { redis_password: "other" }, env });
    expect(error).toMatchObject({ code: "CONTRADICTION", option: "REDIS_PASSWORD" });
    expect(error.message).toContain("redis_password");
  });
});
