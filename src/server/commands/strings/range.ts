import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { ENCODING } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";
import { byteLength, concat, copyInto, slice } from "../../protocol/bytes.ts";
import { numberArgument } from "../number-argument.ts";
import { editString } from "./edit-string.ts";
import { checkStringLength, readStringForNow, stringChanged, writeString } from "./string-value.ts";

/** STRLEN key */
export function strlen(call: Call): void {
  const value = readStringForNow(call, call.arg(1));
  call.reply.integer(value === undefined ? 0 : byteLength(value));
}

/** GETRANGE key start end (SUBSTR is its old name): both ends included, counted from the end where negative. */
export function getrange(call: Call): void {
  let start = numberArgument(call, 2);
  let end = numberArgument(call, 3);
  const value = readStringForNow(call, call.arg(1)) ?? "";
  const length = byteLength(value);
  if (start < 0 && end < 0 && start > end) {
    call.reply.bulk("");
    return;
  }
  if (start < 0) start = Math.max(0, length + start);
  if (end < 0) end = Math.max(0, length + end);
  end = Math.min(end, length - 1);
  call.reply.bulk(start > end ? "" : part(value, start, end + 1));
}

/** SETRANGE key offset value: what is missing before the offset becomes zero bytes. */
export function setrange(call: Call): void {
  const { args, db, reply } = call;
  const offset = numberArgument(call, 2);
  if (offset < 0) throw new CommandError("ERR offset is out of range");
  const key = call.arg(1);
  const part = args[3] as Bytes;
  const own = db.ownBuffer(key);
  const value = writeString(call, key);
  if (byteLength(part) === 0) {
    reply.integer(value === undefined ? 0 : byteLength(value));
    return;
  }
  const end = offset + byteLength(part);
  checkStringLength(call, end);
  const length = editString(db, key, value, own, end, (bytes) => copyInto(part, bytes, offset));
  stringChanged(call, key, "setrange");
  reply.integer(length);
}

/** APPEND key value */
export function append(call: Call): void {
  const { args, db } = call;
  const key = call.arg(1);
  const part = args[2] as Bytes;
  const value = writeString(call, key);
  const length = byteLength(value ?? "") + byteLength(part);
  if (value === undefined) db.add(key, part);
  else {
    checkStringLength(call, length);
    db.overwrite(key, concat(value, part), ENCODING.raw);
  }
  stringChanged(call, key, "append");
  call.reply.integer(length);
}

/** A part that stays what it is although the whole may be changed in place later. */
function part(value: Bytes, start: number, end: number): Bytes {
  return typeof value !== "string" && start === 0 && end === value.length
    ? Buffer.from(value)
    : slice(value, start, end);
}
