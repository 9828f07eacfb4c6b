import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startLocalCluster, startLocalServers } from "../../src/cli/local-servers.ts";
import { findServerBinary } from "../../src/cli/server-binary.ts";
import type { ServerProcess } from "../../src/cli/server-process.ts";
import { describeWithServer } from "./gate.ts";
import { startServer } from "./servers.ts";
import { until } from "./until.ts";

test("a PATH without a server gives NO_SERVER with what to install", () => {
  const empty = mkdtempSync(join(tmpdir(), "slotpack-path-"));
  expect(() => findServerBinary(empty)).toThrow(expect.objectContaining({ code: "NO_SERVER" }));
  expect(() => findServerBinary(empty)).toThrow(/apt-get install redis-server.*brew install valkey/);
  rmSync(empty, { recursive: true });
});

test("a count that is no whole number is refused by name", async () => {
  await expect(startLocalServers({ servers: 0 })).rejects.toMatchObject({
    code: "BAD_COUNT",
    option: "servers",
  });
  await expect(startLocalCluster({ primaries: 1.5 })).rejects.toMatchObject({ option: "primaries" });
  await expect(startLocalCluster({ replicas: -1 })).rejects.toMatchObject({ option: "replicas" });
});

describeWithServer("the launcher", () => {
  test("reports what the server says about a bad option, and leaves nothing running", async () => {
    const failed = startServer({ config: { "no-such-option": "1" } });
    await expect(failed).rejects.toMatchObject({ code: "SERVER_START" });
    await expect(failed).rejects.toThrow(/no-such-option/);
    await expect(startServer({ config: { save: 'x\nport "1"' } })).rejects.toMatchObject({ option: "save" });
  });

  test("forms three primaries in little more than the 2 s that the server itself demands", async () => {
    const start = performance.now();
    await using cluster = await startLocalCluster();
    // 2.06 s on an idle machine; the rest of the bound is for a loaded one.
    expect(performance.now() - start).toBeLessThan(6000);
    expect(cluster.nodes).toHaveLength(3);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    test(`servers and folder are gone after the parent got ${signal}`, async () => {
      const temporary = mkdtempSync(join(tmpdir(), "slotpack-signal-"));
      const parent = startParent(temporary, "setInterval(() => {}, 1000);");
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pids = String(line).trim().split(" ").map(Number);
      expect(pids.length).toBe(2);
      parent.kill(signal);
      await until("the servers are gone", () => pids.every((pid) => !runs(pid)));
      await until("the folder is gone", () => readdirSync(temporary).length === 0);
      rmSync(temporary, { recursive: true });
    });
  }

  test("servers that were never stopped do not keep their parent alive and end with it", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "slotpack-exit-"));
    const parent = startParent(temporary, "");
    const [[line], [code]] = (await Promise.all([once(parent.stdout, "data"), once(parent, "exit")])) as [
      [Buffer],
      [number],
    ];
    expect(code).toBe(0);
    const pids = String(line).trim().split(" ").map(Number);
    await until("the servers are gone", () => pids.every((pid) => !runs(pid)));
    await until("the folder is gone", () => readdirSync(temporary).length === 0);
    rmSync(temporary, { recursive: true });
  });

  test("stop removes the folder and gives the processes back", async () => {
    const servers = await startLocalServers({ servers: 2 });
    const [node] = servers.nodes as [ServerProcess];
    const [, dir] = (await node.command("CONFIG", "GET", "dir")) as [string, string];
    expect(existsSync(dir)).toBe(true);
    await servers.stop();
    await servers.stop();
    expect(existsSync(dir)).toBe(false);
    expect(servers.nodes.map((node) => node.pid)).toEqual([0, 0]);
  });
});

/** A process that starts two servers with `temporary` as its temporary folder and prints their pids. */
function startParent(
  temporary: string,
  afterwards: string,
): ReturnType<typeof spawn> & { stdout: NodeJS.ReadableStream } {
  const launcher = fileURLToPath(new URL("../../src/cli/local-servers.ts", import.meta.url));
  const vite = import.meta.resolve("vite");
  const script = `
    import { createServer, createServerModuleRunner } from ${JSON.stringify(vite)};
    const vite = await createServer({ configFile: false, logLevel: "error", server: { middlewareMode: true, hmr: false, ws: false }, optimizeDeps: { noDiscovery: true } });
    const runner = createServerModuleRunner(vite.environments.ssr, { hmr: false });
    const { startLocalServers } = await runner.import(${JSON.stringify(launcher)});
    const servers = await startLocalServers({ servers: 2 });
    await vite.close();
    console.log(servers.nodes.map((node) => node.pid).join(" "));
    ${afterwards}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return child as ReturnType<typeof startParent>;
}

/** A zombie, which nobody reaps in some containers, counts as gone: it answers nothing. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // No /proc: macOS, where orphans are always reaped.
    return process.platform !== "linux";
  }
}
