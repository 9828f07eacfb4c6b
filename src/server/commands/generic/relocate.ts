import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { DB_OUT_OF_RANGE, NO_SUCH_KEY, SAME_OBJECT, SYNTAX_ERROR } from "../../errors-text.ts";
import type { Database } from "../../keyspace/database.ts";
import { intArgument } from "../number-argument.ts";

/** RENAME key newkey */
export function rename(call: Call): void {
  giveName(call, false);
  call.reply.ok();
}

/** RENAMENX key newkey */
export function renamenx(call: Call): void {
  call.reply.integer(giveName(call, true) ? 1 : 0);
}

/** False where the new name was the old one, or (with `onlyFree`) taken. */
function giveName(call: Call, onlyFree: boolean): boolean {
  const { db, node } = call;
  const from = call.arg(1);
  const to = call.arg(2);
  if (!db.existsForWrite(from)) throw new CommandError(NO_SUCH_KEY);
  if (from === to || (db.existsForWrite(to) && onlyFree)) return false;
  db.rename(from, to);
  db.changed(from);
  db.changed(to);
  db.notify("g", "rename_from", from);
  db.notify("g", "rename_to", to);
  node.dirty += 1;
  return true;
}

/** MOVE key db */
export function move(call: Call): void {
  const { db, node, reply } = call;
  if (node.clusterEnabled) throw new CommandError("ERR MOVE is not allowed in cluster mode");
  const target = databaseArgument(call, 2);
  if (target === db) throw new CommandError(SAME_OBJECT);
  const key = call.arg(1);
  if (!db.existsForWrite(key) || target.existsForWrite(key)) {
    reply.integer(0);
    return;
  }
  db.move(key, target);
  db.changed(key);
  target.changed(key);
  db.notify("g", "move_from", key);
  target.notify("g", "move_to", key);
  node.dirty += 1;
  reply.integer(1);
}

/** COPY source destination [DB db] [REPLACE] */
export function copy(call: Call): void {
  const { args, db, node, reply } = call;
  let replace = false;
  let target: Database = db;
  let elsewhere = false;
  for (let index = 3; index < args.length; index += 1) {
    const word = call.word(index);
    if (word === "replace") replace = true;
    else if (word === "db" && index + 1 < args.length) {
      index += 1;
      elsewhere = outsideCluster(call, index);
      target = elsewhere ? db : databaseArgument(call, index);
    } else throw new CommandError(SYNTAX_ERROR);
  }
  const from = call.arg(1);
  const to = call.arg(2);
  if (elsewhere) {
    throw new CommandError("ERR Copying to another database is not allowed in cluster mode");
  }
  if (target === db && from === to) throw new CommandError(SAME_OBJECT);
  const found = db.lookupReadForNow(from) !== undefined;
  const taken = found && target.existsForWrite(to);
  if (!found || (taken && !replace)) {
    reply.integer(0);
    return;
  }
  if (taken) target.delete(to);
  db.copy(from, target, to);
  target.changed(to);
  target.notify("g", "copy_to", to);
  node.dirty += 1;
  reply.integer(1);
}

/** SWAPDB index1 index2 */
export function swapdb(call: Call): void {
  const { node, reply } = call;
  if (node.clusterEnabled) throw new CommandError("ERR SWAPDB is not allowed in cluster mode");
  const first = node.databases[intArgument(call, 1, "ERR invalid first DB index")];
  const second = node.databases[intArgument(call, 2, "ERR invalid second DB index")];
  if (first === undefined || second === undefined) throw new CommandError(DB_OUT_OF_RANGE);
  if (first !== second) {
    node.watches.touchAll(first.id, first, second);
    node.watches.touchAll(second.id, second, first);
    first.swap(second);
  }
  node.dirty += 1;
  reply.ok();
}

/** A cluster's node has one database, and names of others: as many as `databases` says. */
function outsideCluster(call: Call, index: number): boolean {
  const { config, clusterEnabled } = call.node;
  const number = clusterEnabled ? intArgument(call, index) : 0;
  return number > 0 && number < config.number("databases");
}

function databaseArgument(call: Call, index: number): Database {
  const database = call.node.databases[intArgument(call, index)];
  if (database === undefined) throw new CommandError(DB_OUT_OF_RANGE);
  return database;
}
