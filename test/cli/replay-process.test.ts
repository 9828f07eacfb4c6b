import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { startServer } from "../rig/servers.ts";
import { until } from "../rig/until.ts";
import { describeBuiltCli, type RunningCli } from "./built-cli.ts";
import { predict, SAMPLE } from "./trace-file.ts";

const REQUESTS = readFileSync(SAMPLE, "utf8").split("\n").slice(0, 60).join("\n");

describeBuiltCli("slotpack replay as a process", startServer, (on) => {
  beforeEach(() => on.servers.node.command("FLUSHALL"));

  const keyCount = async () => (await on.servers.node.command("DBSIZE")) as number;

  /** Starts a run that has replayed 60 requests and waits for more on its standard input. */
  async function startWaiting(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<RunningCli> {
    const running = on.cli.start(["replay", "-", ...args], env);
    running.child.stdin!.write(`${REQUESTS}\n`);
    return running;
  }

  test("on --target local starts three primaries, prints one JSON object and leaves no server", async () => {
    using folder = new ServerFolder();
    const running = on.cli.start(["replay", SAMPLE, "--json", "--value-bytes", "256"], {
      TMPDIR: folder.path,
    });
    const ports = await folder.threePorts();
    const { code, stdout, stderr } = await running.exit;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const { stored, ...expected } = predict(SAMPLE);
    expect(JSON.parse(stdout)).toMatchObject({ ...expected, writtenRecords: stored, target: "local" });
    expect(await Promise.all(ports.map(listens))).toEqual([false, false, false]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("on %s stops its local servers", async (signal) => {
    using folder = new ServerFolder();
    const running = await startWaiting(["--json"], { TMPDIR: folder.path });
    const ports = await folder.threePorts();
    // While they form a cluster the run has not begun; the wait lets the signal come at a later moment in one case.
    if (signal === "SIGTERM") await new Promise((resolve) => setTimeout(resolve, 4000));
    running.child.kill(signal);
    const { code, stdout, stderr } = await running.exit;
    expect(code).toBe(signal === "SIGINT" ? 130 : 143);
    expect(stdout).toBe("");
    expect(stderr).toContain("slotpack: interrupted");
    expect(await Promise.all(ports.map(listens))).toEqual([false, false, false]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("on SIGINT deletes what it wrote on a user's server, and nothing else", async () => {
    await on.servers.node.command("SET", "slotpack-replay:mine", "kept");
    const { stored } = predict(SAMPLE, 60);
    const running = await startWaiting(["--target", on.servers.url, "--ttl", "100"]);
    await until("the requests are replayed", async () => (await keyCount()) === 1 + 2 * stored);
    const keys = ((await on.servers.node.command("KEYS", "{*")) as string[]).sort();
    expect(keys.every((key) => /^\{slotpack-replay:[0-9a-f]{12}:\d+\}:(metadata|kv_bytes)$/.test(key))).toBe(
      true,
    );
    for (const key of keys.slice(0, 10)) {
      const life = (await on.servers.node.command("PTTL", key)) as number;
      expect(life).toBeGreaterThan(50_000);
      // The bytes live a little longer than the metadata, which must not outlive them.
      expect(life).toBeLessThanOrEqual(key.endsWith(":metadata") ? 100_000 : 110_000);
    }
    running.child.kill("SIGINT");
    const { code, stdout, stderr } = await running.exit;
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: "",
      stderr: "slotpack: interrupted: replayed 60 requests\n",
    });
    expect(await on.servers.node.command("KEYS", "*")).toEqual(["slotpack-replay:mine"]);
  });

  test("on SIGINT between two commands deletes what it wrote", async () => {
    const running = on.cli.start([
      "replay",
      SAMPLE,
      "--target",
      on.servers.url,
      "--client",
      "ioredis-sequential",
    ]);
    await until("it writes", async () => (await keyCount()) > 50);
    running.child.kill("SIGINT");
    expect((await running.exit).code).toBe(130);
    expect(await keyCount()).toBe(0);
  });

  test("ends with one error line when the server goes away, without a stack and without waiting for ever", async () => {
    const { stored } = predict(SAMPLE, 60);
    await using lost = await startServer();
    const running = await startWaiting(["--target", lost.url, "--json"]);
    await until("the requests are replayed", async () => (await lost.node.command("DBSIZE")) === 2 * stored);
    await lost.kill(lost.node);
    running.child.stdin!.end(`${REQUESTS}\n`);
    const { code, stdout, stderr } = await running.exit;
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/slotpack: error \[[A-Z_]+\] .+\n$/);
    expect(stderr).toContain("expires in about 3600 s");
    expect(stderr).not.toContain("    at ");
  });

  test("survives a reader of its output that goes away", async () => {
    const running = on.cli.start(["replay", SAMPLE, "--target", on.servers.url, "--requests", "5"]);
    running.child.stdout!.destroy();
    const { code, stderr } = await running.exit;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(await keyCount()).toBe(0);
  });
});

/** A folder for temporary files, by which a test knows the servers that a run started. */
class ServerFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "slotpack-test-"));

  /** The ports in the servers' configuration files. */
  ports(): number[] {
    return readdirSync(this.path, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith("server.conf"))
      .map((file) => Number(/^port (\d+)$/m.exec(readFileSync(join(this.path, file), "utf8"))?.[1]));
  }

  /** The ports of three servers, once all of them listen. */
  async threePorts(): Promise<number[]> {
    await until("three servers listen", async () => {
      const listening = await Promise.all(this.ports().map(listens));
      return listening.length === 3 && listening.every(Boolean);
    });
    return this.ports();
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
