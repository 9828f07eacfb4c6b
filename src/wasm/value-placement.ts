import type { Gather, ValueColumns } from "./kernel.ts";

/** Up to this many bytes a loop beats a call of `set`. */
const LOOP_UP_TO = 40;

/** Where the values of packed bytes go. */
export interface Placement {
  /** Place in the kernel's output of every value, by position and value column. */
  readonly places: Uint32Array;
  /** Item at each position. */
  readonly order: Uint32Array;
  /** Positions that have bytes. */
  readonly packedCount: number;
  /** Column of each value of an item, in the order in which they are written. */
  readonly valueColumns: readonly number[];
  /** A shorter value has a gap of its length in the output. */
  readonly gapBelow: number;
  readonly values: ValueColumns;
}

/** Fills the gaps of `bytes` and lists the values that are gathered; all others have a gap. */
export function placeInGaps(placement: Placement, bytes: Uint8Array): Gather[] {
  const { places, order, packedCount, valueColumns, values } = placement;
  const { columns, gatherFrom } = values;
  const gathers: Gather[] = [];
  let next = 0;
  for (let position = 0; position < packedCount; position++) {
    const item = order[position]!;
    for (let i = 0; i < valueColumns.length; i++) {
      const value = columns[valueColumns[i]!]![item]!;
      const offset = places[next++]!;
      if (value.length >= gatherFrom) gathers.push({ position, offset, value });
      else copyInto(bytes, value, offset);
    }
  }
  return gathers;
}

/** Copies the kernel's output to `bytes` with all values in between, and lists those that are gathered. */
export function spliceValues(placement: Placement, output: Uint8Array, bytes: Uint8Array): Gather[] {
  const { places, order, packedCount, valueColumns, values, gapBelow } = placement;
  const { columns, gatherFrom } = values;
  const gathers: Gather[] = [];
  let next = 0;
  // output[0 .. copied) is in bytes, `shift` bytes further on.
  let copied = 0;
  let shift = 0;
  for (let position = 0; position < packedCount; position++) {
    const item = order[position]!;
    for (let i = 0; i < valueColumns.length; i++) {
      const value = columns[valueColumns[i]!]![item]!;
      const place = places[next++]!;
      const { length } = value;
      if (length >= gatherFrom) {
        gathers.push({ position, offset: place + shift, value });
        continue;
      }
      bytes.set(output.subarray(copied, place), copied + shift);
      copyInto(bytes, value, place + shift);
      if (length < gapBelow) copied = place + length;
      else {
        copied = place;
        shift += length;
      }
    }
  }
  bytes.set(output.subarray(copied), copied + shift);
  return gathers;
}

function copyInto(bytes: Uint8Array, value: Uint8Array, offset: number): void {
  const { length } = value;
  if (length > LOOP_UP_TO) bytes.set(value, offset);
  else for (let i = 0; i < length; i++) bytes[offset + i] = value[i]!;
}
