import type { Call } from "../../call.ts";
import type { Bytes } from "../../protocol/arg.ts";
import type { Int64 } from "../../protocol/int64.ts";
import { expiryTime, OPTION, parseOptions, TIMED, timeIndex } from "./set-options.ts";
import { readString } from "./string-value.ts";

/** SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL] */
export function set(call: Call): void {
  const { args, db, reply } = call;
  const value = args[2] as Bytes;
  const key = call.arg(1);
  if (args.length === 3) {
    db.set(key, value);
    db.notify("$", "set", key);
    call.node.dirty += 1;
    reply.ok();
    return;
  }
  const options = parseOptions(call, 3, "set");
  const time = (options & TIMED) === 0 ? undefined : expiryTime(call, timeIndex(options), options);
  const get = (options & OPTION.get) !== 0;
  if (get) reply.bulk(readString(call, key) ?? null);
  if (!store(call, key, value, options, time)) {
    if (!get) reply.null();
    return;
  }
  if (!get) reply.ok();
  else if (time === undefined) call.propagate(withoutGet(args));
}

/** SETNX key value */
export function setnx(call: Call): void {
  const stored = store(call, call.arg(1), call.args[2] as Bytes, OPTION.nx, undefined);
  call.reply.integer(stored ? 1 : 0);
}

/** SETEX key seconds value */
export function setex(call: Call): void {
  store(call, call.arg(1), call.args[3] as Bytes, 0, expiryTime(call, 2, OPTION.ex));
  call.reply.ok();
}

/** PSETEX key milliseconds value */
export function psetex(call: Call): void {
  store(call, call.arg(1), call.args[3] as Bytes, 0, expiryTime(call, 2, OPTION.px));
  call.reply.ok();
}

/** GETSET key value */
export function getset(call: Call): void {
  const key = call.arg(1);
  const value = call.args[2] as Bytes;
  call.reply.bulk(readString(call, key) ?? null);
  store(call, key, value, 0, undefined);
  call.propagate(["SET", key, value]);
}

/** False where NX or XX forbids it. */
function store(call: Call, key: string, value: Bytes, options: number, time: Int64 | undefined): boolean {
  const { db } = call;
  const conditional = options & (OPTION.nx | OPTION.xx);
  if (conditional === 0) db.set(key, value, (options & OPTION.keepTtl) !== 0);
  else {
    const found = db.existsForWrite(key);
    if (found === (conditional === OPTION.nx)) return false;
    if (found) db.overwrite(key, value);
    else db.add(key, value);
    if ((options & OPTION.keepTtl) === 0) db.expireAt(key, undefined);
    db.changed(key);
  }
  db.notify("$", "set", key);
  call.node.dirty += 1;
  if (time === undefined) return true;
  db.expireAt(key, time);
  db.notify("g", "expire", key);
  call.propagate(["SET", key, value, "PXAT", String(time)]);
  return true;
}

function withoutGet(args: readonly Bytes[]): Bytes[] {
  return args.filter((arg, index) => index < 3 || typeof arg !== "string" || arg.toLowerCase() !== "get");
}
