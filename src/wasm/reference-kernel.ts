import type { Key } from "../bytes/key.ts";
import { crc16OfBytes, crc16OfText } from "./crc16.ts";
import { groupBySlotOwner } from "./grouping.ts";
import { badKey } from "./input-error.ts";
import type { Kernel, PackedBatch, PackRequest } from "./kernel.ts";
import { KeyBytes } from "./key-bytes.ts";
import { keySlotOfBytes, keySlotOfText } from "./key-slot.ts";
import { packInto } from "./reference-pack.ts";
import { slotOfName } from "./route.ts";
import { compileTemplate } from "./template.ts";

/** The kernel in plain TypeScript: the tests' oracle, and the one in use where WebAssembly is forbidden or absent. */
export class ReferenceKernel implements Kernel {
  readonly backend = "js" as const;
  readonly #keyBytes: KeyBytes = new KeyBytes();

  crc16(data: Key): number {
    if (typeof data === "string") return crc16OfText(data, 0, data.length, 0);
    if (data instanceof Uint8Array) return crc16OfBytes(data, 0, data.length, 0);
    throw badKey(data, 0);
  }

  keySlots(keys: readonly Key[], target: Uint16Array): void {
    const { length } = keys;
    for (let i = 0; i < length; ) {
      i = typeof keys[i] === "string" ? textSlots(keys, i, target) : bytesSlots(keys, i, target);
    }
  }

  group(
    slots: Uint16Array,
    count: number,
    nodeOfSlot: Uint16Array,
    nodeCount: number,
    order: Uint32Array,
  ): Uint32Array {
    return groupBySlotOwner(slots, count, nodeOfSlot, nodeCount, order);
  }

  pack(request: PackRequest): PackedBatch {
    const { keys, items, nodeOfSlot, nodeCount } = request;
    const template = compileTemplate(request.template);
    const keyBytes = this.#keyBytes;
    const count = keyBytes.load(keys, items);
    const { bytes, starts } = keyBytes;
    const slotOfItem = new Uint16Array(count);
    const { route } = template;
    for (let i = 0; i < count; i++) slotOfItem[i] = slotOfName(route, bytes, starts[i]!, starts[i + 1]!);

    const order = new Uint32Array(count);
    let groupStart: Uint32Array;
    if (nodeOfSlot !== undefined)
      groupStart = groupBySlotOwner(slotOfItem, count, nodeOfSlot, nodeCount, order);
    else {
      groupStart = new Uint32Array(nodeCount + 2).fill(count, 1);
      for (let i = 0; i < count; i++) order[i] = i;
    }
    const slots = new Uint16Array(count);
    for (let position = 0; position < count; position++) slots[position] = slotOfItem[order[position]!]!;
    const ends = new Uint32Array(count);
    const packed = packInto(template, keyBytes, order, groupStart[nodeCount]!, items, request.values, ends);
    if (items !== undefined) for (let i = 0; i < count; i++) order[i] = items[order[i]!]!;
    return { order, groupStart, slots, bytes: packed.bytes, ends, gathers: packed.gathers };
  }
}

/*
 * A loop for each kind of key: a loop that has met both costs 4 ns a key more. Each stops at the first key of the other
 * kind and returns its index.
 */

function textSlots(keys: readonly Key[], from: number, target: Uint16Array): number {
  let i = from;
  for (; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== "string") break;
    target[i] = keySlotOfText(key);
  }
  return i;
}

function bytesSlots(keys: readonly Key[], from: number, target: Uint16Array): number {
  let i = from;
  for (; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key === "string") break;
    if (!(key instanceof Uint8Array)) throw badKey(key, i);
    target[i] = keySlotOfBytes(key);
  }
  return i;
}
