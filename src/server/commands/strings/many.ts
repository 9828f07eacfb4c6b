import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { wrongArgumentCount } from "../../errors-text.ts";
import { isString } from "../../keyspace/value.ts";
import type { Bytes } from "../../protocol/arg.ts";

/** MGET key [key …]: nil for what is missing or no string. */
export function mget(call: Call): void {
  const { args, db, reply } = call;
  reply.array(args.length - 1);
  for (let index = 1; index < args.length; index += 1) {
    const value = db.lookupRead(call.arg(index));
    reply.bulk(value !== undefined && isString(value) ? value : null);
  }
}

/** MSET key value [key value …] */
export function mset(call: Call): void {
  checkPairs(call);
  setPairs(call);
  call.reply.ok();
}

/** MSETNX key value [key value …]: all of them, or none where one exists. */
export function msetnx(call: Call): void {
  checkPairs(call);
  for (let index = 1; index < call.args.length; index += 2) {
    if (!call.db.existsForWrite(call.arg(index))) continue;
    call.reply.integer(0);
    return;
  }
  setPairs(call);
  call.reply.integer(1);
}

function checkPairs({ args, entry }: Call): void {
  if (args.length % 2 === 0) throw new CommandError(wrongArgumentCount(entry.name));
}

function setPairs(call: Call): void {
  const { args, db, node } = call;
  for (let index = 1; index < args.length; index += 2) {
    const key = call.arg(index);
    db.set(key, args[index + 1] as Bytes);
    db.notify("$", "set", key);
  }
  node.dirty += (args.length - 1) / 2;
}
