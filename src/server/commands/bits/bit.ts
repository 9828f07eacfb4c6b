import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { ENCODING } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";
import { byteAt, byteLength } from "../../protocol/bytes.ts";
import { editString } from "../strings/edit-string.ts";
import { readStringForNow, stringChanged, writeString } from "../strings/string-value.ts";
import { bitOffset } from "./bit-offset.ts";

/** SETBIT key offset 0|1: answers what the bit was; only a bit that changed, or a string that grew, counts as a change. */
export function setbit(call: Call): void {
  const { args, db, reply } = call;
  const offset = bitOffset(call, 2);
  const on = args[3];
  if (on !== "0" && on !== "1") throw new CommandError("ERR bit is not an integer or out of range");
  const key = call.arg(1);
  const own = db.ownBuffer(key);
  const value = writeString(call, key);
  const index = Math.floor(offset / 8);
  const mask = 128 >> (offset % 8);
  const before = bitOf(value, index, mask);
  const grows = value === undefined || byteLength(value) <= index;
  if (grows || before !== (on === "1")) {
    editString(db, key, value, own, index + 1, (bytes) => {
      const byte = bytes[index] as number;
      bytes[index] = on === "1" ? byte | mask : byte & ~mask;
    });
    stringChanged(call, key, "setbit");
  } else if (own === undefined) db.overwrite(key, value, ENCODING.raw);
  reply.integer(before ? 1 : 0);
}

/** GETBIT key offset */
export function getbit(call: Call): void {
  const offset = bitOffset(call, 2);
  const value = readStringForNow(call, call.arg(1));
  call.reply.integer(bitOf(value, Math.floor(offset / 8), 128 >> (offset % 8)) ? 1 : 0);
}

function bitOf(value: Bytes | undefined, index: number, mask: number): boolean {
  return value !== undefined && index < byteLength(value) && (byteAt(value, index) & mask) !== 0;
}
