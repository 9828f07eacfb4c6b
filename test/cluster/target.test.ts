import { describe, expect, test } from "vitest";
import { parseTarget, redactTarget } from "../../src/cluster/target.ts";
import { ConfigError } from "../../src/index.ts";

function refusal(target: string): ConfigError {
  try {
    parseTarget(target);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error(`${target} was accepted`);
}

const ONE = { path: undefined, cluster: undefined, tls: false, credentials: undefined, database: undefined };
const login = (username: string | undefined, password: string) => ({ username, password });

describe("a target string", () => {
  test.each([
    ["redis://h", { ...ONE, seeds: [{ host: "h", port: 6379 }] }],
    ["valkey://h:7", { ...ONE, seeds: [{ host: "h", port: 7 }] }],
    ["rediss://h:7", { ...ONE, tls: true, seeds: [{ host: "h", port: 7 }] }],
    ["valkeys://h:7", { ...ONE, tls: true, seeds: [{ host: "h", port: 7 }] }],
    ["REDIS://h:7/3", { ...ONE, database: 3, seeds: [{ host: "h", port: 7 }] }],
    ["redis://h:7?db=3", { ...ONE, database: 3, seeds: [{ host: "h", port: 7 }] }],
    ["valkey://h/3?db=3", { ...ONE, database: 3, seeds: [{ host: "h", port: 6379 }] }],
    [
      "redis://u:p%3F@h:7/?db=0",
      {
        ...ONE,
        database: 0,
        credentials: login("u", "p?"),
        seeds: [{ host: "h", port: 7 }],
      },
    ],
    ["redis-cluster://h:7?db=0", { ...ONE, cluster: true, database: 0, seeds: [{ host: "h", port: 7 }] }],
    ["redis://[::1]:7", { ...ONE, seeds: [{ host: "::1", port: 7 }] }],
    ["redis://[fe80::1%eth0]", { ...ONE, seeds: [{ host: "fe80::1%eth0", port: 6379 }] }],
    ["redis-cluster://h:7", { ...ONE, cluster: true, seeds: [{ host: "h", port: 7 }] }],
    ["rediss-cluster://h:7", { ...ONE, cluster: true, tls: true, seeds: [{ host: "h", port: 7 }] }],
    [
      "unix:///run/r.sock?db=2",
      { ...ONE, path: "/run/r.sock", database: 2, seeds: [{ host: "/run/r.sock", port: 0 }] },
    ],
    ["unix:///run/a@b.sock", { ...ONE, path: "/run/a@b.sock", seeds: [{ host: "/run/a@b.sock", port: 0 }] }],
  ])("%s is read", (target, expected) => {
    expect(parseTarget(target)).toEqual(expected);
  });

  test.each([
    ["redis://a:1,b:2", undefined],
    ["redis://a:1, redis://b:2", undefined],
    ["redis://u:p@a:1,b:2", login("u", "p")],
    ["redis://u:p@a:1,redis://u:p@b:2", login("u", "p")],
    ["redis://u:p@a:1,redis://b:2", login("u", "p")],
  ])("the list %s is a cluster, whose entries share one login", (target, credentials) => {
    const seeds = [
      { host: "a", port: 1 },
      { host: "b", port: 2 },
    ];
    expect(parseTarget(target)).toEqual({ ...ONE, cluster: true, seeds, credentials });
  });

  test.each([
    ["redis-sentinel://h/main", { ...ONE, sentinelName: "main", seeds: [{ host: "h", port: 26_379 }] }],
    [
      "rediss-sentinel://u:p%40ss@[::1]:7/my%20name/2",
      {
        ...ONE,
        sentinelName: "my name",
        tls: true,
        seeds: [{ host: "::1", port: 7 }],
        credentials: login("u", "p@ss"),
        database: 2,
      },
    ],
    [
      "redis-sentinel://a:1,b:2, c/main?db=3",
      {
        ...ONE,
        sentinelName: "main",
        seeds: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
          { host: "c", port: 26_379 },
        ],
        database: 3,
      },
    ],
    ["redis-sentinel://h/main/", { ...ONE, sentinelName: "main", seeds: [{ host: "h", port: 26_379 }] }],
  ])("%s names Sentinels and a primary", (target, expected) => {
    expect(parseTarget(target)).toEqual(expected);
  });

  test("Sentinels without a name are refused with a text that says what is missing", () => {
    for (const target of ["redis-sentinel://h:1", "redis-sentinel://h:1/", "redis-sentinel://h:1?db=1"])
      expect(refusal(target).message).toMatch(
        /the name of the primary is missing: redis-sentinel:\/\/host:port/,
      );
  });

  test.each([
    ["redis://:p%40ss@h", { password: "p@ss" }],
    ["redis://u%3A1:p%2Fq%20@h", login("u:1", "p/q ")],
    ["redis://u:a@b/c?d#e,f@h:7/1", login("u", "a@b/c?d#e,f")],
    ["redis://u@h", { username: "u" }],
    ["unix://:pw@/run/r.sock", { password: "pw" }],
  ])("the credentials of %s are decoded", (target, credentials) => {
    expect(parseTarget(target).credentials).toEqual(credentials);
  });

  test.each([
    "",
    "localhost:6379",
    "http://h",
    "redis://",
    "redis://h:0",
    "redis://h:99999",
    "redis://h:port",
    "redis://h:1:2",
    "redis://h:1,",
    "redis://::1",
    "redis://h/first",
    "redis://h?db=two",
    "redis://h/1?db=2",
    "redis://h?database=2",
    "redis://h#2",
    "redis://a,b?db=2",
    "redis-cluster://h:1?db=2",
    "redis://a?db=0,redis://b?db=1",
    "redis-cluster://h:1/2",
    "redis://a,b/2",
    "redis-sentinel:///name",
    "redis-sentinel://h:0/name",
    "redis-sentinel://h/name#other",
    "redis-sentinel://h/%zz",
    "redis-sentinel://h/name/first",
    "redis-sentinel://h/name/1/2",
    "redis-sentinel://h/name?db=one",
    "redis-sentinel://h/name?database=1",
    "redis-sentinel://h/name/1?db=2",
    "redis://u:%zz@h",
    "redis://u:p@a,redis://u:q@b",
    "unix://run/r.sock",
    "unix:///run/r.sock?database=2",
  ])("%j is refused as BAD_URL", (target) => {
    expect(refusal(target)).toMatchObject({ code: "BAD_URL", option: "target" });
  });

  test.each([
    ["embedded://", /only connect\(\) starts one/],
    ["embedded://cluster?primaries=3", /only connect\(\) starts one/],
  ])("%s is refused here, because it is no address", (target, message) => {
    const error = refusal(target);
    expect(error).toMatchObject({ code: "UNSUPPORTED_TARGET", option: "target" });
    expect(error.message).toMatch(message);
  });

  test.each([
    "redis://user:s3cret%zz@h",
    "redis-sentinel://user:s3cret@h",
    "redis://user:s3cret@h:port",
    "redis://:s3cret@",
    "redis://user:s3cret",
    "redis://:s3cret",
    "redis://user:12#s3cret@h:port",
    "redis://user:s3cret@a,redis://user:other@b",
    "unknown://user:s3cret@h",
    "user:s3cret@h:1",
    "unix://:s3cret@run/r.sock",
    "redis://h?password=s3cret",
    "unix:///run/r.sock?db=1&password=s3cret",
    "redis-sentinel://h/name?password=s3cret",
  ])("the error about %s does not show the password", (target) => {
    const error = refusal(target);
    expect(error.message).not.toMatch(/s3cret/);
    expect(String(error.cause)).not.toMatch(/s3cret/);
  });

  test("a target without credentials is shown as it is", () => {
    for (const target of ["redis://h:1/2", "redis://[::1]:1,b:2", "unix:///run/r.sock", "redis://h?db=2"])
      expect(redactTarget(target)).toBe(target);
  });
});
