import type { Denial } from "../access.ts";
import type { Call } from "../call.ts";
import type { QueuedCommand } from "../client.ts";
import type { Command, CommandFlag } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { EXEC_ABORT } from "../errors-text.ts";
import { discardTransaction } from "../transaction-state.ts";

const REASONS: Record<Denial, string> = {
  command: "no permission to execute the command or subcommand",
  key: "no permission to touch the specified keys",
  channel: "no permission to access one of the channels used as arguments",
};

function multi({ client, reply }: Call): void {
  if (client.multi) throw new CommandError("ERR MULTI calls can not be nested");
  client.multi = true;
  reply.ok();
}

function discard({ client, node, reply }: Call): void {
  if (!client.multi) throw new CommandError("ERR DISCARD without MULTI");
  discardTransaction(node, client);
  reply.ok();
}

function exec(call: Call): void | Promise<void> {
  const { client, node, reply } = call;
  if (!client.multi) throw new CommandError("ERR EXEC without MULTI");
  const expired = client.watched.some(
    ({ db, key, expired }) => !expired && node.databases[db]?.isExpired(key),
  );
  if (client.dirtyExec || client.dirtyCas || expired) {
    if (client.dirtyExec) reply.error(EXEC_ABORT);
    else reply.nullArray();
    discardTransaction(node, client);
    return;
  }
  node.watches.forget(client);
  reply.array(client.queue.length);
  return runQueue({ client, node, reply }, 0, client.denyBlocking);
}

/** A command that has to wait (MIGRATE) lets others in between; every other transaction runs in one go. */
function runQueue(
  call: Pick<Call, "client" | "node" | "reply">,
  from: number,
  denyBlocking: boolean,
): void | Promise<void> {
  const { client, node, reply } = call;
  client.denyBlocking = true;
  node.inExec = true;
  for (let index = from; index < client.queue.length; index += 1) {
    const { entry, args } = client.queue[index] as QueuedCommand;
    const denial = client.user && node.access.check(client, entry, args, "multi");
    if (denial !== undefined) {
      reply.error(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
          `This command is no longer allowed for the following reason: ${REASONS[denial]}`,
      );
      continue;
    }
    const running = node.executor.execute(client, entry, args);
    if (running === undefined) continue;
    node.inExec = false;
    return running.then(() => runQueue(call, index + 1, denyBlocking));
  }
  client.denyBlocking = denyBlocking;
  node.inExec = false;
  discardTransaction(node, client);
}

function watch(call: Call): void {
  const { args, client, db, node, reply } = call;
  if (client.multi) throw new CommandError("ERR WATCH inside MULTI is not allowed");
  if (!client.dirtyCas) {
    for (let index = 1; index < args.length; index += 1) {
      const key = call.arg(index);
      node.watches.add(client, client.db, key, db.isExpired(key));
    }
  }
  reply.ok();
}

function unwatch({ client, node, reply }: Call): void {
  node.watches.forget(client);
  client.dirtyCas = false;
  reply.ok();
}

const FAST: readonly CommandFlag[] = ["noscript", "loading", "stale", "fast", "allow_busy"];
const TRANSACTION = { categories: ["transaction"] } as const;

export const TRANSACTION_COMMANDS: readonly Command[] = [
  { name: "multi", arity: 1, flags: FAST, ...TRANSACTION, since: "1.2.0", run: multi },
  {
    name: "exec",
    arity: 1,
    flags: ["noscript", "loading", "stale", "skip_slowlog"],
    ...TRANSACTION,
    since: "1.2.0",
    run: exec,
  },
  { name: "discard", arity: 1, flags: FAST, ...TRANSACTION, since: "2.0.0", run: discard },
  {
    name: "watch",
    arity: -2,
    flags: FAST,
    keys: { first: 1, last: -1, step: 1, flags: ["RO"] },
    ...TRANSACTION,
    since: "2.2.0",
    run: watch,
  },
  { name: "unwatch", arity: 1, flags: FAST, ...TRANSACTION, since: "2.2.0", run: unwatch },
];
