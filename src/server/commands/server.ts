import type { Call } from "../call.ts";
import type { Command } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { SYNTAX_ERROR } from "../errors-text.ts";

function time({ node, reply }: Call): void {
  const us = node.clock.nowUs();
  reply.bulks([String(Math.floor(us / 1_000_000)), String(us % 1_000_000)]);
}

function dbSize({ db, reply }: Call): void {
  reply.integer(db.size);
}

function info(call: Call): void {
  call.reply.verbatim(call.node.info.print(call.args.slice(1).map((_, index) => call.arg(index + 1))));
}

/** Nothing is saved and there is nobody to wait for, so SAVE, NOW and FORCE make no difference. */
function shutdown(call: Call): void {
  const options = new Set(call.args.slice(1).map((_, index) => call.word(index + 1)));
  for (const option of options) {
    if (!["nosave", "save", "now", "force", "abort"].includes(option)) throw new CommandError(SYNTAX_ERROR);
  }
  const abort = options.has("abort");
  if ((abort && options.size > 1) || (options.has("save") && options.has("nosave"))) {
    throw new CommandError(SYNTAX_ERROR);
  }
  if (abort) throw new CommandError("ERR No shutdown in progress.");
  if (!options.has("now") && call.client.denyBlocking) {
    throw new CommandError("ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client");
  }
  call.node.shutdown();
}

export const SERVER_COMMANDS: readonly Command[] = [
  {
    name: "time",
    arity: 1,
    flags: ["loading", "stale", "fast"],
    categories: [],
    since: "2.6.0",
    tips: ["nondeterministic_output"],
    run: time,
  },
  {
    name: "dbsize",
    arity: 1,
    flags: ["readonly", "fast"],
    categories: ["keyspace"],
    since: "1.0.0",
    tips: ["request_policy:all_shards", "response_policy:agg_sum"],
    run: dbSize,
  },
  {
    name: "info",
    arity: -1,
    flags: ["loading", "stale"],
    categories: ["dangerous"],
    since: "1.0.0",
    tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    run: info,
  },
  {
    name: "shutdown",
    arity: -1,
    flags: ["admin", "noscript", "loading", "stale", "no_multi", "allow_busy"],
    categories: [],
    since: "1.0.0",
    run: shutdown,
  },
];
