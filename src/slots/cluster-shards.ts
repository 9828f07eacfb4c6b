import type { PrimaryNode, ReplicaNode, SlotShard } from "./slot-node.ts";
import { badTopology, readArray, readHost, readPort, readRange, readText } from "./topology-reply.ts";

interface ShardNode {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly role: string;
  readonly health: string;
}

/** Reads CLUSTER SHARDS: one map of `slots` and `nodes` per shard; a map may be an array of pairs, a Map or an object. */
export function parseClusterShards(reply: unknown, answeringHost: string, tls: boolean): SlotShard[] {
  return readArray(reply, "CLUSTER SHARDS").flatMap((entry, index) => {
    const where = `CLUSTER SHARDS, shard ${index}`;
    const shard = readFields(entry, where);
    const ranges = readRanges(shard.get("slots"), where);
    const nodes = readArray(shard.get("nodes"), `${where}, nodes`).map((node) =>
      readNode(node, answeringHost, tls, `${where}, node`),
    );
    const masters = nodes.filter((node) => node.role === "master");
    // A failed primary stays listed beside the replica that took over from it.
    const master = masters.find((node) => node.health === "online") ?? masters[0];
    if (master === undefined) return [];
    const replicas = nodes
      .filter((node) => node !== master && node.role !== "master")
      .map(({ id, host, port }): ReplicaNode => ({ id, host, port, role: "replica" }));
    const { id, host, port } = master;
    const primary: PrimaryNode = { id, host, port, role: "primary", replicas };
    return [{ primary, ranges }];
  });
}

function readNode(node: unknown, answeringHost: string, tls: boolean, where: string): ShardNode {
  const fields = readFields(node, where);
  const plainPort = fields.get("port");
  const tlsPort = fields.get("tls-port");
  const port = tls ? (tlsPort ?? plainPort) : (plainPort ?? tlsPort);
  // `endpoint` is what the server prefers: its address, its host name, or null for "the one that you asked".
  const endpoint = fields.has("endpoint") ? fields.get("endpoint") : fields.get("ip");
  return {
    id: readText(fields.get("id"), `${where}, id`),
    host: readHost(endpoint, answeringHost, `${where}, endpoint`),
    port: readPort(port, `${where}, port`),
    role: readText(fields.get("role"), `${where}, role`),
    health: readText(fields.get("health") ?? "online", `${where}, health`),
  };
}

/** Slots are a flat list of firsts and lasts, or a list of pairs. */
function readRanges(value: unknown, where: string): (readonly [number, number])[] {
  const flat = readArray(value, `${where}, slots`).flat();
  if (flat.length % 2 !== 0) throw badTopology(`${where}, slots`, "firsts and lasts", value);
  const ranges: (readonly [number, number])[] = [];
  for (let i = 0; i < flat.length; i += 2) ranges.push(readRange(flat[i], flat[i + 1], `${where}, slots`));
  return ranges;
}

function readFields(value: unknown, where: string): Map<string, unknown> {
  if (Array.isArray(value)) {
    if (value.length % 2 !== 0) throw badTopology(where, "names and values", value);
    const fields = new Map<string, unknown>();
    for (let i = 0; i < value.length; i += 2) fields.set(readText(value[i], where), value[i + 1]);
    return fields;
  }
  if (value instanceof Map)
    return new Map(Array.from(value, ([name, field]) => [readText(name, where), field]));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    throw badTopology(where, "a map", value);
  }
  return new Map(Object.entries(value));
}
