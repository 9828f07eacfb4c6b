import { afterEach, expect, test } from "vitest";
import type { ClusterNode } from "../../../src/server/cluster/cluster-node.ts";
import { ManualClock } from "../../../src/server/manual-clock.ts";
import { type Cluster, startCluster } from "../../../src/server/start-cluster.ts";
import { startServer } from "../../../src/server/start-server.ts";
import { until } from "../../rig/index.ts";
import { RespClient } from "../resp-client.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

async function start(replicas = 0): Promise<Cluster> {
  const cluster = await startCluster({ replicas });
  open.push(cluster);
  return cluster;
}

async function client(node: ClusterNode): Promise<RespClient> {
  const connection = await RespClient.connect(node.port);
  open.push(connection);
  return connection;
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;
}

test("six nodes leave no handle behind", async () => {
  const before = sockets();
  const cluster = await startCluster({ replicas: 1 });
  expect(cluster.nodes).toHaveLength(6);
  expect(sockets()).toBeGreaterThan(before);
  await cluster.migrateSlot(12182, cluster.nodes[0] as ClusterNode);
  await cluster.close();
  await until("all sockets are closed", () => sockets() === before);
});

test("a node joins without slots, gets one with its keys, and leaves them to the others when it goes", async () => {
  const cluster = await start();
  const third = await client(cluster.nodes[2] as ClusterNode);
  for (let index = 0; index < 25; index += 1) await third.call("SET", `{foo}${index}`, "v");
  const added = await cluster.addNode();
  const replica = await cluster.addNode({ replicaOf: added });
  for (const node of cluster.nodes) expect(node.member.view.peers.size).toBe(5);
  await cluster.migrateSlot(12182, added, { keysPerStep: 4 });
  expect(cluster.ownerOf(12182)).toBe(added);
  await until("the replica has the keys", () => replica.node.databases[0]?.size === 25);
  const reader = await client(replica);
  await reader.call("READONLY");
  expect(await reader.call("GET", "{foo}1")).toBe("$v");
  await cluster.removeNode(added);
  const owner = cluster.ownerOf(12182) as ClusterNode;
  expect(owner).not.toBe(added);
  expect(await (await client(owner)).call("CLUSTER", "COUNTKEYSINSLOT", 12182)).toBe(":25");
  for (const node of cluster.nodes) expect(node.member.view.peers.size).toBe(4);
  expect(replica.role).toBe("replica");
});

test("a held migration can be taken step by step, and be given up", async () => {
  const cluster = await start();
  const [first, , third] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
  const [source, target] = [await client(third), await client(first)];
  for (let index = 0; index < 10; index += 1) await source.call("SET", `{foo}${index}`, "v");
  const move = await cluster.migrateSlot(12182, first, { keysPerStep: 3, hold: true });
  expect(move.moved).toBe(0);
  expect(await move.step()).toBe(true);
  expect(await source.call("CLUSTER", "COUNTKEYSINSLOT", 12182)).toBe(":7");
  expect(await source.call("GET", "{foo}none")).toBe(`-ASK 12182 ${first.address}`);
  await move.abandon();
  expect(await source.call("GET", "{foo}none")).toBe("$-1");
  expect(await target.call("CLUSTER", "COUNTKEYSINSLOT", 12182)).toBe(":3");
  expect(cluster.ownerOf(12182)).toBe(third);
});

test("servers that were started one by one meet, and a paused one is missed by the others", async () => {
  const config = { "cluster-enabled": true, "cluster-node-timeout": 300 };
  const servers = await Promise.all([1, 2, 3].map(() => startServer({ config })));
  open.push(...servers);
  const clients = await Promise.all(servers.map(({ port }) => RespClient.connect(port)));
  open.push(...clients);
  const [first, , third] = clients as [RespClient, RespClient, RespClient];
  for (const { host, port } of servers.slice(1)) await first.call("CLUSTER", "MEET", host, port);
  for (const [index, client] of clients.entries()) {
    await client.call("CLUSTER", "ADDSLOTSRANGE", index * 6000, Math.min(index * 6000 + 5999, 16_383));
  }
  const state = async (client: RespClient) =>
    /cluster_state:(\w+)/.exec(String(await client.call("CLUSTER", "INFO")))?.[1];
  await until(
    "the cluster serves",
    async () => (await state(first)) === "ok" && (await state(third)) === "ok",
  );
  servers[2]?.pause();
  await until("the paused node is missed", async () => (await state(first)) === "fail");
  servers[2]?.resume();
  await until("it is back", async () => (await state(first)) === "ok");
});

test("DEBUG CLUSTERLINK KILL loses messages until the next round", async () => {
  const clock = new ManualClock();
  const cluster = await startCluster({ replicas: 1, clock, config: { "enable-debug-command": true } });
  open.push(cluster);
  const replica = cluster.nodes[5] as ClusterNode;
  const sender = await client(cluster.nodes[2] as ClusterNode);
  const [receiver, subscriber] = [await client(replica), await client(replica)];
  await subscriber.call("SSUBSCRIBE", "foo");
  const links = async (node: RespClient) => ((await node.call("CLUSTER", "LINKS")) as string[]).length - 1;
  expect(await links(sender)).toBe(10);
  expect(await sender.call("DEBUG", "CLUSTERLINK", "KILL", "TO", replica.id)).toBe("+OK");
  expect([await links(sender), await links(receiver)]).toEqual([9, 9]);
  expect(await sender.call("SPUBLISH", "foo", "lost")).toBe(":0");
  await clock.advance(100);
  expect([await links(sender), await links(receiver)]).toEqual([10, 10]);
  await sender.call("SPUBLISH", "foo", "kept");
  expect(await subscriber.reply()).toEqual(["*", "$smessage", "$foo", "$kept"]);
});

test("messages of PUBLISH reach subscribers on every node, those of SPUBLISH the shard's", async () => {
  const cluster = await start(1);
  const [first, , third, , , sixth] = cluster.nodes as ClusterNode[];
  const subscriber = await client(first as ClusterNode);
  await subscriber.call("SUBSCRIBE", "news");
  const replica = await client(sixth as ClusterNode);
  await replica.call("SSUBSCRIBE", "foo");
  const publisher = await client(third as ClusterNode);
  expect(await publisher.call("PUBLISH", "news", "1")).toBe(":0");
  expect(await subscriber.reply()).toEqual(["*", "$message", "$news", "$1"]);
  await publisher.call("SPUBLISH", "foo", "2");
  expect(await replica.reply()).toEqual(["*", "$smessage", "$foo", "$2"]);
});
