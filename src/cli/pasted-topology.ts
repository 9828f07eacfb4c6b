import { SlotpackError } from "../errors.ts";
import { SlotMap } from "../slots/index.ts";
import { isReplyTree, readReplyTree } from "./reply-tree.ts";

/** Stands in for the host that a node does not tell of itself. */
const NAMELESS = "?";
const PROMPT = /^\S*[>$#] .*$/gm;
const NODE_ID = /^[0-9a-f]{40}$/;
const INTEGER = /^\d+$/;

/**
 * Who owns which slot, from text that somebody copied: what CLUSTER NODES, CLUSTER SLOTS or CLUSTER SHARDS answered, as `redis-cli` prints it
 * on a terminal, into a pipe or with `--json`, under RESP2 and RESP3. Lines with a prompt are passed over.
 *
 * Throws SlotpackError `BAD_TOPOLOGY`.
 */
export function readPastedTopology(text: string): SlotMap {
  const pasted = text.replace(PROMPT, "").replace(/\r/g, "").trim();
  if (pasted === "") throw unreadable("it is empty");
  if (/^[["{]/.test(pasted)) return mapOfReply(jsonOf(pasted));
  if (isReplyTree(pasted)) return mapOfReply(readReplyTree(pasted));
  const lines = pasted.split("\n").map((line) => line.trim());
  if (INTEGER.test(lines[0]!)) return mapOfReply(slotsOfLines(lines));
  // Under RESP3 a name and the value behind it share a line.
  if (/^slots\b/.test(pasted)) return mapOfReply(shardsOfLines(lines.flatMap((line) => line.split(" "))));
  if (!/^[0-9a-f]{40} /.test(pasted)) throw unreadable("it begins with none of them");
  return SlotMap.fromClusterNodes(pasted, NAMELESS);
}

/** CLUSTER SLOTS lists ranges that begin with numbers, CLUSTER SHARDS maps or lists that begin with a name; CLUSTER NODES is text. */
function mapOfReply(reply: unknown): SlotMap {
  if (typeof reply === "string") return SlotMap.fromClusterNodes(reply, NAMELESS);
  if (Array.isArray(reply) && Array.isArray(reply[0]) && typeof reply[0][0] === "number")
    return SlotMap.fromClusterSlots(reply, NAMELESS);
  return SlotMap.fromClusterShards(reply, NAMELESS);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(`it is no JSON: ${(cause as Error).message}`);
  }
}

/** CLUSTER SLOTS in a pipe: the same values line by line, without the structure. */
function slotsOfLines(lines: readonly string[]): unknown[] {
  const ranges: unknown[][] = [];
  for (let i = 0; i < lines.length; ) {
    const [line = "", next = "", afterNext = ""] = lines.slice(i, i + 3);
    if (INTEGER.test(next) && NODE_ID.test(afterNext)) {
      ranges.at(-1)?.push([line, Number(next), afterNext]);
      i += 3;
    } else if (INTEGER.test(line) && INTEGER.test(next)) {
      ranges.push([Number(line), Number(next)]);
      i += 2;
    } else i++; // a node's further names, or none
  }
  return ranges;
}

/** CLUSTER SHARDS in a pipe. */
function shardsOfLines(lines: readonly string[]): unknown[] {
  const shards: { slots: number[]; nodes: Record<string, string>[] }[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    const shard = shards.at(-1);
    if (line === "slots") {
      shards.push({ slots: [], nodes: [] });
      i++;
    } else if (line === "nodes") i++;
    else if (shard?.nodes.length === 0 && INTEGER.test(line)) {
      shard.slots.push(Number(line));
      i++;
    } else {
      if (line === "id") shard?.nodes.push({});
      const node = shard?.nodes.at(-1);
      if (node === undefined) throw unreadable(`a line that has no place there: ${line.slice(0, 60)}`);
      node[line] = lines[i + 1] ?? "";
      i += 2;
    }
  }
  return shards;
}

function unreadable(why: string): SlotpackError {
  const message = `this is not what CLUSTER NODES, CLUSTER SLOTS or CLUSTER SHARDS answers: ${why}`;
  return new SlotpackError("BAD_TOPOLOGY", message);
}
