import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { invalidExpire } from "../../errors-text.ts";
import { addInt64, checkedInt64, type Int64 } from "../../protocol/int64.ts";
import { int64Argument } from "../number-argument.ts";

interface Conditions {
  readonly nx: boolean;
  readonly xx: boolean;
  readonly gt: boolean;
  readonly lt: boolean;
}

/** EXPIRE key seconds [NX | XX | GT | LT] */
export function expire(call: Call): void {
  setExpiry(call, 1000n, call.now);
}

/** PEXPIRE key milliseconds [NX | XX | GT | LT] */
export function pexpire(call: Call): void {
  setExpiry(call, 1n, call.now);
}

/** EXPIREAT key unix-seconds [NX | XX | GT | LT] */
export function expireat(call: Call): void {
  setExpiry(call, 1000n, 0);
}

/** PEXPIREAT key unix-milliseconds [NX | XX | GT | LT] */
export function pexpireat(call: Call): void {
  setExpiry(call, 1n, 0);
}

/** PERSIST key */
export function persist(call: Call): void {
  const { db, node, reply } = call;
  const key = call.arg(1);
  const ended = db.existsForWrite(key) && db.expireAt(key, undefined);
  if (ended) {
    db.changed(key);
    db.notify("g", "persist", key);
    node.dirty += 1;
  }
  reply.integer(ended ? 1 : 0);
}

/** A time that is over deletes the key at once, except on a replica. Propagated as PEXPIREAT with the options as they were, or as DEL. */
function setExpiry(call: Call, unit: bigint, base: number): void {
  const { args, db, node, reply } = call;
  const conditions = parseConditions(call);
  const time = absoluteTime(call, unit, base);
  const key = call.arg(1);
  if (!db.existsForWrite(key) || !allowed(conditions, db.expiryOf(key), time)) {
    reply.integer(0);
    return;
  }
  const over = time <= call.now && !node.replica;
  // A connection that listens hears of a deletion before the reply, and of a new time behind it.
  if (!over) reply.integer(1);
  if (over) {
    db.delete(key);
    call.propagate([node.config.flag("lazyfree-lazy-expire") ? "UNLINK" : "DEL", key]);
  } else {
    db.expireAt(key, time);
    call.propagate(["PEXPIREAT", key, String(time), ...args.slice(3)]);
  }
  db.changed(key);
  db.notify("g", over ? "del" : "expire", key);
  if (over) reply.integer(1);
  node.dirty += 1;
}

function parseConditions(call: Call): Conditions {
  let nx = false;
  let xx = false;
  let gt = false;
  let lt = false;
  for (let index = 3; index < call.args.length; index += 1) {
    const word = call.word(index);
    if (word === "nx") nx = true;
    else if (word === "xx") xx = true;
    else if (word === "gt") gt = true;
    else if (word === "lt") lt = true;
    else throw new CommandError(`ERR Unsupported option ${call.shown(index)}`);
  }
  if (nx && (xx || gt || lt)) {
    throw new CommandError("ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (gt && lt) throw new CommandError("ERR GT and LT options at the same time are not compatible");
  return { nx, xx, gt, lt };
}

function absoluteTime(call: Call, unit: bigint, base: number): Int64 {
  const given = int64Argument(call, 2);
  const fast = Number(given) * Number(unit);
  const ms = Number.isSafeInteger(fast) ? fast : checkedInt64(BigInt(given) * unit);
  const time = ms === undefined ? undefined : addInt64(ms, base);
  if (time === undefined) throw new CommandError(invalidExpire(call.entry.name));
  return time;
}

/** No expiry counts as one that never comes. */
function allowed({ nx, xx, gt, lt }: Conditions, current: Int64 | undefined, time: Int64): boolean {
  if (nx) return current === undefined;
  if (xx && current === undefined) return false;
  if (gt) return current !== undefined && time > current;
  return !lt || current === undefined || time < current;
}
