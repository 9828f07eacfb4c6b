import type { ScriptedCommand } from "./scripted.ts";

/** Slots `first` to `last` and who serves them, the primary first. A null host is what a server without a name sends. */
export interface ScriptedRange {
  readonly first: number;
  readonly last: number;
  readonly nodes: readonly { readonly host: string | null; readonly port: number; readonly id: string }[];
}

export type RespValue = string | number | null | Uint8Array | readonly RespValue[];

/** RESP2: strings and bytes as bulk strings, null as a null bulk string. */
export function resp(value: RespValue): Buffer {
  if (value === null) return Buffer.from("$-1\r\n");
  if (typeof value === "number") return Buffer.from(`:${value}\r\n`);
  if (typeof value === "string" || value instanceof Uint8Array) {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);
  }
  return Buffer.concat([Buffer.from(`*${value.length}\r\n`), ...value.map(resp)]);
}

const INFO = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nloading:0\r\nrole:master\r\n";
const OK = "+OK\r\n";
const ACCEPTED = new Set(["AUTH", "SELECT", "CLIENT", "ASKING", "READONLY", "READWRITE", "QUIT", "RESET"]);

/** What a plain server would say to a handshake, to ECHO and PING, and to questions about the topology. */
export function defaultAnswer(
  command: ScriptedCommand,
  topology: readonly ScriptedRange[] | undefined,
): string | Uint8Array {
  const { name, args } = command;
  if (ACCEPTED.has(name)) return OK;
  if (name === "INFO") return resp(INFO);
  if (name === "PING") return args[0] === undefined ? "+PONG\r\n" : resp(args[0]);
  if (name === "ECHO") return resp(args[0] ?? "");
  if (name === "COMMAND" || name === "CONFIG") return resp([]);
  if (name === "CLUSTER") return clusterAnswer(command.text[0]?.toUpperCase() ?? "", topology);
  if (name === "SUBSCRIBE" || name === "SSUBSCRIBE") return resp([name.toLowerCase(), args[0] ?? "", 1]);
  return `-ERR unknown command '${name}', with args beginning with: \r\n`;
}

function clusterAnswer(subcommand: string, topology: readonly ScriptedRange[] | undefined): string | Buffer {
  if (topology === undefined) return "-ERR This instance has cluster support disabled\r\n";
  switch (subcommand) {
    case "SLOTS":
      return resp(
        topology.map(({ first, last, nodes }) => [
          first,
          last,
          ...nodes.map((node) => [node.host, node.port, node.id, []]),
        ]),
      );
    case "SHARDS":
      return resp(
        topology.map((range) => ["slots", [range.first, range.last], "nodes", range.nodes.map(shardNode)]),
      );
    case "NODES":
      return resp(`${nodeLines(topology).join("\n")}\n`);
    case "INFO":
      return resp("cluster_state:ok\r\ncluster_slots_assigned:16384\r\n");
    default:
      return `-ERR unknown subcommand '${subcommand}'. Try CLUSTER HELP.\r\n`;
  }
}

function shardNode(node: ScriptedRange["nodes"][number], index: number): RespValue {
  return [
    "id",
    node.id,
    "port",
    node.port,
    "ip",
    node.host ?? "",
    "endpoint",
    node.host,
    "role",
    index === 0 ? "master" : "replica",
    "replication-offset",
    0,
    "health",
    "online",
  ];
}

function nodeLines(topology: readonly ScriptedRange[]): string[] {
  const owned = new Map<string, { line: string; slots: string[] }>();
  for (const { first, last, nodes } of topology) {
    nodes.forEach((node, index) => {
      const role = index === 0 ? "master -" : `slave ${nodes[0]?.id}`;
      const line = `${node.id} ${node.host ?? ""}:${node.port}@${node.port + 10_000} ${role} 0 0 1 connected`;
      const entry = owned.get(node.id) ?? { line, slots: [] };
      if (index === 0) entry.slots.push(`${first}-${last}`);
      owned.set(node.id, entry);
    });
  }
  return [...owned.values()].map(({ line, slots }) => [line, ...slots].join(" "));
}
