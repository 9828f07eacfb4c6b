import type { Arena } from "./arena.ts";
import { batchTooLarge, MAX_VALUE_LENGTH, valuesMissing, valueTooLarge } from "./input-error.ts";
import type { Gather, PackedBatch, PackRequest, ValueColumns } from "./kernel.ts";
import type { KeyTransport } from "./key-transport.ts";
import {
  ARENA_START,
  CALL_COUNT,
  CALL_CURSORS,
  CALL_ENDS,
  CALL_GAP_BELOW,
  CALL_GATHER_FROM,
  CALL_GROUP_START,
  CALL_GROUPED,
  CALL_ITEM_SLOTS,
  CALL_KEYS,
  CALL_LENGTHS,
  CALL_NODE_COUNT,
  CALL_ORDER,
  CALL_OUTPUT,
  CALL_PLACES,
  CALL_SLOTS,
  CALL_SPLIT_END,
  CALL_STARTS,
  CALL_TEMPLATE,
} from "./layout.ts";
import type { CompiledTemplate } from "./template.ts";
import { checkRecords } from "./value-lengths.ts";
import { placeInGaps, spliceValues } from "./value-placement.ts";

/** A value below this length gets a gap in the kernel's output; a longer one is spliced in when the bytes are copied. */
const GAP_BELOW = 4096;

const NO_GATHERS: readonly Gather[] = [];

/** One call of the kernel's pack(): lays out its regions behind the keys, describes them, and takes the results out. */
export class PackCall {
  readonly #arena: Arena;
  readonly #request: PackRequest;
  readonly #template: CompiledTemplate;
  readonly #count: number;
  readonly #gapBelow: number;
  readonly #gatherFrom: number;
  #plan = 0;
  #output = 0;
  #places = 0;

  constructor(arena: Arena, request: PackRequest, template: CompiledTemplate) {
    const { keys, items, values } = request;
    this.#arena = arena;
    this.#request = request;
    this.#template = template;
    this.#count = items === undefined ? keys.length : items.length;
    this.#gatherFrom = values === undefined ? 0 : Math.min(values.gatherFrom, MAX_VALUE_LENGTH + 1);
    this.#gapBelow = Math.min(GAP_BELOW, this.#gatherFrom);
  }

  /** Reserves the regions and fills the call block. The keys are in the arena already. */
  prepare(transport: KeyTransport): void {
    const arena = this.#arena;
    const count = this.#count;
    const template = this.#template;
    const { nodeCount, nodeOfSlot, values } = this.#request;
    const { valueColumns } = template;
    const itemSlots = arena.reserve(count * 2);
    const cursors = arena.reserve((nodeCount + 1) * 4);
    const fixed = count * template.overhead + (transport.end - transport.keys) * template.keyCopies;
    let lengths = 0;
    let gaps = 0;
    if (valueColumns.length > 0) {
      if (values === undefined) throw valuesMissing(template.columns);
      lengths = arena.reserve(template.columns * count * 4);
      this.#places = arena.reserve(valueColumns.length * count * 4);
      gaps = this.#writeLengths(values, lengths, fixed);
    }
    // groupStart, order, ends, slots and, right behind them, the packed bytes: taken out by one copy.
    const plan = arena.reserve((nodeCount + 2) * 4 + count * 10);
    const output = arena.reserve(fixed + gaps);
    this.#plan = plan;
    this.#output = output;

    const { u32 } = arena;
    const order = plan + (nodeCount + 2) * 4;
    u32[CALL_TEMPLATE >> 2] = ARENA_START;
    u32[CALL_KEYS >> 2] = transport.keys;
    u32[CALL_SPLIT_END >> 2] = transport.joined ? transport.end : 0;
    u32[CALL_STARTS >> 2] = transport.starts;
    u32[CALL_COUNT >> 2] = count;
    u32[CALL_NODE_COUNT >> 2] = nodeCount;
    u32[CALL_GROUPED >> 2] = nodeOfSlot === undefined ? 0 : 1;
    u32[CALL_ITEM_SLOTS >> 2] = itemSlots;
    u32[CALL_CURSORS >> 2] = cursors;
    u32[CALL_GROUP_START >> 2] = plan;
    u32[CALL_ORDER >> 2] = order;
    u32[CALL_ENDS >> 2] = order + count * 4;
    u32[CALL_SLOTS >> 2] = order + count * 8;
    u32[CALL_LENGTHS >> 2] = lengths;
    u32[CALL_PLACES >> 2] = this.#places;
    u32[CALL_GAP_BELOW >> 2] = this.#gapBelow;
    u32[CALL_GATHER_FROM >> 2] = this.#gatherFrom;
    u32[CALL_OUTPUT >> 2] = output;
  }

