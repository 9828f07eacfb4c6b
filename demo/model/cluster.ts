import { NO_NODE, type PrimaryNode, SLOT_COUNT, SlotMap, type SlotShard } from "../../src/slots/index.ts";

/** Who owns the slots on the page, and what the owners are called there. */
export interface Cluster {
  readonly map: SlotMap;
  readonly names: readonly string[];
  /** How many slots were moved to the new primary. */
  readonly movedSlots: number;
}

/** Primaries with equal shares, as `redis-cli --cluster create` gives them. */
export function evenMap(primaries: number): SlotMap {
  const shards = Array.from({ length: primaries }, (_, i): SlotShard => {
    const first = Math.round((i * SLOT_COUNT) / primaries);
    const last = Math.round(((i + 1) * SLOT_COUNT) / primaries) - 1;
    return { primary: node(i), ranges: [[first, last]] };
  });
  return new SlotMap(shards);
}

/**
 * The map with another primary that has `share` (0 to 1) of what it will have in the end: an equal part, taken from the
 * start of each primary's slots.
 */
export function reshard(base: SlotMap, share: number): { map: SlotMap; movedSlots: number } {
  const shards: SlotShard[] = base.nodes.map((primary, index) => ({
    primary,
    ranges: rangesOf(base, index),
  }));
  if (share <= 0) return { map: new SlotMap(shards), movedSlots: 0 };
  const map = new SlotMap(shards);
  const newcomer = map.addNode({ host: "new-primary", port: 6379 });
  const owned = new Uint32Array(base.nodes.length);
  for (const owner of base.nodeOfSlot) if (owner !== NO_NODE) owned[owner]!++;
  const leave = Array.from(owned, (slots) => Math.round((slots * share) / (base.nodes.length + 1)));
  let movedSlots = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const owner = base.nodeOfSlot[slot]!;
    if (owner === NO_NODE || leave[owner]! === 0) continue;
    leave[owner]!--;
    movedSlots++;
    map.assign(slot, newcomer);
  }
  return { map, movedSlots };
}

/** The cluster of the sliders, or of what was pasted. */
export function makeCluster(pasted: SlotMap | undefined, primaries: number, share: number): Cluster {
  const base = pasted ?? evenMap(primaries);
  const { map, movedSlots } = reshard(base, share);
  const names = map.nodes.map((owner, index) => {
    if (index >= base.nodes.length) return "new primary";
    return pasted === undefined ? `primary ${index + 1}` : addressOf(owner);
  });
  return { map, names, movedSlots };
}

export function addressOf({ host, port }: PrimaryNode): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The node's slots, ends included. */
export function rangesOf(map: SlotMap, index: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (map.nodeOfSlot[slot] !== index) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === slot - 1) last[1] = slot;
    else ranges.push([slot, slot]);
  }
  return ranges;
}

/** `0-5460 5470-8000`, cut after `limit` ranges. */
export function rangeText(ranges: readonly (readonly [number, number])[], limit: number): string {
  const shown = ranges
    .slice(0, limit)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return ranges.length > limit ? `${shown.join(", ")} and ${ranges.length - limit} more` : shown.join(", ");
}

function node(index: number): PrimaryNode {
  const host = `primary-${index + 1}`;
  return { id: `${host}:6379`, host, port: 6379, role: "primary", replicas: [] };
}

/** `a:7000=0-99,200;b:7000=100-199`: a map for a link. */
export function mapText(map: SlotMap): string {
  return map.nodes
    .map((owner, index) => {
      const ranges = rangesOf(map, index).map(([first, last]) =>
        first === last ? first : `${first}-${last}`,
      );
      return `${addressOf(owner)}=${ranges.join(",")}`;
    })
    .join(";");
}

/** Reads {@link mapText}; `undefined` for anything else. */
export function readMapText(text: string): SlotMap | undefined {
  try {
    const lines = text.split(";").map((part, index) => {
      const equals = part.lastIndexOf("=");
      const ranges = part.slice(equals + 1).replaceAll(",", " ");
      return `${String(index).padStart(40, "0")} ${part.slice(0, equals)}@0 master - 0 0 0 connected ${ranges}`;
    });
    return SlotMap.fromClusterNodes(lines.join("\n"), "this-node");
  } catch {
    return undefined;
  }
}
