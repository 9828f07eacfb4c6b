import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { SYNTAX_ERROR } from "../../errors-text.ts";
import type { Value } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";
import { addInt64 } from "../../protocol/int64.ts";
import { dumpPayload, isDumpPayload, restoreValue } from "../../rdb/dump-payload.ts";
import { RdbError } from "../../rdb/rdb-reader.ts";
import { int64Argument } from "../number-argument.ts";

interface RestoreOptions {
  readonly replace: boolean;
  readonly absolute: boolean;
  readonly idleSeconds: number | undefined;
  readonly frequency: number | undefined;
}

/** DUMP key */
export function dump(call: Call): void {
  const value = call.db.lookupRead(call.arg(1));
  call.reply.bulk(value === undefined ? null : dumpPayload(value));
}

/** RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]; RESTORE-ASKING is the same for MIGRATE. */
export function restore(call: Call): void {
  const { args, db, node, reply } = call;
  const { replace, absolute, idleSeconds, frequency } = parseRestoreOptions(call);
  const key = call.arg(1);
  if (!replace && db.existsForWrite(key)) throw new CommandError("BUSYKEY Target key name already exists.");
  const ttl = int64Argument(call, 2);
  if (ttl < 0) throw new CommandError("ERR Invalid TTL value, must be >= 0");
  const value = readPayload(args[3] as Bytes);
  const deleted = replace && db.delete(key);
  // More milliseconds than 64 bits hold wrap to a time long ago.
  const time = absolute || ttl === 0 ? ttl : (addInt64(ttl, call.now) ?? -1);
  if (ttl !== 0 && time <= call.now && !node.replica) {
    if (deleted) {
      call.propagate(["DEL", key]);
      db.changed(key);
      db.notify("g", "del", key);
      node.dirty += 1;
    }
    reply.ok();
    return;
  }
  db.add(key, value);
  if (ttl !== 0) {
    db.expireAt(key, time);
    if (!absolute) call.propagate([args[0] as Bytes, key, String(time), ...args.slice(3), "ABSTTL"]);
  }
  const { aging } = node;
  if (aging.lfu && frequency !== undefined) db.store.setAccess(key, aging.ofFrequency(frequency, call.now));
  if (!aging.lfu && idleSeconds !== undefined)
    db.store.setAccess(key, aging.ofIdleSeconds(idleSeconds, call.now));
  db.changed(key);
  db.notify("g", "restore", key);
  // Behind what its own connection is told of it.
  reply.ok();
  node.dirty += 1;
}

function readPayload(payload: Bytes): Value {
  if (!isDumpPayload(payload)) throw new CommandError("ERR DUMP payload version or checksum are wrong");
  try {
    return restoreValue(payload);
  } catch (error) {
    if (error instanceof RdbError) throw new CommandError("ERR Bad data format");
    throw error;
  }
}

function parseRestoreOptions(call: Call): RestoreOptions {
  const { length } = call.args;
  let replace = false;
  let absolute = false;
  let idleSeconds: number | undefined;
  let frequency: number | undefined;
  for (let index = 4; index < length; index += 1) {
    const word = call.word(index);
    const more = index + 1 < length;
    if (word === "replace") replace = true;
    else if (word === "absttl") absolute = true;
    else if (word === "idletime" && more && frequency === undefined) {
      index += 1;
      idleSeconds = Number(int64Argument(call, index));
      if (idleSeconds < 0) throw new CommandError("ERR Invalid IDLETIME value, must be >= 0");
    } else if (word === "freq" && more && idleSeconds === undefined) {
      index += 1;
      frequency = Number(int64Argument(call, index));
      if (frequency < 0 || frequency > 255)
        throw new CommandError("ERR Invalid FREQ value, must be >= 0 and <= 255");
    } else throw new CommandError(SYNTAX_ERROR);
  }
  return { replace, absolute, idleSeconds, frequency };
}
