import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { SYNTAX_ERROR } from "../../errors-text.ts";
import { byteLength, toBuffer } from "../../protocol/bytes.ts";
import { numberArgument } from "../number-argument.ts";
import { readStringForNow } from "../strings/string-value.ts";

/** Bits `start` to `end`, both included; empty where `start > end`. */
interface BitRange {
  readonly start: number;
  readonly end: number;
}

const ONES: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll("0", "").length,
);

/** BITCOUNT key [start end [BYTE | BIT]] */
export function bitcount(call: Call): void {
  const { args, reply } = call;
  const value = readStringForNow(call, call.arg(1));
  if (value === undefined) {
    reply.integer(0);
    return;
  }
  const length = byteLength(value);
  let range: BitRange = { start: 0, end: length * 8 - 1 };
  if (args.length > 2) {
    if (args.length !== 4 && args.length !== 5) throw new CommandError(SYNTAX_ERROR);
    const start = numberArgument(call, 2);
    const end = numberArgument(call, 3);
    if (start < 0 && end < 0 && start > end) {
      reply.integer(0);
      return;
    }
    range = clamped(start, end, length, inBits(call, 4));
  }
  reply.integer(countOnes(toBuffer(value), range));
}

/** BITPOS key 0|1 [start [end [BYTE | BIT]]]: without an end, zeros follow the string for ever. */
export function bitpos(call: Call): void {
  const { args, reply } = call;
  const bit = numberArgument(call, 2);
  if (bit !== 0 && bit !== 1) throw new CommandError("ERR The bit argument must be 1 or 0.");
  const value = readStringForNow(call, call.arg(1));
  if (value === undefined) {
    reply.integer(bit === 1 ? -1 : 0);
    return;
  }
  if (args.length > 6) throw new CommandError(SYNTAX_ERROR);
  const length = byteLength(value);
  const start = args.length > 3 ? numberArgument(call, 3) : 0;
  const bits = inBits(call, 5);
  const end = args.length > 4 ? numberArgument(call, 4) : length * 8 - 1;
  const range = clamped(start, end, length, bits, args.length > 4);
  if (range.start > range.end) {
    reply.integer(-1);
    return;
  }
  const found = findBit(toBuffer(value), range, bit);
  const endless = args.length < 5 && bit === 0;
  reply.integer(found < 0 && endless ? length * 8 : found);
}

function inBits(call: Call, index: number): boolean {
  if (call.args.length <= index) return false;
  const word = call.word(index);
  if (word !== "bit" && word !== "byte") throw new CommandError(SYNTAX_ERROR);
  return word === "bit";
}

/** As the server clamps positions: negative ones count from the end, and those before the start mean the start. */
function clamped(start: number, end: number, byteCount: number, bits: boolean, endGiven = true): BitRange {
  const length = bits ? byteCount * 8 : byteCount;
  const first = start < 0 ? Math.max(0, length + start) : start;
  const last = Math.min(endGiven ? (end < 0 ? Math.max(0, length + end) : end) : length - 1, length - 1);
  return bits ? { start: first, end: last } : { start: first * 8, end: last * 8 + 7 };
}

function countOnes(bytes: Buffer, { start, end }: BitRange): number {
  if (start > end) return 0;
  const first = Math.floor(start / 8);
  const last = Math.floor(end / 8);
  let count = 0;
  for (let index = first; index <= last; index += 1) count += ONES[bytes[index] as number] as number;
  count -= ONES[(bytes[first] as number) & ~(0xff >> (start % 8))] as number;
  return count - (ONES[(bytes[last] as number) & (0x7f >> (end % 8))] as number);
}

/** The first such bit within the range, or -1. */
function findBit(bytes: Buffer, { start, end }: BitRange, bit: number): number {
  const dull = bit === 1 ? 0 : 0xff;
  let offset = start;
  while (offset <= end) {
    const byte = bytes[Math.floor(offset / 8)] as number;
    if (offset % 8 === 0 && byte === dull) {
      offset += 8;
      continue;
    }
    if (((byte >> (7 - (offset % 8))) & 1) === bit) return offset;
    offset += 1;
  }
  return -1;
}
