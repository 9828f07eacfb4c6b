import { afterEach, expect, test } from "vitest";
import type { ClusterNode } from "../../../src/server/cluster/cluster-node.ts";
import type { ClusterOptions } from "../../../src/server/cluster/cluster-options.ts";
import { ManualClock } from "../../../src/server/manual-clock.ts";
import { type Cluster, startCluster } from "../../../src/server/start-cluster.ts";
import { RespClient } from "../resp-client.ts";

const TIMEOUT_MS = 5000;
/** Past the node timeout, the delay of an election and its random part. */
const PROMOTED_MS = TIMEOUT_MS + 2000;
/** Slot 12182, of the third primary. */
const KEY = "foo";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

async function start(options: ClusterOptions = {}): Promise<{ cluster: Cluster; clock: ManualClock }> {
  const clock = new ManualClock(1_700_000_000_000);
  const cluster = await startCluster({ replicas: 1, nodeTimeoutMs: TIMEOUT_MS, clock, ...options });
  open.push(cluster);
  await clock.advance(100);
  return { cluster, clock };
}

async function client(node: ClusterNode): Promise<RespClient> {
  const connection = await RespClient.connect(node.port);
  open.push(connection);
  return connection;
}

type Six = [ClusterNode, ClusterNode, ClusterNode, ClusterNode, ClusterNode, ClusterNode];

function nodes(cluster: Cluster): Six {
  return [...cluster.nodes] as Six;
}

test("a dead primary's replica takes over when the clock has passed the node timeout, without a real wait", async () => {
  const { cluster, clock } = await start();
  const [first, , third, , , replica] = nodes(cluster);
  const writer = await client(third);
  expect(await writer.call("SET", KEY, "1")).toBe("+OK");
  expect(await writer.call("WAIT", "1", "0")).toBe(":1");
  await third.kill();
  const started = performance.now();
  const other = await client(first);
  await clock.advance(TIMEOUT_MS - 500);
  expect(await other.call("GET", KEY)).toMatch(/^-MOVED 12182/);
  await clock.advance(800);
  expect(await other.call("GET", "{bar}")).toBe("-CLUSTERDOWN The cluster is down");
  await clock.advance(2000);
  expect(performance.now() - started).toBeLessThan(TIMEOUT_MS);
  expect(cluster.ownerOf(12182)).toBe(replica);
  expect(await other.call("GET", KEY)).toBe(`-MOVED 12182 ${replica.address}`);
  expect(await other.call("GET", "{bar}")).toBe("$-1");
  expect(await (await client(replica)).call("GET", KEY)).toBe("$1");

  await third.restart();
  await clock.advance(1000);
  expect(third.role).toBe("replica");
  expect(third.primaryId).toBe(replica.id);
  const reader = await client(third);
  await reader.call("READONLY");
  expect(await reader.call("GET", KEY)).toBe("$1");
});

test("a primary that is restarted in time keeps its slots and has lost its keys", async () => {
  const { cluster, clock } = await start();
  const third = nodes(cluster)[2];
  await (await client(third)).call("SET", KEY, "1");
  await third.kill();
  await clock.advance(1000);
  await third.restart();
  await clock.advance(1000);
  expect(third.role).toBe("primary");
  const reader = await client(third);
  expect(await reader.call("DBSIZE")).toBe(":0");
  expect(await reader.call("SET", KEY, "2")).toBe("+OK");
  expect(await reader.call("WAIT", "1", "0")).toBe(":1");
});

test("a frozen primary is replaced, answers what waited when it is let go, and then follows", async () => {
  const { cluster, clock } = await start();
  const [, , third, , , replica] = nodes(cluster);
  const waiting = await client(third);
  third.pause();
  const reply = waiting.call("PING");
  const late = await client(third);
  const lateReply = late.call("PING");
  await clock.advance(PROMOTED_MS);
  expect(cluster.ownerOf(12182)).toBe(replica);
  third.resume();
  expect(await reply).toBe("+PONG");
  expect(await lateReply).toBe("+PONG");
  await clock.advance(1000);
  expect(third.primaryId).toBe(replica.id);
});

