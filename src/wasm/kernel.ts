import type { Key } from "../bytes/key.ts";

export type { Key };

/**
 * One part of the RESP bytes that a {@link CommandTemplate} writes for every item.
 *
 * - `literal`: these bytes as they are (array headers, command names, TTL arguments).
 * - `name`: a bulk string of `prefix` + key + `suffix`, e.g. `{` + key + `}:metadata`.
 * - `value`: a bulk string of the item's value in `column`.
 * - `record`: a bulk string of record header (see layout.ts) + the item's values in `metadata` and `bytes`.
 */
export type TemplatePart =
  | { readonly kind: "literal"; readonly bytes: Uint8Array }
  | { readonly kind: "name"; readonly prefix: Uint8Array; readonly suffix: Uint8Array }
  | { readonly kind: "value"; readonly column: number }
  | { readonly kind: "record"; readonly metadata: number; readonly bytes: number };

/** What one item (a key, a record) looks like on the wire; made once, used for every batch. */
export interface CommandTemplate {
  readonly parts: readonly TemplatePart[];
  /** Prefix and suffix of the name whose slot routes the item. */
  readonly routePrefix: Uint8Array;
  readonly routeSuffix: Uint8Array;
  /** How many value columns the parts use: 0 for reads. */
  readonly columns: number;
}

/** The values of a batch, by column and original item index. Absent for reads. */
export interface ValueColumns {
  readonly columns: readonly (readonly Uint8Array[])[];
  /**
   * A value of this many bytes or more stays out of the packed bytes: the kernel writes its bulk header and its
   * trailing CRLF and notes the split, and the caller sends its own buffer in between.
   */
  readonly gatherFrom: number;
}

export interface PackRequest {
  readonly template: CommandTemplate;
  readonly keys: readonly Key[];
  /** Items to pack, as indexes into `keys` and the columns; all of them when absent. */
  readonly items?: Uint32Array | undefined;
  readonly values?: ValueColumns | undefined;
  /** Slot → node index, 16,384 entries; when absent every item belongs to node 0. NO_NODE marks an uncovered slot. */
  readonly nodeOfSlot?: Uint16Array | undefined;
  /**
   * Changes whenever an entry of `nodeOfSlot` does. The kernel then keeps its copy of the same array at the same
   * version; without it the table's 32 KB are copied in on every call.
   */
  readonly tableVersion?: number | undefined;
  /** Number of nodes; node indexes are below it. */
  readonly nodeCount: number;
}

/** Slot → node index value for a slot that no node serves. Its items form the last group (index `nodeCount`). */
export const NO_NODE = 0xffff;

/**
 * Items grouped by owning node, stable within a group, with the RESP bytes of all groups behind one another.
 * Every array here is a copy of its own: nothing points into the kernel's memory.
 */
export interface PackedBatch {
  /** Item indexes, group after group. */
  readonly order: Uint32Array;
  /** `order[groupStart[g] .. groupStart[g + 1])` is group g; nodeCount + 2 entries, the last group is NO_NODE's. */
  readonly groupStart: Uint32Array;
  /** Slot of the item at each position of `order`. */
  readonly slots: Uint16Array;
  /** Packed bytes; the items of the NO_NODE group have none. */
  readonly bytes: Uint8Array;
  /** End offset in `bytes` of the item at each position of `order`; an item starts where the one before it ends. */
  readonly ends: Uint32Array;
  /** Where gathered values go, in order of position and part: none when nothing was gathered. */
  readonly gathers: readonly Gather[];
}

/** A value that was left out of the packed bytes. */
export interface Gather {
  /** Position in `order`. */
  readonly position: number;
  /** Offset in `bytes` in front of which the value is sent. */
  readonly offset: number;
  /** The caller's own buffer. */
  readonly value: Uint8Array;
}

/** The compute half of slotpack: slots, grouping and packing. Two implementations, one suite of tests. */
export interface Kernel {
  readonly backend: "wasm" | "js";
  /** CRC-16/XMODEM of the bytes (a string's UTF-8 bytes). */
  crc16(data: Key): number;
  /** Keyslot of each key, written to `target` (length >= keys.length). */
  keySlots(keys: readonly Key[], target: Uint16Array): void;
  /** Stable grouping of slots by owning node: fills `order` (keys.length) and returns groupStart as in PackedBatch. */
  group(
    slots: Uint16Array,
    count: number,
    nodeOfSlot: Uint16Array,
    nodeCount: number,
    order: Uint32Array,
  ): Uint32Array;
  /** Plans and packs in one call. */
  pack(request: PackRequest): PackedBatch;
}
