import { spawn } from "node:child_process";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type * as EmbeddedServer from "../../../src/server/index.ts";
import type { WorkerCluster, WorkerNode } from "../../../src/server/index.ts";
import { BuiltServer } from "../../rig/built-server.ts";
import { until } from "../../rig/until.ts";
import { RespClient } from "../resp-client.ts";

const ENDING = "test/server/worker/ending.ts";
const TIMEOUT_MS = 5000;
/** Slot 12182, of the third primary. */
const KEY = "foo";

// A worker is a file of its own, which Node 20 cannot run as TypeScript: the sources are compiled for these tests.
let built: BuiltServer;
let server: typeof EmbeddedServer;
beforeAll(async () => {
  built = new BuiltServer(ENDING);
  server = await built.load("src/server/index.ts");
}, 120_000);
afterAll(() => built[Symbol.dispose]());

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

async function startCluster(): Promise<{
  readonly cluster: WorkerCluster;
  readonly clock: EmbeddedServer.ManualClock;
  readonly six: readonly [WorkerNode, WorkerNode, WorkerNode, WorkerNode, WorkerNode, WorkerNode];
}> {
  const clock = new server.ManualClock(1_700_000_000_000);
  const cluster = await server.startCluster({ replicas: 1, nodeTimeoutMs: TIMEOUT_MS, clock, workers: 1 });
  open.push(cluster);
  return { cluster, clock, six: [...cluster.nodes] as never };
}

async function client({ port }: { readonly port: number }): Promise<RespClient> {
  const connection = await RespClient.connect(port);
  open.push(connection);
  return connection;
}

describe("a server in a worker thread", () => {
  test("answers while the thread that started it is blocked", async () => {
    await using running = await server.startServer({ worker: true });
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const script = `
      const { workerData } = require("node:worker_threads");
      require("node:net").connect(workerData.port, "127.0.0.1")
        .once("data", function () { Atomics.store(workerData.answered, 0, 1); Atomics.notify(workerData.answered, 0); this.end(); })
        .write("PING\\r\\n");
    `;
    const asking = new Worker(script, { eval: true, workerData: { port: running.port, answered } });
    expect(Atomics.wait(answered, 0, 0, 30_000)).not.toBe("timed-out");
    await once(asking, "exit");
  });

  test("has faults, a journal and snapshots", async () => {
    await using running = await server.startServer({ worker: true });
    await using copy = await server.startServer();
    const { faults, journal } = running.node;
    const asking = await client(running);
    await journal.start();
    const fault = await faults.error("LOADING soon", { command: "GET" });
    await expect(faults.drop({ where: () => true } as never)).rejects.toMatchObject({ option: "where" });
    await expect(faults.split({ every: 0 })).rejects.toThrow(RangeError);
    expect(await asking.call("SET", "a", "1")).toBe("+OK");
    expect(await asking.call("GET", "a")).toBe("-LOADING soon");
    expect(await asking.call("GET", "a")).toBe("$1");
    expect(await fault.hits).toBe(1);
    await fault.remove();
    expect(await journal.executions("get")).toBe(1);
    expect((await journal.entries()).map(({ args, outcome }) => [args.join(" "), outcome])).toEqual([
      ["SET a 1", "ok"],
      ["GET a", "LOADING soon"],
      ["GET a", "ok"],
    ]);
    copy.node.restore(await running.node.snapshot());
    expect(await (await client(copy)).call("GET", "a")).toBe("$1");
    await asking.call("SET", "a", "2");
    await running.node.restore(copy.node.snapshot());
    expect(await asking.call("GET", "a")).toBe("$1");
    await expect(running.node.restore(Buffer.from("REDIS"))).rejects.toMatchObject({ name: "RdbError" });
  });

  test("ends by SHUTDOWN, freezes and is killed", async () => {
    const first = await server.startServer({ worker: true });
    (await client(first)).send("SHUTDOWN NOSAVE\r\n");
    await first.closed;
    await expect(first.pause()).rejects.toMatchObject({ code: "SERVER_CLOSED" });
    const second = await server.startServer({ worker: true });
    const asking = await client(second);
    expect(await asking.call("PING")).toBe("+PONG");
    await second.pause();
    const late = asking.call("PING");
    await second.resume();
    expect(await late).toBe("+PONG");
    await second.kill();
    await asking.end();
    await second.closed;
  });

  test("rejects its start as one of this thread does", async () => {
    await using taken = await server.startServer();
    const { port } = taken;
    await expect(server.startServer({ worker: true, port })).rejects.toMatchObject({
      code: "EADDRINUSE",
      port,
    });
    await expect(server.startServer({ worker: true, config: { maxmemory: "much" } })).rejects.toMatchObject({
      name: "ConfigRefusal",
    });
  });
});

describe("a ManualClock", () => {
  test("drives servers of several threads: time to live, skips and timers at their time", async () => {
    const clock = new server.ManualClock(1_700_000_000_000);
    const config = { "enable-debug-command": "yes" };
    await using far = await server.startServer({ worker: true, clock, config });
    await using here = await server.startServer({ clock });
    const [one, other] = [await client(far), await client(here)];
    for (const asking of [one, other]) await asking.call("SET", "a", "1", "PX", "60000");
    const seen: string[] = [];
    clock.after(30_000, () => seen.push(`${clock.nowMs()}`));
    await clock.advance(59_999);
    expect(seen).toEqual(["1700000030000"]);
    for (const asking of [one, other]) expect(await asking.call("PTTL", "a")).toBe(":1");
    clock.skip(2);
    for (const asking of [one, other]) expect(await asking.call("EXISTS", "a")).toBe(":0");
    for (const asking of [one, other])
      expect(await asking.call("TIME")).toEqual(["*", "$1700000060", "$1000"]);
    // A skip of the worker is one of this thread.
    expect(await one.call("DEBUG", "SLEEP", "2")).toBe("+OK");
    expect(clock.nowMs()).toBe(1_700_000_062_001);
    await far.close();
    await clock.advance(1000);
    expect(await other.call("TIME")).toEqual(["*", "$1700000063", "$1000"]);
  });
});

