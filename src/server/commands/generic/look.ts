import type { Call } from "../../call.ts";
import { globMatch } from "../../glob.ts";

/** EXISTS key [key …]: a key named twice counts twice. */
export function exists(call: Call): void {
  let found = 0;
  for (let index = 1; index < call.args.length; index += 1) if (call.db.exists(call.arg(index))) found += 1;
  call.reply.integer(found);
}

/** TOUCH key [key …] */
export function touch(call: Call): void {
  let found = 0;
  for (let index = 1; index < call.args.length; index += 1) {
    if (call.db.lookupReadForNow(call.arg(index)) !== undefined) found += 1;
  }
  call.reply.integer(found);
}

/** TYPE key */
export function type(call: Call): void {
  call.reply.status(call.db.typeOf(call.arg(1)));
}

/** RANDOMKEY */
export function randomkey({ db, node, reply }: Call): void {
  reply.bulk(db.randomKey(node.random) ?? null);
}

/** KEYS pattern: keys whose time is over are left out, but not deleted. */
export function keys(call: Call): void {
  const { db, reply } = call;
  const pattern = call.arg(1);
  const all = pattern === "*";
  reply.bulks(db.names().filter((key) => (all || globMatch(pattern, key)) && !db.isExpired(key)));
}
