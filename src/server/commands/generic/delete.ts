import type { Call } from "../../call.ts";
import { CommandError } from "../../command-error.ts";
import { SYNTAX_ERROR } from "../../errors-text.ts";

/** For `databaseFlushed`. */
export const ALL_DATABASES = -1;

/** DEL key [key …], UNLINK key [key …] */
export function del(call: Call): void {
  const { args, db, node, reply } = call;
  let deleted = 0;
  for (let index = 1; index < args.length; index += 1) {
    const key = call.arg(index);
    db.expireIfNeeded(key);
    if (!db.delete(key)) continue;
    db.changed(key);
    db.notify("g", "del", key);
    node.dirty += 1;
    deleted += 1;
  }
  reply.integer(deleted);
}

/** FLUSHDB [ASYNC | SYNC]; propagated even where there was nothing to remove. */
export function flushdb(call: Call): void {
  checkFlushMode(call);
  call.node.dirty += call.db.flush();
  call.propagate(call.args);
  call.reply.ok();
}

/** FLUSHALL [ASYNC | SYNC] */
export function flushall(call: Call): void {
  checkFlushMode(call);
  const { node } = call;
  node.databaseFlushed(ALL_DATABASES);
  for (const db of node.databases) node.dirty += db.flush(false);
  call.propagate(call.args);
  call.reply.ok();
}

/** Either way it is done at once: nothing here takes long enough to be put off. */
function checkFlushMode(call: Call): void {
  if (call.args.length === 1) return;
  const word = call.word(1);
  if (call.args.length > 2 || (word !== "sync" && word !== "async")) throw new CommandError(SYNTAX_ERROR);
}
