import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { connect } from "../../../src/index.ts";
import { type Cluster, ManualClock, startCluster } from "../../../src/server/index.ts";
import { keySlot } from "../../../src/slots/index.ts";
import { RespClient } from "../resp-client.ts";

const open: Cluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

async function start(replicas: number): Promise<Cluster> {
  const cluster = await startCluster({ replicas, clock: new ManualClock() });
  open.push(cluster);
  return cluster;
}

const KEYS = Array.from({ length: 60 }, (_, index) => `key:${index}`);

async function fill(cluster: Cluster): Promise<void> {
  for (const node of cluster.primaries) {
    const client = await RespClient.connect(node.port);
    const own = KEYS.filter((key) => cluster.ownerOf(keySlot(key)) === node);
    expect(await client.pipeline(own.map((key) => ["SET", key, key]))).toEqual(own.map(() => "+OK"));
    client.close();
  }
}

/** Keys that the owner of their slot holds. */
async function held(cluster: Cluster): Promise<number> {
  const owners = KEYS.map((key) => cluster.ownerOf(keySlot(key))?.node.databases[0]?.has(key));
  return owners.filter(Boolean).length;
}

test("the slots of a primary that is taken out go to the others in runs, with their keys", async () => {
  const cluster = await start(0);
  await fill(cluster);
  await cluster.removeNode(cluster.nodes[1]!);
  expect(await held(cluster)).toBe(KEYS.length);
  for (const { member } of cluster.nodes) {
    expect(member.view.ok).toBe(true);
    expect(member.view.ranges.length).toBeLessThanOrEqual(4);
  }
});

test("a killed primary that is taken out leaves its slots to its replica, or without one to the others", async () => {
  const cluster = await start(1);
  await fill(cluster);
  const [first, second] = cluster.primaries;
  const [heir] = cluster.replicasOf(first!);
  const lost = KEYS.filter((key) => cluster.ownerOf(keySlot(key)) === second).length;
  await first!.kill();
  await cluster.removeNode(first!);
  expect(heir!.role).toBe("primary");
  expect(await held(cluster)).toBe(KEYS.length);
  await cluster.removeNode(cluster.replicasOf(second!)[0]!);
  await second!.kill();
  await cluster.removeNode(second!);
  expect(cluster.nodes.map(({ member }) => member.view.ok)).toEqual([true, true, true]);
  expect(await held(cluster)).toBe(KEYS.length - lost);
});

test("a paused primary hands its keys over when it is taken out, and a paused one gets none", async () => {
  const cluster = await start(0);
  await fill(cluster);
  const [first, second, third] = cluster.nodes;
  first!.pause();
  await cluster.removeNode(first!);
  expect(await held(cluster)).toBe(KEYS.length);
  const fourth = await cluster.addNode();
  second!.pause();
  await cluster.removeNode(third!);
  expect(fourth.node.databases[0]?.size).toBeGreaterThan(0);
});

test("a node that is restarted twice at once starts once, and a closed one never", async () => {
  const cluster = await start(0);
  const [first, second] = cluster.nodes;
  await Promise.all([first!.restart(), first!.restart()]);
  const client = await RespClient.connect(first!.port);
  expect(await client.call("PING")).toBe("+PONG");
  client.close();
  await cluster.removeNode(second!);
  await expect(second!.restart()).rejects.toMatchObject({ code: "BAD_NODE" });
  await cluster.close();
  await expect(first!.restart()).rejects.toMatchObject({ code: "BAD_NODE" });
});

test("a replica of a paused primary is refused, and starts no node", async () => {
  const cluster = await start(0);
  const [first] = cluster.nodes;
  first!.pause();
  await expect(cluster.addNode({ replicaOf: first! })).rejects.toMatchObject({ code: "BAD_NODE" });
  expect(cluster.nodes).toHaveLength(3);
});

test("a slot that is moved to its owner has nothing to move, held or not", async () => {
  const cluster = await start(0);
  await fill(cluster);
  const slot = keySlot(KEYS[0]!);
  const owner = cluster.ownerOf(slot)!;
  const move = await cluster.migrateSlot(slot, owner, { hold: true });
  expect([await move.step(), move.moved]).toEqual([false, 0]);
  await move.finish();
  expect(cluster.ownerOf(slot)).toBe(owner);
});

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);

test.runIf(hasIpv6)(
  "on IPv6 the hosts of a cluster's url stand in brackets, and a client takes it",
  async () => {
    const cluster = await startCluster({ primaries: 2, host: "::1" });
    open.push(cluster);
    await using client = await connect(cluster.url);
    await client.mset([["a", "1"]]);
    expect(String(await client.mget(["a"]))).toBe("1");
  },
);

test("the url of a cluster with TLS says so", async () => {
  const cluster = await startCluster({ primaries: 1, tls: {} });
  open.push(cluster);
  expect(cluster.url).toBe(`rediss-cluster://${cluster.nodes[0]!.address}`);
});
