import type { Call } from "../../call.ts";
import type { Int64 } from "../../protocol/int64.ts";

/** TTL key: seconds, rounded to the nearest; -1 without expiry, -2 without key. */
export function ttl(call: Call): void {
  answer(call, (time) => seconds(left(time, call.now)));
}

/** PTTL key */
export function pttl(call: Call): void {
  answer(call, (time) => left(time, call.now));
}

/** EXPIRETIME key */
export function expiretime(call: Call): void {
  answer(call, seconds);
}

/** PEXPIRETIME key */
export function pexpiretime(call: Call): void {
  answer(call, (time) => time);
}

function answer(call: Call, print: (time: Int64) => Int64): void {
  const key = call.arg(1);
  const there = call.db.exists(key);
  const time = there ? call.db.expiryOf(key) : undefined;
  if (time === undefined) call.reply.integer(there ? -1 : -2);
  else call.reply.integer(print(typeof time === "number" ? Math.max(0, time) : time));
}

function left(time: Int64, now: number): Int64 {
  if (time <= now) return 0;
  return typeof time === "number" ? time - now : time - BigInt(now);
}

function seconds(ms: Int64): Int64 {
  return typeof ms === "number" ? Math.floor((ms + 500) / 1000) : (ms + 500n) / 1000n;
}
