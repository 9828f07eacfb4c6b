import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { STRING_TOO_LONG, WRONG_TYPE } from "../../errors-text.ts";
import type { Value } from "../../keyspace/value.ts";
import { isString } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";

/** The value as a string; throws WRONGTYPE for another type. */
export function stringOf(value: Value): Bytes {
  if (!isString(value)) throw new CommandError(WRONG_TYPE);
  return value;
}

/** Undefined for a missing key. */
export function readString(call: Call, key: string): Bytes | undefined {
  const value = call.db.lookupRead(key);
  return value === undefined ? undefined : stringOf(value);
}

/** For commands that do not keep the value, see `Database.lookupReadForNow`. */
export function readStringForNow(call: Call, key: string): Bytes | undefined {
  const value = call.db.lookupReadForNow(key);
  return value === undefined ? undefined : stringOf(value);
}

export function writeString(call: Call, key: string): Bytes | undefined {
  const value = call.db.lookupWrite(key);
  return value === undefined ? undefined : stringOf(value);
}

/** Throws where a string of `length` bytes is longer than a client may make it. */
export function checkStringLength(call: Call, length: number): void {
  if (length > call.node.config.number("proto-max-bulk-len") && !call.client.master) {
    throw new CommandError(STRING_TOO_LONG);
  }
}

/** The command changed a string: tells WATCH, tracking and listeners, and counts one change. */
export function stringChanged(call: Call, key: string, event: string): void {
  call.db.changed(key);
  call.db.notify("$", event, key);
  call.node.dirty += 1;
}
