import { NO_NODE, SLOT_COUNT } from "../../src/slots/index.ts";
import type { Cluster } from "./cluster.ts";
import { rangesOf, rangeText } from "./cluster.ts";
import { count } from "./key-bytes.ts";
import type { KeySummary } from "./key-summary.ts";

export interface Share {
  readonly name: string;
  readonly slots: number;
  readonly keys: number;
}

/** Slots and keys of every owner; the last entry is that of slots without one. */
export function sharesOf(cluster: Cluster, counts: Uint32Array): Share[] {
  const { nodeOfSlot, nodes } = cluster.map;
  const slots = new Uint32Array(nodes.length + 1);
  const keys = new Uint32Array(nodes.length + 1);
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const owner = nodeOfSlot[slot] === NO_NODE ? nodes.length : nodeOfSlot[slot]!;
    slots[owner]!++;
    keys[owner]! += counts[slot]!;
  }
  return Array.from(slots, (own, i) => ({
    name: cluster.names[i] ?? "nobody",
    slots: own,
    keys: keys[i]!,
  }));
}

/** Something to look at: bad ones first. */
export interface Callout {
  readonly level: "bad" | "warn" | "good";
  readonly text: string;
}

/** From so many times its fair share on an owner, or such a part of all keys in a tag, it is called out. */
const LOPSIDED = 1.25;
const HOT_TAG = 0.04;
const FEWEST_KEYS = 20;

export function calloutsFor(cluster: Cluster, summary: KeySummary): Callout[] {
  const shares = sharesOf(cluster, summary.counts);
  const nobody = shares.at(-1)!;
  const owners = shares.slice(0, -1);
  const found: Callout[] = [];
  if (nobody.slots > 0) {
    const where = rangeText(rangesOf(cluster.map, NO_NODE), 3);
    const hit =
      nobody.keys > 0
        ? `, and ${count(nobody.keys, "key")} of yours ${nobody.keys === 1 ? "is" : "are"} in them`
        : "";
    found.push({
      level: "bad",
      text: `${count(nobody.slots, "slot")} ${nobody.slots === 1 ? "has" : "have"} no owner (${where})${hit}: CLUSTERDOWN.`,
    });
  }
  if (summary.count >= FEWEST_KEYS) {
    for (const tag of summary.hotTags.slice(0, 2)) {
      if (tag.keys < summary.count * HOT_TAG || tag.keys < 3) continue;
      const owner = cluster.names[cluster.map.nodeOfSlot[tag.slot]!] ?? "nobody";
      found.push({
        level: "warn",
        text: `Hot tag {${shorten(tag.tag, 24)}}: ${percent(tag.keys / summary.count)} of your keys are in slot ${tag.slot} on ${owner}, and no resharding can part them.`,
      });
    }
    found.push(...imbalance(owners, summary.count));
  }
  if (cluster.movedSlots > 0) {
    const newcomer = owners.at(-1)!;
    found.push({
      level: "good",
      text: `${count(cluster.movedSlots, "slot")} moved to the new primary, and ${count(newcomer.keys, "key")} of yours with them.`,
    });
  }
  if (found.every(({ level }) => level === "good"))
    found.unshift({
      level: "good",
      text: "Every slot has an owner, and no owner has much more than its share.",
    });
  return found;
}

function imbalance(owners: readonly Share[], keys: number): Callout[] {
  const serving = owners.filter(({ slots }) => slots > 0);
  const busiest = serving.reduce(
    (a, b) => (b.keys > a.keys ? b : a),
    serving[0] ?? { name: "", slots: 0, keys: 0 },
  );
  const factor = (busiest.keys * serving.length) / keys;
  if (serving.length < 2 || factor < LOPSIDED) return [];
  return [
    {
      level: "warn",
      text: `Imbalance: ${busiest.name} holds ${percent(busiest.keys / keys)} of your keys, ${factor.toFixed(1)} times an equal share, in ${percent(busiest.slots / SLOT_COUNT)} of the slots.`,
    },
  ];
}

export function percent(part: number): string {
  const value = part * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
