import { ConfigError } from "../errors.ts";
import type { Key } from "../wasm/kernel.ts";
import { defaultKernel } from "../wasm/load.ts";
import type { SlotMap } from "./slot-map.ts";
import type { PrimaryNode } from "./slot-node.ts";

/** Where a node's share of a batch is cut into several groups. */
export interface PlanLimits {
  /** Most keys of a group; no limit by default. */
  readonly maxKeys?: number | undefined;
  /** Most bytes of a group's keys; a longer key has a group of its own. No limit by default. */
  readonly maxBytes?: number | undefined;
}

/** Keys of a batch that go to one node together. */
export interface PlanGroup {
  /** `undefined` for keys whose slot no node is known to serve. */
  readonly node: PrimaryNode | undefined;
  /** The keys' indexes in the batch, in the batch's order. */
  readonly indexes: Uint32Array;
  /** The slot of each of them. */
  readonly slots: Uint16Array;
  /** UTF-8 bytes of the keys. */
  readonly byteLength: number;
}

/**
 * Divides a batch among the nodes that own its keys: by node index, within a node in the batch's order, keys without an
 * owner last.
 *
 * @throws ConfigError `BAD_KEY` with the key's index, `BAD_LIMIT` with the option
 */
export function planBatch(keys: readonly Key[], slotMap: SlotMap, limits: PlanLimits = {}): PlanGroup[] {
  const maxKeys = readLimit(limits.maxKeys, "maxKeys");
  const maxBytes = readLimit(limits.maxBytes, "maxBytes");
  const kernel = defaultKernel();
  const count = keys.length;
  const slots = new Uint16Array(count);
  const order = new Uint32Array(count);
  kernel.keySlots(keys, slots);
  const { nodes, nodeOfSlot } = slotMap;
  const groupStart = kernel.group(slots, count, nodeOfSlot, nodes.length, order);
  const groups: PlanGroup[] = [];
  for (let group = 0; group <= nodes.length; group++) {
    const end = groupStart[group + 1]!;
    let start = groupStart[group]!;
    while (start < end) {
      let byteLength = 0;
      let next = start;
      while (next < end && next - start < maxKeys) {
        const length = utf8Length(keys[order[next]!]!);
        if (next > start && byteLength + length > maxBytes) break;
        byteLength += length;
        next++;
      }
      const indexes = order.slice(start, next);
      groups.push({
        node: nodes[group],
        indexes,
        slots: Uint16Array.from(indexes, (i) => slots[i]!),
        byteLength,
      });
      start = next;
    }
  }
  return groups;
}

function readLimit(value: number | undefined, option: string): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value === "number" && value >= 1) return value;
  throw new ConfigError("BAD_LIMIT", `${option}: expected a number from 1, got ${String(value)}`, { option });
}

function utf8Length(key: Key): number {
  let length = key.length;
  if (typeof key !== "string") return length;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair of surrogates takes four bytes: its two units and two more.
    if (unit >= 0xd800 && unit < 0xdc00 && (key.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return length;
}
