import { setTimeout as sleep } from "node:timers/promises";
import { SlotpackError } from "../errors.ts";
import type { ServerProcess } from "./server-process.ts";

const SLOT_COUNT = 16_384;
const FORMATION_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

export interface ClusterShape {
  readonly primaries: readonly ServerProcess[];
  /** The replicas of the primary at the same index. */
  readonly replicas: readonly (readonly ServerProcess[])[];
}

/**
 * Makes a cluster of empty nodes and waits until every node agrees on all slots and replicas.
 * It takes a little over 2 s whatever the size: a primary refuses to leave the state `fail` earlier
 * (CLUSTER_WRITABLE_DELAY in the server's cluster.c), and everything else happens meanwhile.
 */
export async function formCluster(shape: ClusterShape): Promise<void> {
  const { primaries, replicas } = shape;
  const all = [...primaries, ...replicas.flat()];
  await Promise.all(primaries.map((node, index) => assignSlots(node, index, primaries.length)));
  // Every pair meets, because gossip alone spreads slower than the 2 s that have to pass anyway.
  await meet(all, all);
  const deadline = performance.now() + FORMATION_TIMEOUT_MS;
  await Promise.all(
    primaries.map(async (primary, index) => {
      const id = String(await primary.command("CLUSTER", "MYID"));
      await Promise.all((replicas[index] ?? []).map((replica) => replicate(replica, id, deadline)));
    }),
  );
  // A node that is met again tells its role and its offset at once instead of at its next ping.
  await meet(replicas.flat(), all);
  await Promise.all(all.map((node) => until(deadline, node, () => sees(node, shape, all.length))));
}

async function assignSlots(node: ServerProcess, index: number, count: number): Promise<void> {
  const first = Math.floor((index * SLOT_COUNT) / count);
  const end = Math.floor(((index + 1) * SLOT_COUNT) / count);
  // ADDSLOTSRANGE needs server 7; ADDSLOTS with every number works on older ones, too.
  const slots = Array.from({ length: end - first }, (_, offset) => first + offset);
  await node.command("CLUSTER", "ADDSLOTS", ...slots);
  await node.command("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
}

async function meet(nodes: readonly ServerProcess[], peers: readonly ServerProcess[]): Promise<void> {
  await Promise.all(
    nodes.flatMap((node) =>
      peers
        .filter((peer) => peer !== node)
        .map((peer) => node.command("CLUSTER", "MEET", peer.host, peer.port)),
    ),
  );
}

/** Waits for the first replicated byte, too: CLUSTER SLOTS leaves out a replica whose offset is 0. */
async function replicate(replica: ServerProcess, primaryId: string, deadline: number): Promise<void> {
  await until(deadline, replica, async () => {
    // Refused until the replica has heard of the primary.
    await replica.command("CLUSTER", "REPLICATE", primaryId);
    return true;
  });
  await until(deadline, replica, async () => {
    const info = String(await replica.command("INFO", "replication"));
    return info.includes("master_link_status:up") && /slave_repl_offset:[1-9]/.test(info);
  });
}

async function sees(node: ServerProcess, shape: ClusterShape, total: number): Promise<boolean> {
  const info = String(await node.command("CLUSTER", "INFO"));
  if (!info.includes("cluster_state:ok") || !info.includes(`cluster_known_nodes:${total}\r\n`)) return false;
  const ranges = (await node.command("CLUSTER", "SLOTS")) as [number, number, ...unknown[]][];
  if (ranges.length !== shape.primaries.length) return false;
  for (const [first, last, ...nodes] of ranges) {
    const owner = shape.primaries.findIndex(
      (_, index) => first === rangeStart(index, shape.primaries.length),
    );
    if (owner < 0 || last + 1 !== rangeStart(owner + 1, shape.primaries.length)) return false;
    if (nodes.length !== 1 + (shape.replicas[owner]?.length ?? 0)) return false;
  }
  return true;
}

function rangeStart(index: number, count: number): number {
  return Math.floor((index * SLOT_COUNT) / count);
}

async function until(deadline: number, node: ServerProcess, check: () => Promise<boolean>): Promise<void> {
  let cause: unknown;
  for (;;) {
    try {
      if (await check()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new SlotpackError(
        "CLUSTER_FORMATION",
        `The cluster did not form within ${FORMATION_TIMEOUT_MS} ms.`,
        {
          node: node.address,
          cause,
        },
      );
    }
    await sleep(POLL_MS);
  }
}
