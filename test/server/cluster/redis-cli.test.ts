import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findExecutable } from "../../../src/cli/server-binary.ts";
import { type Server, startServer } from "../../../src/server/start-server.ts";
import { describeUnless } from "../../rig/index.ts";

const CLI = findExecutable(["redis-cli", "valkey-cli"]);
const run = promisify(execFile);

describeUnless(
  "redis",
  CLI === undefined ? "needs redis-cli on the PATH" : undefined,
  "redis-cli --cluster",
  () => {
    const servers: Server[] = [];
    const address = (index: number): string => `127.0.0.1:${servers[index]?.port}`;

    beforeAll(async () => {
      for (let index = 0; index < 8; index += 1) {
        servers.push(await startServer({ config: { "cluster-enabled": true } }));
      }
    });

    afterAll(() => Promise.all(servers.map((server) => server.close())));

    /** Rejects where it ends with anything but 0; every question is answered with yes. */
    async function cli(...args: string[]): Promise<string> {
      const running = run(CLI as string, args);
      running.child.stdin?.end("yes\n");
      return (await running).stdout;
    }

    function on(index: number, ...args: string[]): Promise<string> {
      return cli("-p", String(servers[index]?.port), ...args).then((text) => text.trim());
    }

    test("creates a cluster of nodes that ran alone", async () => {
      const nodes = [0, 1, 2, 3, 4, 5].map(address);
      const text = await cli("--cluster", "create", ...nodes, "--cluster-replicas", "1", "--cluster-yes");
      expect(text).toContain("[OK] All 16384 slots covered.");
      expect(await on(0, "cluster", "info")).toContain("cluster_state:ok");
      const writes = run(CLI as string, ["-c", "-p", String(servers[0]?.port)]);
      for (let index = 0; index < 60; index += 1)
        writes.child.stdin?.write(`set key:${index} ${index}
`);
      writes.child.stdin?.end();
      await writes;
    });

    test("check, info and call agree on it", async () => {
      expect(await cli("--cluster", "check", address(0))).toContain(
        "[OK] All nodes agree about slots configuration.",
      );
      expect(await cli("--cluster", "info", address(3))).toContain("[OK] 60 keys in 3 masters.");
      const sizes = await cli("--cluster", "call", address(0), "dbsize");
      expect([...sizes.matchAll(/: (\d+)$/gm)].reduce((sum, [, size]) => sum + Number(size), 0)).toBe(120);
    });

    test("reshards slots with their keys", async () => {
      const [from, to] = await Promise.all([on(0, "cluster", "myid"), on(1, "cluster", "myid")]);
      await cli(
        ...["--cluster", "reshard", address(0), "--cluster-from", from, "--cluster-to", to],
        ...["--cluster-slots", "100", "--cluster-yes"],
      );
      expect(await on(2, "cluster", "nodes")).toMatch(/ 0-99 5461-10922\b/);
      expect(await cli("--cluster", "info", address(0))).toContain("[OK] 60 keys in 3 masters.");
    });

    test("adds a primary and a replica, and balances the slots", async () => {
      await cli("--cluster", "add-node", address(6), address(0));
      const id = await on(0, "cluster", "myid");
      await cli(
        ...["--cluster", "add-node", address(7), address(0), "--cluster-slave"],
        ...["--cluster-master-id", id],
      );
      const added = await on(6, "cluster", "myid");
      await cli(
        ...["--cluster", "rebalance", address(0), "--cluster-use-empty-masters"],
        ...["--cluster-weight", `${added}=0.03`],
      );
      expect(await on(6, "cluster", "nodes")).toMatch(/myself,master .* connected \d+-\d+/);
      expect(await cli("--cluster", "check", address(0))).toContain("[OK] All 16384 slots covered.");
      for (let index = 0; index < 60; index += 1) {
        expect(await on(index % 3, "-c", "get", `key:${index}`)).toMatch(new RegExp(`${index}$`));
      }
    });

    test("fixes slots that were left open, and slots that nobody has", async () => {
      const key = servers[1]?.node.databases[0]?.names()[0] as string;
      const slot = await on(0, "cluster", "keyslot", key);
      const [source, target] = await Promise.all([on(1, "cluster", "myid"), on(2, "cluster", "myid")]);
      expect(await on(1, "cluster", "setslot", slot, "migrating", target)).toBe("OK");
      expect(await on(2, "cluster", "setslot", slot, "importing", source)).toBe("OK");
      expect(await on(1, "cluster", "nodes")).toContain(`[${slot}->-${target}]`);
      await cli("--cluster", "fix", address(0));
      expect(await on(1, "cluster", "nodes")).not.toContain("->-");
      await on(1, "cluster", "delslots", "9000");
      await cli("--cluster", "fix", address(1));
      expect(await cli("--cluster", "check", address(0))).toContain("[OK] All 16384 slots covered.");
    });

    test("sets the node timeout of all nodes", async () => {
      // What CONFIG REWRITE writes to; without one both the embedded and the real server refuse, and redis-cli counts errors.
      const text = await cli("--cluster", "set-timeout", address(0), "4000");
      expect(text).toContain("New node timeout set.");
      expect(await on(6, "config", "get", "cluster-node-timeout")).toBe("cluster-node-timeout\n4000");
    });

    test("imports the keys of a server that is no cluster", async () => {
      const single = await startServer();
      servers.push(single);
      for (let index = 0; index < 50; index += 1) {
        await cli("-p", String(single.port), "set", `imported:${index}`, String(index));
      }
      const from = `127.0.0.1:${single.port}`;
      const text = await cli("--cluster", "import", address(0), "--cluster-from", from, "--cluster-replace");
      expect(text).not.toMatch(/\bERR\b|failed/i);
      expect(await cli("-p", String(single.port), "dbsize")).toBe("0\n");
      for (const index of [0, 25, 49]) {
        expect(await on(index % 3, "-c", "get", `imported:${index}`)).toMatch(new RegExp(`${index}$`));
      }
    });

    test("cannot make a backup, which needs SYNC, and says so", async () => {
      const folder = mkdtempSync(join(tmpdir(), "slotpack-backup-"));
      try {
        const failure = await cli("--cluster", "backup", address(0), folder).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(Error);
        expect(`${(failure as { stdout: string }).stdout}${failure}`).toContain("unknown command 'SYNC'");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    test("removes a node", async () => {
      const id = await on(7, "cluster", "myid");
      await cli("--cluster", "del-node", address(0), id);
      expect(await on(0, "cluster", "nodes")).not.toContain(id);
      expect((await on(7, "cluster", "nodes")).split("\n")).toHaveLength(1);
    });
  },
);
