import { SlotMap } from "../../src/slots/index.ts";
import { readPrintedReply } from "./printed-reply.ts";
import { readRawShards, readRawSlots } from "./raw-reply.ts";

export type TopologyCommand = "CLUSTER SLOTS" | "CLUSTER SHARDS" | "CLUSTER NODES";

export interface ReadTopology {
  readonly command: TopologyCommand;
  readonly map: SlotMap;
}

/** Stands for nodes that a server calls by no address of their own. */
const ANSWERING = "this-node";

/**
 * Recognizes the reply of CLUSTER SLOTS, SHARDS or NODES: as redis-cli prints it for people (RESP2 and RESP3), raw, or as JSON.
 *
 * @throws SlotpackError `BAD_TOPOLOGY`, Error for a text that is none of them
 */
export function readTopology(text: string): ReadTopology {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.trimEnd().replace(/\r$/, ""));
  // What somebody copied with the prompt on top.
  if (/[>$#%] .*cluster (slots|shards|nodes)/i.test(lines[0] ?? "")) lines.shift();
  const body = lines.join("\n");
  const json = parseJson(body);
  if (typeof json === "string") return fromNodes(json);
  if (Array.isArray(json)) return fromReply(json);
  if (/^[0-9a-f]{40} \S+ \S/m.test(body)) return fromNodes(body);
  const reply = readPrintedReply(body) ?? readRawShards(lines) ?? readRawSlots(lines);
  if (reply !== undefined) return fromReply(reply);
  throw new Error("This is none of CLUSTER SLOTS, CLUSTER SHARDS and CLUSTER NODES.");
}

function parseJson(text: string): unknown {
  if (!/^["[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromNodes(text: string): ReadTopology {
  return { command: "CLUSTER NODES", map: SlotMap.fromClusterNodes(text, ANSWERING) };
}

function fromReply(reply: readonly unknown[]): ReadTopology {
  const [first] = reply;
  // A range of CLUSTER SLOTS begins with a number, a shard is a map or a list that begins with a name.
  if (Array.isArray(first) && typeof first[0] === "number")
    return { command: "CLUSTER SLOTS", map: SlotMap.fromClusterSlots(reply, ANSWERING) };
  return { command: "CLUSTER SHARDS", map: SlotMap.fromClusterShards(reply, ANSWERING) };
}
