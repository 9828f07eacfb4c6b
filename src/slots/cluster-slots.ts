import type { PrimaryNode, ReplicaNode, SlotShard } from "./slot-node.ts";
import { readArray, readHost, readPort, readRange, readText } from "./topology-reply.ts";

/** Reads CLUSTER SLOTS: `[first, last, [host, port, id?, metadata?], replica…]` per range, the primary first. */
export function parseClusterSlots(reply: unknown, answeringHost: string): SlotShard[] {
  return readArray(reply, "CLUSTER SLOTS").map((entry, index) => {
    const where = `CLUSTER SLOTS, range ${index}`;
    const [first, last, primary, ...replicas] = readArray(entry, where);
    const range = readRange(first, last, where);
    const copies = replicas.map(
      (node): ReplicaNode => ({ ...readNode(node, answeringHost, where), role: "replica" }),
    );
    const owner: PrimaryNode = {
      ...readNode(primary, answeringHost, where),
      role: "primary",
      replicas: copies,
    };
    return { primary: owner, ranges: [range] };
  });
}

function readNode(
  node: unknown,
  answeringHost: string,
  where: string,
): { readonly id: string; readonly host: string; readonly port: number } {
  const [rawHost, rawPort, rawId] = readArray(node, `${where}, node`);
  const host = readHost(rawHost, answeringHost, `${where}, host`);
  const port = readPort(rawPort, `${where}, port`);
  // Redis 3 tells no id.
  const id = rawId === undefined ? `${host}:${port}` : readText(rawId, `${where}, id`);
  return { id, host, port };
}
