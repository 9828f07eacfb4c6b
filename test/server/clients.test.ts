import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findExecutable } from "../../src/cli/server-binary.ts";
import { type Server, startServer } from "../../src/server/index.ts";
import { describeUnless } from "../rig/index.ts";

const run = promisify(execFile);

const IOREDIS: readonly [string, typeof Redis][] = [
  ["ioredis 6", Redis],
  ["ioredis 5", Redis5 as unknown as typeof Redis],
];

let server: Server;
beforeEach(async () => {
  server = await startServer({ password: "s e/cret" });
});
afterEach(() => server.close());

describe("unmodified clients", () => {
  for (const [name, Client] of IOREDIS) {
    test(`connect and work: ${name}`, async () => {
      const redis = new Client(server.url, { connectionName: "me", db: 3 });
      expect(await redis.set("k", "v", "PX", 60_000)).toBe("OK");
      expect(await redis.get("k")).toBe("v");
      expect(await redis.getBuffer("none")).toBeNull();
      expect(await redis.client("GETNAME")).toBe("me");
      const results = await redis.multi().incr("n").incr("n").get("k").exec();
      expect(results?.map(([, value]) => value)).toEqual([1, 2, "v"]);
      const pipelined = await redis.pipeline().set("a", "1").get("a").call("nosuch").exec();
      expect(pipelined?.[1]?.[1]).toBe("1");
      expect(pipelined?.[2]?.[0]?.message).toContain("unknown command 'nosuch'");
      const long = Buffer.alloc(300_000, 7);
      await redis.set("long", long);
      expect(long.equals((await redis.getBuffer("long")) as Buffer)).toBe(true);
      await redis.quit();
    });
  }

  for (const RESP of [2, 3] as const) {
    test(`connect and work: node-redis over RESP${RESP}`, async () => {
      const client = createClient({ url: server.url, RESP, name: "me" });
      client.on("error", () => {});
      await client.connect();
      expect(await client.set("k", "v")).toBe("OK");
      expect(await client.get("k")).toBe("v");
      expect(await client.clientGetName()).toBe("me");
      expect(await client.multi().incr("n").get("k").exec()).toEqual([1, "v"]);
      expect(await client.configGet("timeout")).toEqual({ timeout: "0" });
      await client.close();
    });
  }
});

const cli = findExecutable(["redis-cli"]);
const benchmark = findExecutable(["redis-benchmark"]);
const missing =
  cli === undefined || benchmark === undefined ? "needs redis-cli and redis-benchmark" : undefined;

describeUnless("redis", missing, "the tools of the real server", () => {
  test("work: redis-cli with arguments, with commands from a pipe, and in RESP3", async () => {
    const login = ["-p", String(server.port), "-a", "s e/cret", "--no-auth-warning"];
    const call = async (...args: string[]) => (await run(cli as string, [...login, ...args])).stdout;
    expect(await call("PING")).toBe("PONG\n");
    expect(await call("SET", "k", "1")).toBe("OK\n");
    expect(await call("GET", "k")).toBe("1\n");
    expect(await call("INFO", "server")).toContain("redis_version:7.0.15");
    expect(await call("-3", "CONFIG", "GET", "timeout")).toContain("timeout");
    expect(await call("-n", "4", "DBSIZE")).toBe("0\n");
    const piping = run(cli as string, login);
    piping.child.stdin?.end('SET a "b c"\nGET a\nNOSUCH\n');
    const { stdout } = await piping;
    expect(stdout).toContain("b c\n");
    expect(stdout).toContain("ERR unknown command 'NOSUCH'");
  });

  test("work: redis-benchmark with pipelines", async () => {
    const args = [
      "-p",
      String(server.port),
      "-a",
      "s e/cret",
      "-t",
      "set,get",
      "-P",
      "16",
      "-n",
      "20000",
      "-q",
    ];
    const { stdout } = await run(benchmark as string, args);
    expect(stdout).toMatch(/SET: [\d.]+ requests per second/);
    expect(stdout).toMatch(/GET: [\d.]+ requests per second/);
    expect(server.node.commands.find("set")?.calls).toBe(20_000);
  });
});
