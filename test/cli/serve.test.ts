import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandConnection } from "../../src/cli/server-command.ts";
import { connect } from "../../src/index.ts";
import { until } from "../rig/until.ts";
import { BuiltCli, type RunningCli } from "./built-cli.ts";
import { run } from "./memory-terminal.ts";
import { predict, SAMPLE } from "./trace-file.ts";

describe("slotpack serve as a process", () => {
  let cli: BuiltCli;
  const running: RunningCli[] = [];
  beforeAll(() => {
    cli = new BuiltCli();
  });
  afterAll(async () => {
    for (const { child } of running) child.kill("SIGKILL");
    await Promise.all(running.map(({ exit }) => exit));
    cli[Symbol.dispose]();
  });

  /** Starts it and waits for the first line on stdout. */
  async function start(args: readonly string[]): Promise<RunningCli & { readonly line: string }> {
    const started = cli.start(["serve", ...args]);
    running.push(started);
    let line = "";
    started.child.stdout!.on("data", (chunk) => {
      line += chunk;
    });
    await until("it is ready", () => line.endsWith("\n"), 30_000);
    return { ...started, line: line.trim() };
  }

  test("serves one server, and ends tidily on Ctrl-C", async () => {
    const { child, exit, line } = await start(["--port", "0"]);
    expect(line).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
    await using client = await connect(line);
    await client.mset([["a", "1"]]);
    expect(String((await client.mget(["a"]))[0])).toBe("1");
    child.kill("SIGINT");
    const { code, stdout, stderr } = await exit;
    expect({ code, stdout }).toEqual({ code: 130, stdout: `${line}\n` });
    expect(stderr).toContain("for development and tests");
    expect(stderr).toContain("interrupted");
  });

  test("serves a cluster, and tells its nodes as JSON", async () => {
    const { child, exit, line } = await start(["--cluster", "3x1", "--port", "0", "--json"]);
    const told = JSON.parse(line) as { url: string; pid: number; nodes: { role: string; id: string }[] };
    expect(told.pid).toBe(child.pid);
    expect(told.nodes.map(({ role }) => role)).toEqual([
      ...Array(3).fill("primary"),
      ...Array(3).fill("replica"),
    ]);
    expect(told.nodes.every(({ id }) => /^[0-9a-f]{40}$/.test(id))).toBe(true);
    await using client = await connect(told.url);
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    await client.mset(keys.map((key) => [key, key]));
    expect((await client.mget(keys)).map(String)).toEqual(keys);
    child.kill("SIGTERM");
    expect((await exit).code).toBe(143);
  });

  test("reads a redis.conf, shows no password, and ends with 0 on SHUTDOWN", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slotpack-test-"));
    const file = join(folder, "redis.conf");
    writeFileSync(file, "port 0\nrequirepass sesame\nmaxmemory 10mb\nmaxmemory-policy allkeys-lru\n");
    try {
      const { exit, line } = await start([file]);
      expect(line).toMatch(/^redis:\/\/\*\*\*@127\.0\.0\.1:\d+$/);
      const connection = new CommandConnection(Number(line.split(":").at(-1)));
      await expect(connection.send("GET", "a")).rejects.toThrow("NOAUTH");
      await connection.send("AUTH", "sesame");
      expect(await connection.send("CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", "10485760"]);
      connection.send("SHUTDOWN").catch(() => {});
      expect(await exit).toMatchObject({ code: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("says that a port is taken", async () => {
    const { child, exit, line } = await start(["--port", "0"]);
    const outcome = await run(["serve", "--port", line.split(":").at(-1)!]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/\[EADDRINUSE\] .*--port 0 takes any free port/);
    child.kill("SIGINT");
    await exit;
  });
});

describe("slotpack serve", () => {
  test.each([
    [["--port", "65536"], "--port"],
    [["--port", "x"], "--port"],
    [["--port", "65535", "--cluster", "3"], "--port"],
    [["--cluster", "0x1"], "--cluster"],
    [["--cluster", "3x"], "--cluster"],
    [["--cluster", "99x9"], "--cluster"],
    [["--host", ""], "--host"],
    [["a.conf", "b.conf"], "b.conf"],
    [["--workers", "2"], "--workers"],
  ])("%j is a wrong command line", async (args, named) => {
    const outcome = await run(["serve", ...args]);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain("[BAD_OPTION]");
    expect(outcome.stderr).toContain(named);
  });

  test("a configuration that is missing or wrong is told, and nothing starts", async () => {
    expect((await run(["serve", "/nowhere/redis.conf"])).stderr).toContain("[BAD_FILE]");
    const folder = mkdtempSync(join(tmpdir(), "slotpack-test-"));
    const file = join(folder, "redis.conf");
    writeFileSync(file, "maxmemory lots\n");
    const outcome = await run(["serve", file]);
    rmSync(folder, { recursive: true });
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/\[SERVER_CONFIG\] .*maxmemory/);
  });

  test("its help names its options", async () => {
    const { code, stdout } = await run(["serve", "--help"]);
    expect(code).toBe(0);
    for (const option of ["--cluster PxR", "--port PORT", "--host ADDRESS", "--json"])
      expect(stdout).toContain(option);
  });
});

describe("embedded:// on the command line", () => {
  test("replay works on a cluster that it starts, and says so", async () => {
    const { code, stdout, stderr } = await run([
      "replay",
      SAMPLE,
      "--target",
      "embedded://cluster",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain("on embedded servers inside this process");
    const { stored, ...expected } = predict(SAMPLE);
    expect(JSON.parse(stdout)).toMatchObject({
      ...expected,
      writtenRecords: stored,
      target: "embedded://cluster",
    });
  });

  test("plain ioredis replays on it, too", async () => {
    const args = [
      "replay",
      SAMPLE,
      "--target",
      "embedded://cluster",
      "--client",
      "ioredis-pipeline",
      "--json",
    ];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ hits: predict(SAMPLE).hits });
  });

  test("other commands take it as a target that is empty", async () => {
    expect(await run(["ls", "--target", "embedded://"])).toEqual({ code: 0, stdout: "", stderr: "" });
    const outcome = await run(["ls", "--target", "embedded://clusters"]);
    expect(outcome.stderr).toContain("[BAD_URL]");
  });
});
