import type { Call } from "../../call.ts";
import type { Int64 } from "../../protocol/int64.ts";
import { expiryTime, OPTION, parseOptions, TIMED, timeIndex } from "./set-options.ts";
import { readString } from "./string-value.ts";

/** GET key */
export function get(call: Call): void {
  call.reply.bulk(readString(call, call.arg(1)) ?? null);
}

/** GETDEL key */
export function getdel(call: Call): void {
  const { db, node, reply } = call;
  const key = call.arg(1);
  reply.bulk(readString(call, key) ?? null);
  if (!db.delete(key)) return;
  call.propagate([node.config.flag("lazyfree-lazy-user-del") ? "UNLINK" : "DEL", key]);
  db.changed(key);
  db.notify("g", "del", key);
  node.dirty += 1;
}

/** GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] */
export function getex(call: Call): void {
  const { db, node, reply } = call;
  const options = parseOptions(call, 2, "getex");
  const key = call.arg(1);
  const value = readString(call, key);
  if (value === undefined) {
    reply.null();
    return;
  }
  const time = (options & TIMED) === 0 ? undefined : expiryTime(call, timeIndex(options), options);
  reply.bulk(value);
  const absolute = (options & (OPTION.exat | OPTION.pxat)) !== 0;
  if (time !== undefined && absolute && time <= call.now && !node.replica) deleteNow(call, key);
  else if (time !== undefined) expireLater(call, key, time);
  else if ((options & OPTION.persist) !== 0 && db.expireAt(key, undefined)) {
    call.propagate(["PERSIST", key]);
    changed(call, key, "persist");
  }
}

function deleteNow(call: Call, key: string): void {
  call.db.delete(key);
  call.propagate([call.node.config.flag("lazyfree-lazy-expire") ? "UNLINK" : "DEL", key]);
  changed(call, key, "del");
}

function expireLater(call: Call, key: string, time: Int64): void {
  call.db.expireAt(key, time);
  call.propagate(["PEXPIREAT", key, String(time)]);
  changed(call, key, "expire");
}

function changed(call: Call, key: string, event: string): void {
  call.db.changed(key);
  call.db.notify("g", event, key);
  call.node.dirty += 1;
}
