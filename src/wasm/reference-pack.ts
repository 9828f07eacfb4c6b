import { batchTooLarge } from "./input-error.ts";
import type { Gather, ValueColumns } from "./kernel.ts";
import type { KeyBytes } from "./key-bytes.ts";
import {
  ACTION_KEY,
  ACTION_NAME_LENGTH,
  ACTION_RECORD_HEADER,
  ACTION_RECORD_LENGTH,
  ACTION_VALUE,
  ACTION_VALUE_LENGTH,
} from "./layout.ts";
import { encodeRecordHeaderInto, RECORD_HEADER_LENGTH } from "./record-header.ts";
import type { CompiledTemplate, Step } from "./template.ts";
import { checkValues } from "./value-lengths.ts";

interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gathers: readonly Gather[];
}

/** Larger outputs get memory of their own, which is given back. */
const KEPT_SCRATCH = 1024 * 1024;

let keptScratch = new Uint8Array(4096);

/**
 * Packs the first `packedCount` positions of `order` (indexes into `keyBytes`, mapped to the caller's by `items`) and
 * fills `ends`; positions from there on get no bytes.
 */
export function packInto(
  template: CompiledTemplate,
  keyBytes: KeyBytes,
  order: Uint32Array,
  packedCount: number,
  items: Uint32Array | undefined,
  values: ValueColumns | undefined,
  ends: Uint32Array,
): Packed {
  const { steps } = template;
  const { bytes: source, starts } = keyBytes;
  const count = order.length;
  checkValues(template, count, items, values);
  const columns = values === undefined ? [] : values.columns;
  const gatherFrom = values === undefined ? 0 : values.gatherFrom;
  const keysLength = starts[count]!;
  const bound =
    count * template.overhead +
    keysLength * template.keyCopies +
    inlineLength(template, count, items, values);
  const bytes = scratchOf(bound);
  const gathers: Gather[] = [];
  let end = 0;
  for (let position = 0; position < packedCount; position++) {
    const local = order[position]!;
    const item = items === undefined ? local : items[local]!;
    const keyStart = starts[local]!;
    const keyEnd = starts[local + 1]!;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      const { literal, action } = step;
      for (let j = 0; j < literal.length; j++) bytes[end + j] = literal[j]!;
      end += literal.length;
      if (action === ACTION_NAME_LENGTH) end = writeDecimal(bytes, end, step.first + keyEnd - keyStart);
      else if (action === ACTION_KEY) {
        if (keyEnd - keyStart > 64) bytes.set(source.subarray(keyStart, keyEnd), end);
        else for (let j = keyStart, to = end; j < keyEnd; j++) bytes[to++] = source[j]!;
        end += keyEnd - keyStart;
      } else if (action === ACTION_VALUE_LENGTH) {
        end = writeDecimal(bytes, end, columns[step.first]![item]!.length);
      } else if (action === ACTION_VALUE) {
        const value = columns[step.first]![item]!;
        if (value.length >= gatherFrom) gathers.push({ position, offset: end, value });
        else {
          bytes.set(value, end);
          end += value.length;
        }
      } else if (action === ACTION_RECORD_LENGTH) {
        end = writeDecimal(bytes, end, recordLength(columns, step, item));
      } else if (action === ACTION_RECORD_HEADER) {
        encodeRecordHeaderInto(
          bytes,
          end,
          columns[step.first]![item]!.length,
          columns[step.second]![item]!.length,
        );
        end += RECORD_HEADER_LENGTH;
      }
    }
    ends[position] = end;
  }
  ends.fill(end, packedCount);
  return { bytes: bytes.slice(0, end), gathers };
}

function scratchOf(byteLength: number): Uint8Array<ArrayBuffer> {
  if (byteLength > 0xffffffff) throw batchTooLarge(byteLength);
  if (byteLength > KEPT_SCRATCH) return new Uint8Array(byteLength);
  if (byteLength > keptScratch.length) keptScratch = new Uint8Array(byteLength * 2);
  return keptScratch;
}

function inlineLength(
  template: CompiledTemplate,
  count: number,
  items: Uint32Array | undefined,
  values: ValueColumns | undefined,
): number {
  if (values === undefined) return 0;
  let total = 0;
  for (const column of template.valueColumns) {
    const cells = values.columns[column]!;
    for (let i = 0; i < count; i++) {
      const { length } = cells[items === undefined ? i : items[i]!]!;
      if (length < values.gatherFrom) total += length;
    }
  }
  return total;
}

function recordLength(columns: ValueColumns["columns"], step: Step, item: number): number {
  return RECORD_HEADER_LENGTH + columns[step.first]![item]!.length + columns[step.second]![item]!.length;
}

function decimalDigits(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  return digits;
}

function writeDecimal(bytes: Uint8Array, start: number, value: number): number {
  const end = start + decimalDigits(value);
  let rest = value;
  for (let i = end - 1; i >= start; i--) {
    const quotient = (rest / 10) | 0;
    bytes[i] = 0x30 + rest - quotient * 10;
    rest = quotient;
  }
  return end;
}
