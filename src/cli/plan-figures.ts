import { NO_NODE, type NodeAddress, SLOT_COUNT, type SlotMap } from "../slots/index.ts";
import type { KeyCensus } from "./key-census.ts";
import { jsonKey } from "./key-text.ts";
import type { PlanTopology } from "./plan-topology.ts";

/** Slots and tags told of, and the part of all keys from which they are. */
const HOT_LIMIT = 5;
const HOT_SHARE = 0.01;
/** Keys told of that lie elsewhere than most. */
const ELSEWHERE_LIMIT = 3;

/** What one node gets of a batch. */
export interface NodeShare {
  /** `host:port`; null for keys whose slot no node has. */
  readonly node: string | null;
  readonly id: string | null;
  /** Slots that it owns. */
  readonly slots: number;
  readonly keys: number;
  /** Of all keys, 0 to 1. */
  readonly share: number;
  readonly keyBytes: number;
  /** Socket writes of up to `chunkSize` keys each. */
  readonly packedWrites: number;
}

export interface HotPlace {
  readonly slot: number;
  readonly keys: number;
  readonly share: number;
}

/** How a batch of keys meets a cluster. */
export interface PlanFigures {
  readonly chunkSize: number;
  readonly keys: number;
  readonly keyBytes: number;
  /** Slots that have a key. */
  readonly slots: number;
  readonly nodes: readonly NodeShare[];
  /** One key at a time, slot by slot, and node by node; those of the nodes are under way at once. */
  readonly roundTrips: { readonly perKey: number; readonly perSlot: number; readonly perNode: number };
  readonly packedWrites: number;
  /** Keys of the busiest primary over the mean of all that own slots: 1 is even. 0 without keys. */
  readonly imbalance: number;
  readonly uncovered: {
    readonly slots: number;
    readonly ranges: readonly (readonly [first: number, last: number])[];
    readonly keys: number;
  };
  readonly hotSlots: readonly HotPlace[];
  readonly hotTags: readonly (HotPlace & { readonly tag?: string; readonly tagHex?: string })[];
  /** Whether the servers refuse one command on all of the keys, and which of them lie elsewhere than most. */
  readonly crossSlot: {
    readonly refused: boolean;
    readonly mainSlot: number | null;
    readonly keysElsewhere: number;
    readonly examples: readonly ({ readonly slot: number } & Readonly<Record<string, string | number>>)[];
  };
}

/** The figures of keys that were counted. */
export function planFigures(
  census: KeyCensus,
  { map, clustered }: Pick<PlanTopology, "map" | "clustered">,
  chunkSize: number,
): PlanFigures {
  const { keys, keyBytes, keysOfSlot } = census;
  const nodes = nodeShares(census, map, chunkSize);
  const owned = nodes.filter(({ node, slots }) => node !== null && slots > 0);
  const busiest = owned.reduce((most, share) => Math.max(most, share.keys), 0);
  const ownedKeys = owned.reduce((sum, share) => sum + share.keys, 0);
  const used = slotsByKeys(keysOfSlot);
  const isHot = (place: { readonly keys: number }) => place.keys > 1 && place.keys >= keys * HOT_SHARE;
  return {
    chunkSize,
    keys,
    keyBytes,
    slots: used.length,
    nodes,
    roundTrips: {
      perKey: keys,
      perSlot: used.length,
      perNode: owned.filter((share) => share.keys > 0).length,
    },
    packedWrites: nodes.reduce((sum, share) => sum + share.packedWrites, 0),
    imbalance: ownedKeys === 0 ? 0 : (busiest * owned.length) / ownedKeys,
    uncovered: uncovered(map, keysOfSlot),
    hotSlots: used
      .slice(0, HOT_LIMIT)
      .map((slot) => ({ slot, keys: keysOfSlot[slot]!, share: keysOfSlot[slot]! / keys }))
      .filter(isHot),
    hotTags: census
      .hotTags(HOT_LIMIT)
      .filter(isHot)
      .map((hot) => ({ ...jsonKey(hot.tag, "tag"), slot: hot.slot, keys: hot.keys, share: hot.keys / keys })),
    crossSlot: { ...crossSlot(census, used), refused: clustered && used.length > 1 },
  };
}

function nodeShares(
  { keys, keysOfSlot, bytesOfSlot }: KeyCensus,
  map: SlotMap,
  chunkSize: number,
): NodeShare[] {
  // One more than there are nodes: what no node owns.
  const totals = Array.from({ length: map.nodes.length + 1 }, () => ({
    first: SLOT_COUNT,
    slots: 0,
    keys: 0,
    keyBytes: 0,
  }));
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const total = totals[map.nodeOfSlot[slot]!] ?? totals.at(-1)!;
    total.first = Math.min(total.first, slot);
    total.slots++;
    total.keys += keysOfSlot[slot]!;
    total.keyBytes += bytesOfSlot[slot]!;
  }
  const shares = totals.map(({ first, ...total }, i): NodeShare & { readonly first: number } => {
    const node = map.nodes[i];
    return {
      first: node === undefined ? Number.POSITIVE_INFINITY : first,
      node: node === undefined ? null : addressOf(node),
      id: node?.id ?? null,
      ...total,
      share: keys === 0 ? 0 : total.keys / keys,
      packedWrites: node === undefined ? 0 : Math.ceil(total.keys / chunkSize),
    };
  });
  return shares
    .filter(({ node, slots }) => node !== null || slots > 0)
    .sort((a, b) => (a.first < b.first ? -1 : 1))
    .map(({ first: _, ...share }) => share);
}

function addressOf({ host, port }: NodeAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Slots that have keys, those with the most first. */
function slotsByKeys(keysOfSlot: Uint32Array): number[] {
  const used: number[] = [];
  for (let slot = 0; slot < SLOT_COUNT; slot++) if (keysOfSlot[slot]! > 0) used.push(slot);
  return used.sort((a, b) => keysOfSlot[b]! - keysOfSlot[a]! || a - b);
}

function uncovered(map: SlotMap, keysOfSlot: Uint32Array): PlanFigures["uncovered"] {
  const ranges: [number, number][] = [];
  let slots = 0;
  let keys = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (map.nodeOfSlot[slot] !== NO_NODE) continue;
    slots++;
    keys += keysOfSlot[slot]!;
    const last = ranges.at(-1);
    if (last?.[1] === slot - 1) last[1] = slot;
    else ranges.push([slot, slot]);
  }
  return { slots, ranges, keys };
}

function crossSlot(
  { keys, keysOfSlot, examples }: KeyCensus,
  used: readonly number[],
): Omit<PlanFigures["crossSlot"], "refused"> {
  const mainSlot = used[0] ?? null;
  const elsewhere = examples.filter(({ slot }) => slot !== mainSlot).slice(0, ELSEWHERE_LIMIT);
  return {
    mainSlot,
    keysElsewhere: mainSlot === null ? 0 : keys - keysOfSlot[mainSlot]!,
    examples: elsewhere.map(({ slot, key }) => ({ slot, ...jsonKey(key) })),
  };
}