test("a primary cut off with a minority stops serving, and its writes are lost when the cut is healed", async () => {
  const { cluster, clock } = await start();
  const [first, second, third, fourth, fifth, sixth] = nodes(cluster);
  const alone = await client(third);
  cluster.partition(third as ClusterNode, [first, second, fourth, fifth, sixth]);
  expect(await alone.call("SET", KEY, "lost")).toBe("+OK");
  await clock.advance(PROMOTED_MS);
  expect(await alone.call("GET", KEY)).toBe("-CLUSTERDOWN The cluster is down");
  expect(cluster.ownerOf(12182, third)).toBe(third);
  expect(cluster.ownerOf(12182, first)).toBe(sixth);
  expect(await (await client(sixth)).call("SET", KEY, "kept")).toBe("+OK");
  cluster.heal();
  await clock.advance(1000);
  expect(third.primaryId).toBe(sixth.id);
  await alone.call("READONLY");
  expect(await alone.call("GET", KEY)).toBe("$kept");
});

test("without a majority nobody is promoted", async () => {
  const { cluster, clock } = await start();
  const [first, second, third] = nodes(cluster);
  await second.kill();
  await third.kill();
  await clock.advance(PROMOTED_MS * 3);
  expect(cluster.primaries).toEqual([first]);
  const left = await client(first);
  expect(await left.call("GET", "bar")).toBe("-CLUSTERDOWN The cluster is down");
  await left.call("CONFIG", "SET", "cluster-allow-reads-when-down", "yes");
  expect(await left.call("GET", "bar")).toBe("$-1");
  expect(await left.call("SET", "bar", "1")).toBe(
    "-CLUSTERDOWN The cluster is down and only accepts read commands",
  );
});

test("cluster-replica-no-failover and cluster-require-full-coverage are heeded", async () => {
  const { cluster, clock } = await start({
    config: { "cluster-replica-no-failover": true, "cluster-require-full-coverage": false },
  });
  const [first, , third] = nodes(cluster);
  await third.kill();
  await clock.advance(PROMOTED_MS * 2);
  expect(cluster.primaries).toHaveLength(2);
  const left = await client(first);
  expect(await left.call("SET", "bar", "1")).toBe("+OK");
  expect(await left.call("CLUSTER", "NODES")).toMatch(/slave,nofailover/);
});

test("a replica whose data are too old does not stand for election", async () => {
  const { cluster, clock } = await start({
    config: { "cluster-replica-validity-factor": 1, "repl-ping-replica-period": 1, "repl-timeout": 1 },
  });
  const [first, second, third, , , sixth] = nodes(cluster);
  cluster.partition(third as ClusterNode, sixth);
  await clock.advance(30_000);
  await third.kill();
  await clock.advance(PROMOTED_MS * 2);
  expect(sixth.role).toBe("replica");
  expect(cluster.primaries).toEqual([first, second]);
});

for (const how of [[], ["FORCE"], ["TAKEOVER"]]) {
  test(`CLUSTER FAILOVER ${how.join(" ")} swaps the roles and loses nothing`, async () => {
    const { cluster, clock } = await start();
    const [, , third, , , sixth] = nodes(cluster);
    const writer = await client(third);
    for (let index = 0; index < 20; index += 1) await writer.call("SET", `{foo}${index}`, String(index));
    await writer.call("WAIT", "1", "0");
    expect(await (await client(sixth)).call("CLUSTER", "FAILOVER", ...how)).toBe("+OK");
    await clock.advance(500);
    expect(sixth.role).toBe("primary");
    expect(third.primaryId).toBe(sixth.id);
    expect(await writer.call("GET", KEY)).toBe(`-MOVED 12182 ${sixth.address}`);
    const owner = await client(sixth);
    expect(await owner.call("DBSIZE")).toBe(":20");
    expect(await owner.call("SET", KEY, "1")).toBe("+OK");
    expect(await owner.call("WAIT", "1", "0")).toBe(":1");
    await writer.call("READONLY");
    expect(await writer.call("GET", KEY)).toBe("$1");
  });
}
