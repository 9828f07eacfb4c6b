import { afterEach, expect, test } from "vitest";
import type { ClusterNode } from "../../../src/server/cluster/cluster-node.ts";
import { ManualClock } from "../../../src/server/manual-clock.ts";
import { type Cluster, startCluster } from "../../../src/server/start-cluster.ts";
import { RespClient } from "../resp-client.ts";

const TIMEOUT_MS = 5000;
/** Slot 12182, of the third primary. */
const KEY = "foo";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

/** Three primaries with two replicas each, of which the third has lost both, and has been an orphan for long enough. */
async function orphan(
  config: Readonly<Record<string, string | number>> = {},
): Promise<{ cluster: Cluster; third: ClusterNode; others: readonly ClusterNode[]; clock: ManualClock }> {
  const clock = new ManualClock(1_700_000_000_000);
  const cluster = await startCluster({ replicas: 2, nodeTimeoutMs: TIMEOUT_MS, clock, config });
  open.push(cluster);
  const [first, second, third] = cluster.primaries as [ClusterNode, ClusterNode, ClusterNode];
  const others = [...cluster.replicasOf(first), ...cluster.replicasOf(second)];
  const writer = await RespClient.connect(third.port);
  open.push(writer);
  expect(await writer.call("SET", KEY, "1")).toBe("+OK");
  for (const replica of cluster.replicasOf(third)) await replica.kill();
  await clock.advance(TIMEOUT_MS * 4);
  return { cluster, third, others, clock };
}

test("a primary that has lost all its replicas gets the one with the smallest id of those that have most", async () => {
  const { cluster, third, others, clock } = await orphan();
  const smallest = others.toSorted((one, other) => (one.id < other.id ? -1 : 1))[0] as ClusterNode;
  expect(cluster.replicasOf(third)).toEqual([smallest]);
  const reader = await RespClient.connect(smallest.port);
  open.push(reader);
  await reader.call("READONLY");
  expect(await reader.call("GET", KEY)).toBe("$1");
  // It is as good as one of its own: it takes over.
  await third.kill();
  await clock.advance(TIMEOUT_MS * 4);
  expect(cluster.ownerOf(12182)).toBe(smallest);
});

test("cluster-migration-barrier leaves a primary its replicas", async () => {
  const { cluster, third, others } = await orphan({ "cluster-migration-barrier": 2 });
  expect(cluster.replicasOf(third)).toEqual([]);
  expect(others.map(({ role }) => role)).toEqual(["replica", "replica", "replica", "replica"]);
});

test("cluster-allow-replica-migration no leaves replicas where they are", async () => {
  const { cluster, third } = await orphan({ "cluster-allow-replica-migration": "no" });
  expect(cluster.replicasOf(third)).toEqual([]);
});

test("a snapshot of a node brings its keys back after a restart, and its replica follows", async () => {
  const clock = new ManualClock(1_700_000_000_000);
  const cluster = await startCluster({ replicas: 1, nodeTimeoutMs: TIMEOUT_MS, clock });
  open.push(cluster);
  const third = cluster.ownerOf(12182) as ClusterNode;
  const [replica] = cluster.replicasOf(third) as [ClusterNode];
  const writer = await RespClient.connect(third.port);
  open.push(writer);
  await writer.call("SET", KEY, "1", "PX", 60_000);
  await writer.call("SET", "{foo}2", "2");
  const kept = third.node.snapshot();
  const { id } = third;
  await third.restart();
  await clock.advance(1000);
  const again = await RespClient.connect(third.port);
  open.push(again);
  expect(await again.call("DBSIZE")).toBe(":0");
  third.node.restore(kept);
  expect(third.id).toBe(id);
  expect(await again.call("GET", KEY)).toBe("$1");
  expect(await again.call("PTTL", KEY)).toBe(":59000");
  expect(await again.call("CLUSTER", "COUNTKEYSINSLOT", 12182)).toBe(":2");
  await clock.advance(1000);
  const reader = await RespClient.connect(replica.port);
  open.push(reader);
  await reader.call("READONLY");
  expect(await reader.call("GET", "{foo}2")).toBe("$2");
  expect(cluster.ownerOf(12182)).toBe(third);
});
