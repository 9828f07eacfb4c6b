import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseTarget, redactTarget } from "../cluster/target.ts";
import { SlotpackError } from "../errors.ts";
import { SLOT_COUNT, SlotMap, type SlotShard } from "../slots/index.ts";
import type { Interruption } from "./interruption.ts";
import { readPastedTopology } from "./pasted-topology.ts";
import type { PlanSettings } from "./plan-options.ts";
import { openClient } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

/** Who owns which slot, and where that was learnt. */
export interface PlanTopology {
  readonly map: SlotMap;
  /** For people: without credentials. */
  readonly name: string;
  /** False for a server that is no cluster, and refuses no command for its slots. */
  readonly clustered: boolean;
}

/** Throws what connecting does, SlotpackError `NODES_UNREADABLE` or `BAD_TOPOLOGY`. */
export async function planTopology(
  { source, timeoutMs }: PlanSettings,
  terminal: Terminal,
  interruption: Interruption,
): Promise<PlanTopology> {
  if (source.kind === "live") return liveTopology(source.url, timeoutMs, interruption);
  if (source.kind === "pasted") {
    const pasted = await readPasted(source.file, terminal);
    const name = source.file === "-" ? "the pasted nodes" : source.file;
    return { map: readPastedTopology(pasted), name, clustered: true };
  }
  const name = `${source.primaries} ${source.primaries === 1 ? "primary" : "primaries"} with as many slots each`;
  return { map: evenMap(source.primaries), name, clustered: true };
}

async function liveTopology(
  url: string,
  timeoutMs: number,
  interruption: Interruption,
): Promise<PlanTopology> {
  await using client = await openClient({ target: url, timeoutMs, keyPrefix: "" }, interruption);
  const map = client.topology();
  const name = redactTarget(url);
  if (map !== undefined) return { map, name, clustered: true };
  const { seeds, path } = parseTarget(url);
  const { host, port } = path === undefined ? seeds[0]! : { host: path, port: 0 };
  return { map: singleMap(host, port), name: `${name}, which is no cluster`, clustered: false };
}

async function readPasted(file: string, { stdin }: Terminal): Promise<string> {
  if (file === "-") return text(stdin);
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : message;
    throw new SlotpackError("NODES_UNREADABLE", `cannot read the nodes of ${file}: ${reason}`, { cause });
  }
}

function singleMap(host: string, port: number): SlotMap {
  return new SlotMap([shard(host, port, 0, SLOT_COUNT)]);
}

/** As `redis-cli --cluster create` divides the slots. */
function evenMap(primaries: number): SlotMap {
  const boundary = (i: number) => Math.round((i * SLOT_COUNT) / primaries);
  return new SlotMap(
    Array.from({ length: primaries }, (_, i) => shard("primary", i + 1, boundary(i), boundary(i + 1))),
  );
}

function shard(host: string, port: number, from: number, to: number): SlotShard {
  const primary = { id: `${host}:${port}`, host, port, role: "primary", replicas: [] } as const;
  return { primary, ranges: [[from, to - 1]] };
}