describe("a cluster in a worker thread", () => {
  test("promotes a replica when the clock has passed the node timeout, without a real wait", async () => {
    const { cluster, clock, six } = await startCluster();
    const [first, , third, , , replica] = six;
    expect(cluster.ownerOf(12182)).toBe(third);
    expect(cluster.replicasOf(third)).toEqual([replica]);
    const writer = await client(third);
    await writer.call("SET", KEY, "1");
    expect(await writer.call("WAIT", "1", "0")).toBe(":1");
    await third.kill();
    expect(third.running).toBe(false);
    const started = performance.now();
    await clock.advance(TIMEOUT_MS * 20);
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS * 20);
    expect(replica.role).toBe("primary");
    expect(cluster.ownerOf(12182)).toBe(replica);
    expect(cluster.primaries).toEqual([first, six[1], replica]);
    expect(await (await client(replica)).call("GET", KEY)).toBe("$1");
    await third.restart();
    await clock.advance(1000);
    expect([third.running, third.role, third.primaryId]).toEqual([true, "replica", replica.id]);
  });

  test("is partitioned and healed, and each side has its own opinion", async () => {
    const { cluster, clock, six } = await startCluster();
    const [first, second, third, fourth, fifth, sixth] = six;
    const alone = await client(third);
    await cluster.partition(third, [first, second, fourth, fifth, sixth]);
    await clock.advance(TIMEOUT_MS + 2000);
    expect(await alone.call("GET", KEY)).toBe("-CLUSTERDOWN The cluster is down");
    expect(await cluster.ownerOf(12182, third)).toBe(third);
    expect(await cluster.ownerOf(12182, first)).toBe(sixth);
    await cluster.heal();
    await clock.advance(1000);
    expect(third.primaryId).toBe(sixth.id);
  });

  test("moves slots, grows, shrinks and fails over on command", async () => {
    const { cluster, six } = await startCluster();
    const [first, second, third, , , sixth] = six;
    const writer = await client(third);
    for (let index = 0; index < 5; index += 1) await writer.call("SET", `{foo}${index}`, "1");
    const move = await cluster.migrateSlot(12182, first, { keysPerStep: 2, hold: true });
    expect([move.slot, move.from, move.to]).toEqual([12182, third, first]);
    expect(await move.step()).toBe(true);
    expect(move.moved).toBe(2);
    expect(await writer.call("GET", KEY)).toMatch(/^-ASK 12182/);
    await move.finish();
    expect(move.moved).toBe(5);
    expect(cluster.ownerOf(12182)).toBe(first);

    const added = await cluster.addNode({ replicaOf: first });
    expect(cluster.replicasOf(first)).toContain(added);
    await cluster.removeNode(second);
    expect(cluster.nodes).not.toContain(second);
    expect(second.running).toBe(false);
    await cluster.failover(sixth);
    expect([sixth.role, third.role]).toEqual(["primary", "replica"]);
    await expect(cluster.failover(sixth)).rejects.toThrow(/CLUSTER FAILOVER: ERR/);
  });

  test("tells of what its clients change", async () => {
    const { cluster, six } = await startCluster();
    const [, , third, , , sixth] = six;
    await (await client(sixth)).call("CLUSTER", "FAILOVER", "TAKEOVER");
    await until("the news of a takeover", async () => cluster.ownerOf(12182) === sixth);
    expect([sixth.role, third.primaryId]).toEqual(["primary", sixth.id]);
  });

  test("has faults, a journal and snapshots at each node", async () => {
    const { six } = await startCluster();
    const third = six[2];
    const asking = await client(third);
    await third.journal.start();
    await third.faults.closeAfter({ commands: 1, reply: "lost" }, { command: "append" });
    await expect(asking.call("APPEND", KEY, "x")).rejects.toThrow("closed");
    expect(await third.journal.executions("append", KEY)).toBe(1);
    const kept = await third.node.snapshot();
    const again = await client(third);
    await again.call("SET", KEY, "changed");
    await third.node.restore(kept);
    expect(await again.call("GET", KEY)).toBe("$x");
    expect(await again.call("WAIT", "1", "0")).toBe(":1");
    const reader = await client(six[5]);
    await reader.call("READONLY");
    expect(await reader.call("GET", KEY)).toBe("$x");
  });
});

const SCENARIOS = [
  ["server", "a server with a Unix socket and a client"],
  ["idle", "a six-node cluster"],
  ["clients", "a cluster with clients in MULTI and subscribed"],
  ["failover", "a cluster in the middle of an election"],
  ["disturbed", "a cluster with nodes killed, frozen and cut off, and a slot half-way"],
] as const;

describe.each(["here", "worker"])(
  "closed (%s), without a handle left, so that its process ends by itself,",
  (where) => {
    test.each(SCENARIOS)("is %s: %s", async (scenario) => {
      const child = spawn(process.execPath, [built.path(ENDING), scenario, where], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      const [code] = await once(child, "close");
      expect({ code, output: output.trim() }).toEqual({ code: 0, output: expect.stringContaining("after") });
      const { before, after } = JSON.parse(output) as { before: string[]; after: string[] };
      expect(after.sort()).toEqual(before.sort());
    });
  },
);