  /** Copies the results out of the kernel's memory. */
  take(packedLength: number): PackedBatch {
    const { u8, u32 } = this.#arena;
    const { items, nodeCount, values } = this.#request;
    const count = this.#count;
    const orderAt = (nodeCount + 2) * 4;
    const outputAt = this.#output - this.#plan;
    const absent = this.#absent(packedLength);
    const taken = u8.slice(this.#plan, absent ? this.#output : this.#output + packedLength).buffer;
    const groupStart = new Uint32Array(taken, 0, nodeCount + 2);
    const order = new Uint32Array(taken, orderAt, count);
    const ends = new Uint32Array(taken, orderAt + count * 4, count);
    const slots = new Uint16Array(taken, orderAt + count * 8, count);
    if (items !== undefined) for (let i = 0; i < count; i++) order[i] = items[order[i]!]!;
    let gathers = NO_GATHERS;
    let bytes: Uint8Array;
    if (values === undefined || this.#template.valueColumns.length === 0) {
      bytes = new Uint8Array(taken, outputAt, packedLength);
    } else {
      const packedCount = groupStart[nodeCount]!;
      const { valueColumns } = this.#template;
      const placesFrom = this.#places >> 2;
      const places = u32.subarray(placesFrom, placesFrom + valueColumns.length * packedCount);
      const placement = { places, order, packedCount, valueColumns, gapBelow: this.#gapBelow, values };
      if (absent) {
        bytes = new Uint8Array(ends[count - 1]!);
        gathers = spliceValues(placement, u8.subarray(this.#output, this.#output + packedLength), bytes);
      } else {
        bytes = new Uint8Array(taken, outputAt, packedLength);
        gathers = placeInGaps(placement, bytes);
      }
    }
    return { order, groupStart, slots, bytes, ends, gathers };
  }

  /** Whether values are to be spliced in that have no gap. */
  #absent(packedLength: number): boolean {
    const lastEnd = (this.#plan >> 2) + this.#request.nodeCount + 2 + this.#count * 2 - 1;
    return this.#count > 0 && this.#arena.u32[lastEnd] !== packedLength;
  }

  /** Writes the values' lengths; returns how many bytes of gaps they need. */
  #writeLengths(values: ValueColumns, lengths: number, fixed: number): number {
    const { u32 } = this.#arena;
    const { items } = this.#request;
    const count = this.#count;
    let gaps = 0;
    let spliced = 0;
    for (const column of this.#template.valueColumns) {
      const cells = values.columns[column];
      if (cells === undefined) throw valuesMissing(this.#template.columns);
      const at = (lengths >> 2) + column * count;
      for (let i = 0; i < count; i++) {
        const item = items === undefined ? i : items[i]!;
        const { length } = cells[item]!;
        if (length > MAX_VALUE_LENGTH) throw valueTooLarge(length, item);
        u32[at + i] = length;
        if (length < this.#gapBelow) gaps += length;
        else if (length < this.#gatherFrom) spliced += length;
      }
    }
    checkRecords(this.#template, count, items, values);
    if (fixed + gaps + spliced > 0xffffffff) throw batchTooLarge(fixed + gaps + spliced);
    return gaps;
  }
}
