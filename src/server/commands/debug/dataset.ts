import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { MUST_BE_POSITIVE } from "../../errors-text.ts";
import { chosenEncoding, isString } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";
import { slice, toOwnBuffer } from "../../protocol/bytes.ts";
import { parseInt64 } from "../../protocol/int64.ts";
import { ALL_DATABASES } from "../generic/delete.ts";
import { datasetDigest, valueDigest } from "./dataset-digest.ts";

export function digest({ node, reply }: Call): void {
  reply.status(datasetDigest(node.databases));
}

export function digestValue(call: Call): void {
  const { args, db, reply } = call;
  reply.array(args.length - 2);
  for (let index = 2; index < args.length; index += 1) reply.status(valueDigest(db, call.arg(index)));
}

/** DEBUG POPULATE count [prefix] [size] */
export function populate(call: Call): void {
  const { args, db, reply } = call;
  const count = positive(call, 2);
  const prefix = args.length > 3 ? call.arg(3) : "key";
  const size = args.length > 4 ? positive(call, 4) : 0;
  for (let index = 0; index < count; index += 1) {
    const key = `${prefix}:${index}`;
    if (db.existsForWrite(key)) continue;
    db.add(key, sized(`value:${index}`, size));
    db.changed(key);
  }
  reply.ok();
}

function positive(call: Call, index: number): number {
  const value = Number(parseInt64(call.arg(index)) ?? -1);
  if (value < 0) throw new CommandError(MUST_BE_POSITIVE);
  return value;
}

/** Filled up with zero bytes. */
function sized(text: string, size: number): Bytes {
  if (size === 0) return text;
  if (size <= text.length) return text.slice(0, size);
  return slice(Buffer.concat([toOwnBuffer(text), Buffer.alloc(size - text.length)]), 0, size);
}

/**
 * DEBUG RELOAD: nothing is written to a file and read again, but what that changes is done: keys whose time is over are gone, strings have the
 * encoding that SET chooses, values are packed as if they were new.
 */
export function reload(call: Call): void {
  const { args, node, reply } = call;
  if (args.length > 2) {
    throw new CommandError("ERR DEBUG RELOAD has no options here: there is no file");
  }
  // The real one empties itself before it loads.
  node.databaseFlushed(ALL_DATABASES);
  for (const db of node.databases) {
    for (const key of [...db.names()]) {
      if (db.isExpired(key)) db.delete(key);
      else {
        const value = db.peek(key);
        if (value === undefined) continue;
        if (isString(value)) db.overwrite(key, value, chosenEncoding(value));
        else db.overwrite(key, value.copy());
      }
    }
  }
  reply.ok();
}
