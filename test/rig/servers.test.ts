import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorReply } from "../../src/cli/server-command.ts";
import { describeWithServer } from "./gate.ts";
import { type RigCluster, startCluster, startServer } from "./servers.ts";
import { abandonMigration } from "./slot-migration.ts";
import { until } from "./until.ts";

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describeWithServer("a standalone server of the rig", () => {
  test("answers commands with text and with bytes, and is gone after stop", async () => {
    const server = await startServer();
    const bytes = Buffer.from([0, 255, 13, 10, 1]);
    expect(await server.node.command("SET", "k", bytes)).toBe("OK");
    expect(await server.node.commandRaw("GET", "k")).toEqual(bytes);
    expect(await server.node.command("GET", "none")).toBeNull();
    await expect(server.node.command("LPUSH", "k", "v")).rejects.toThrow(/^WRONGTYPE/);
    const { pid } = server.node;
    expect(isRunning(pid)).toBe(true);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
  });

  test("takes options of the configuration file, a password included", async () => {
    await using server = await startServer({
      config: { requirepass: '"secret word"', maxmemory: "7mb", user: ["reader on >pw ~* +get"] },
    });
    expect(await server.node.command("CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", "7340032"]);
    expect(await server.node.command("ACL", "USERS")).toEqual(["default", "reader"]);
  });

  test("keeps its port over kill and restart, and loses its data", async () => {
    await using server = await startServer();
    const { port, pid } = server.node;
    await server.node.command("SET", "k", "v");
    await server.kill(server.node);
    expect(server.node.pid).toBe(0);
    await server.restart(server.node);
    expect(server.node.pid).not.toBe(pid);
    expect(server.node.port).toBe(port);
    expect(await server.node.command("GET", "k")).toBeNull();
  });

  test("does not answer while it is paused, and answers after resume", async () => {
    await using server = await startServer();
    await server.node.command("PING");
    server.pause(server.node);
    const answer = server.node.command("PING");
    expect(await Promise.race([answer, sleep(100, "silence")])).toBe("silence");
    server.resume(server.node);
    expect(await answer).toBe("PONG");
  });
});

describeWithServer("a cluster of the rig", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster({ config: { "cluster-node-timeout": 15_000 } });
  });
  afterAll(() => cluster.stop());

  test("covers all slots from the start, in equal shares", async () => {
    const slots = (await cluster.node.command("CLUSTER", "SLOTS")) as [number, number][];
    expect(slots.map(([first, last]) => [first, last]).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [0, 5460],
      [5461, 10921],
      [10922, 16383],
    ]);
    for (const node of cluster.nodes) {
      expect(String(await node.command("CLUSTER", "INFO"))).toContain("cluster_state:ok");
    }
    expect(await cluster.ownerOf(16_383)).toBe(cluster.primaries[2]);
  });

  test("half migrates a slot: keys that moved answer ASK at the source, the others stay", async () => {
    const slot = await cluster.slotOf("{half}");
    const from = await cluster.ownerOf(slot);
    const to = cluster.primaries.find((node) => node !== from) as typeof from;
    for (let index = 0; index < 10; index++) await from.command("SET", `{half}${index}`, index);
    const { moved, left } = await cluster.migrateSlot(slot, from, to, { keys: "half", finish: false });
    expect([moved.length, left.length]).toEqual([5, 5]);
    await expect(from.command("GET", moved[0] as Buffer)).rejects.toThrow(`ASK ${slot} ${to.address}`);
    expect(await from.command("GET", left[0] as Buffer)).toMatch(/^\d$/);
    const both = [moved[0] as Buffer, left[0] as Buffer];
    await expect(from.command("MGET", ...both)).rejects.toThrow("TRYAGAIN");

    await cluster.migrateSlot(slot, from, to);
    for (const witness of cluster.nodes) expect(await cluster.ownerOf(slot, witness)).toBe(to);
    await expect(from.command("GET", "{half}1")).rejects.toThrow(`MOVED ${slot} ${to.address}`);
    const values = await Promise.all(
      [...Array(10).keys()].map((index) => to.command("GET", `{half}${index}`)),
    );
    expect(values).toEqual([...Array(10).keys()].map(String));
  });

  test("moves a slot back and forth a hundred times without a disagreement", async () => {
    const slot = await cluster.slotOf("{shuttle}");
    let from = await cluster.ownerOf(slot);
    let to = cluster.primaries.find((node) => node !== from) as typeof from;
    await from.command("SET", "{shuttle}", "value");
    for (let round = 0; round < 100; round++) {
      await cluster.migrateSlot(slot, from, to);
      [from, to] = [to, from];
      expect(await from.command("GET", "{shuttle}")).toBe("value");
    }
    for (const witness of cluster.nodes) expect(await cluster.ownerOf(slot, witness)).toBe(from);
  });

  test("abandons a begun migration", async () => {
    const slot = await cluster.slotOf("{abandoned}");
    const from = await cluster.ownerOf(slot);
    const to = cluster.primaries.find((node) => node !== from) as typeof from;
    await cluster.migrateSlot(slot, from, to, { keys: 0, finish: false });
    await expect(from.command("GET", "{abandoned}")).rejects.toThrow("ASK");
    await abandonMigration(slot, from, to);
    expect(await from.command("GET", "{abandoned}")).toBeNull();
  });

  test("reports the server's error as an ErrorReply", async () => {
    const foreign = await cluster.ownerOf(0);
    const other = cluster.primaries.find((node) => node !== foreign) as typeof foreign;
    const error = await other.command("GET", "{06S}").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ErrorReply);
  });
});

describeWithServer("a cluster with replicas", () => {
  test("promotes the replica of a frozen primary by itself, and shows it to every witness", async () => {
    await using cluster = await startCluster({ replicas: 1, config: { "cluster-node-timeout": 1000 } });
    const [first, second] = cluster.primaries as [typeof cluster.node, typeof cluster.node];
    const [replica] = cluster.replicasOf(first) as [typeof cluster.node];
    cluster.pause(first);
    await until("another primary shows the promotion", async () => {
      return (await cluster.ownerOf(0, second)) === replica;
    });
    cluster.resume(first);
    await until("the old primary gives in", async () => (await cluster.ownerOf(0, first)) === replica);
    await cluster.takeOver(first, [first, second]);
    expect(await cluster.ownerOf(0, second)).toBe(first);
  });
});
