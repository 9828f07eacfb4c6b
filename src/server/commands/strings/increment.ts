import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { NOT_A_FLOAT, NOT_AN_INTEGER } from "../../errors-text.ts";
import { ENCODING, textEncoding } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";
import { asString } from "../../protocol/bytes.ts";
import { addInt64, type Int64, parseInt64 } from "../../protocol/int64.ts";
import {
  addLongDoubles,
  formatLongDouble,
  type LongDouble,
  longDoubleOf,
  parseLongDouble,
} from "../../protocol/long-double.ts";
import { int64Argument } from "../number-argument.ts";
import { stringChanged, writeString } from "./string-value.ts";

const LOWEST = -(2n ** 63n);

/** INCR key */
export function incr(call: Call): void {
  add(call, 1);
}

/** DECR key */
export function decr(call: Call): void {
  add(call, -1);
}

/** INCRBY key increment */
export function incrby(call: Call): void {
  add(call, int64Argument(call, 2));
}

/** DECRBY key decrement */
export function decrby(call: Call): void {
  const decrement = int64Argument(call, 2);
  if (decrement === LOWEST) throw new CommandError("ERR decrement would overflow");
  add(call, -decrement);
}

/** INCRBYFLOAT key increment: in the 80 bits of C's long double, replicated as the result. */
export function incrbyfloat(call: Call): void {
  const { args, db, reply } = call;
  const key = call.arg(1);
  const value = writeString(call, key);
  const before = value === undefined ? longDoubleOf(0) : longDouble(value);
  const sum = addLongDoubles(before, longDouble(args[2] as Bytes));
  if (sum === undefined) throw new CommandError("ERR increment would produce NaN or Infinity");
  const text = formatLongDouble(sum);
  if (value === undefined) db.add(key, text, textEncoding(text));
  else db.overwrite(key, text, textEncoding(text));
  stringChanged(call, key, "incrbyfloat");
  reply.bulk(text);
  call.propagate(["SET", key, text, "KEEPTTL"]);
}

function add(call: Call, increment: Int64): void {
  const { db, reply } = call;
  const key = call.arg(1);
  const value = writeString(call, key);
  const before = value === undefined ? 0 : parseInt64(value);
  if (before === undefined) throw new CommandError(NOT_AN_INTEGER);
  const sum = addInt64(before, increment);
  if (sum === undefined) throw new CommandError("ERR increment or decrement would overflow");
  const text = String(sum);
  if (value === undefined) db.add(key, text, ENCODING.int);
  else db.overwrite(key, text, ENCODING.int);
  stringChanged(call, key, "incrby");
  reply.integer(sum);
}

function longDouble(value: Bytes): LongDouble {
  const parsed = parseLongDouble(asString(value));
  if (parsed === undefined) throw new CommandError(NOT_A_FLOAT);
  return parsed;
}
