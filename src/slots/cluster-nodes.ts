import type { PrimaryNode, ReplicaNode, SlotShard } from "./slot-node.ts";
import { badTopology, readHost, readPort, readRange, readText } from "./topology-reply.ts";

interface NodeLine {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly flags: ReadonlySet<string>;
  readonly primaryId: string;
  readonly epoch: number;
  readonly ranges: readonly (readonly [number, number])[];
}

/**
 * Reads CLUSTER NODES, one node per line:
 * `id host:port@busPort[,hostname[,name=value]…] flags primary pingSent pongReceived configEpoch linkState slots…`.
 */
export function parseClusterNodes(text: string | Uint8Array, answeringHost: string): SlotShard[] {
  const lines = readText(text, "CLUSTER NODES")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length === 0) throw badTopology("CLUSTER NODES", "a line per node", text);
  const nodes = lines
    .map((line, index) => readLine(line, answeringHost, `CLUSTER NODES, line ${index + 1}`))
    .filter((node) => node !== undefined);
  // A slot that two claim goes to the later configuration: the map lets the last one win.
  return nodes
    .filter((node) => node.flags.has("master"))
    .sort((a, b) => a.epoch - b.epoch)
    .map(({ id, host, port, ranges }) => {
      const replicas = nodes
        .filter((node) => node.primaryId === id && !node.flags.has("fail"))
        .map(asReplica);
      const primary: PrimaryNode = { id, host, port, role: "primary", replicas };
      return { primary, ranges };
    });
}

function asReplica({ id, host, port }: NodeLine): ReplicaNode {
  return { id, host, port, role: "replica" };
}

/** `undefined` for a node that cannot be reached or is not a member yet. */
function readLine(line: string, answeringHost: string, where: string): NodeLine | undefined {
  const [id = "", address = "", flagText = "", primaryId = "", , , epochText = "", , ...slots] =
    line.split(/ +/);
  if (!/^\d+$/.test(epochText)) throw badTopology(where, "eight fields and slots", line);
  const flags = new Set(flagText.split(","));
  if (flags.has("noaddr") || flags.has("handshake")) return undefined;
  // An IPv6 address has colons of its own; the port follows the last one.
  const endpoint = address.split(",")[0]!.replace(/@\d*$/, "");
  const colon = endpoint.lastIndexOf(":");
  if (colon < 0) throw badTopology(where, "host:port@busPort", address);
  return {
    id,
    host: readHost(endpoint.slice(0, colon), answeringHost, `${where}, host`),
    port: readPort(endpoint.slice(colon + 1), `${where}, port`),
    flags,
    primaryId,
    epoch: Number(epochText),
    // `[93-<-id]` and `[77->-id]` are slots on the move: they still belong to who lists them plainly.
    ranges: slots
      .filter((slot) => !slot.startsWith("["))
      .map((slot) => {
        const [first, last = first] = slot.split("-");
        return readRange(first, last, `${where}, slots`);
      }),
  };
}
