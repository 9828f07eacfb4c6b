import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import type { Bytes } from "../../protocol/arg.ts";
import { byteLength, copyInto, slice } from "../../protocol/bytes.ts";
import { editString } from "../strings/edit-string.ts";
import { readStringForNow, writeString } from "../strings/string-value.ts";
import { type BitfieldOperation, parseBitfield } from "./bitfield-operation.ts";

/** Bytes that a field of 64 bits can touch. */
const SPAN = 9;

/** BITFIELD key [GET type offset] [SET type offset value] [INCRBY type offset increment] [OVERFLOW WRAP | SAT | FAIL] … */
export function bitfield(call: Call): void {
  run(call, false);
}

/** BITFIELD_RO key [GET type offset …] */
export function bitfieldRo(call: Call): void {
  run(call, true);
}

function run(call: Call, readOnly: boolean): void {
  const { db, reply } = call;
  const operations = parseBitfield(call);
  const key = call.arg(1);
  if (operations.every(({ kind }) => kind === "get")) {
    const value = readStringForNow(call, key);
    reply.array(operations.length);
    for (const operation of operations) reply.integer(readField(value ?? "", operation));
    return;
  }
  if (readOnly) throw new CommandError("ERR BITFIELD_RO only supports the GET subcommand");
  const own = db.ownBuffer(key);
  const value = writeString(call, key);
  const length = writtenLength(operations);
  const grows = value === undefined || byteLength(value) < length;
  const results: (bigint | null)[] = [];
  let changes = 0;
  editString(db, key, value, own, length, (bytes) => {
    for (const operation of operations) {
      const before = readField(bytes, operation);
      const after = operation.kind === "get" ? before : outcome(operation, before);
      if (after === undefined) results.push(null);
      else results.push(operation.kind === "incrby" ? after : before);
      if (after === undefined || operation.kind === "get") continue;
      writeField(bytes, operation, after);
      if (grows || before !== after) changes += 1;
    }
  });
  reply.array(results.length);
  for (const result of results)
    if (result === null) reply.null();
    else reply.integer(result);
  if (changes === 0) return;
  db.changed(key);
  db.notify("$", "setbit", key);
  call.node.dirty += changes;
}

/** Bytes that the string must have for all fields that are written. */
function writtenLength(operations: readonly BitfieldOperation[]): number {
  let last = 0;
  for (const { kind, offset, width } of operations) {
    if (kind !== "get") last = Math.max(last, offset + width - 1);
  }
  return Math.floor(last / 8) + 1;
}

function readField(value: Bytes, { offset, width, signed }: BitfieldOperation): bigint {
  const first = Math.floor(offset / 8);
  const window = Buffer.alloc(SPAN);
  copyInto(slice(value, first, Math.min(first + SPAN, byteLength(value))), window, 0);
  const bits = (window.readBigUInt64BE(0) << 8n) | BigInt(window[8] as number);
  const field = bits >> BigInt(SPAN * 8 - (offset % 8) - width);
  return signed ? BigInt.asIntN(width, field) : BigInt.asUintN(width, field);
}

function writeField(bytes: Buffer, { offset, width }: BitfieldOperation, value: bigint): void {
  let rest = BigInt.asUintN(width, value);
  for (let bit = offset + width - 1; bit >= offset; bit -= 1) {
    const index = Math.floor(bit / 8);
    const mask = 128 >> (bit % 8);
    const byte = bytes[index] as number;
    bytes[index] = (rest & 1n) === 1n ? byte | mask : byte & ~mask;
    rest >>= 1n;
  }
}

/** What a SET or INCRBY writes; undefined where it would overflow and must fail. */
function outcome(
  { kind, operand, signed, width, overflow }: BitfieldOperation,
  before: bigint,
): bigint | undefined {
  const given = BigInt(operand);
  // An unsigned field takes a negative number to SET for the large one that the same 64 bits are.
  const wanted = kind === "incrby" ? before + given : signed ? given : BigInt.asUintN(64, given);
  const highest = (1n << BigInt(signed ? width - 1 : width)) - 1n;
  const lowest = signed ? -(1n << BigInt(width - 1)) : 0n;
  if (wanted >= lowest && wanted <= highest) return wanted;
  if (overflow === "fail") return undefined;
  // The server's own difference wraps for the most negative numbers, which so count as too high.
  const tooHigh =
    wanted > highest || (signed && highest - wanted >= 1n << 63n && width < 64 && kind === "set");
  if (overflow === "sat") return tooHigh ? highest : lowest;
  return signed ? BigInt.asIntN(width, wanted) : BigInt.asUintN(width, wanted);
}
