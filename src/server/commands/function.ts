import type { Call } from "../call.ts";
import type { Command, CommandRun } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { CommandFlag } from "../command-spec.ts";
import { subcommandSyntax } from "../errors-text.ts";
import type { Bytes } from "../protocol/arg.ts";
import { isDumpPayload, isEmptyPayload, sealedPayload } from "../rdb/dump-payload.ts";
import { container } from "./container.ts";
import { helpCommand } from "./help.ts";

/**
 * A server that has no engine, and so no library ever: what is asked about libraries is answered truly, LOAD is an unknown subcommand. `redis-cli --cluster add-node` asks every node so,
 * and carries the dump of one to the other.
 */
function list(call: Call): void {
  const left = ["withcode", "libraryname"];
  for (let index = 2; index < call.args.length; index += 1) {
    const place = left.indexOf(call.word(index));
    if (place < 0) throw new CommandError(`ERR Unknown argument ${call.arg(index)}`);
    const [word] = left.splice(place, 1);
    if (word !== "libraryname") continue;
    index += 1;
    if (index >= call.args.length) throw new CommandError("ERR library name argument was not given");
  }
  call.reply.array(0);
}

function flush(call: Call): void {
  const { args, node, reply } = call;
  if (args.length > 3) throw new CommandError(subcommandSyntax("function", call.arg(1)));
  if (args.length === 3 && !["sync", "async"].includes(call.word(2))) {
    throw new CommandError("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  node.dirty += 1;
  reply.ok();
}

function dump({ reply }: Call): void {
  reply.bulk(sealedPayload([]));
}

/** FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE] */
function restore(call: Call): void {
  const { args, node, reply } = call;
  if (args.length > 4) throw new CommandError(subcommandSyntax("function", call.arg(1)));
  if (args.length === 4 && !["flush", "append", "replace"].includes(call.word(3))) {
    throw new CommandError(
      "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
    );
  }
  const payload = args[2] as Bytes;
  if (!isDumpPayload(payload)) throw new CommandError("ERR DUMP payload version or checksum are wrong");
  if (!isEmptyPayload(payload)) throw new CommandError("ERR libraries of functions are not supported");
  node.dirty += 1;
  reply.ok();
}

/** There are no engines whose libraries could be counted. */
function stats({ reply }: Call): void {
  reply.map(2);
  reply.bulk("running_script");
  reply.null();
  reply.bulk("engines");
  reply.map(0);
}

function remove(): void {
  throw new CommandError("ERR Library not found");
}

function kill(): void {
  throw new CommandError("NOTBUSY No scripts in execution right now.");
}

const ON_ALL_SHARDS = ["request_policy:all_shards", "response_policy:all_succeeded"];

function subcommand(
  name: string,
  arity: number,
  run: CommandRun,
  flags: readonly CommandFlag[],
  tips: readonly string[] = [],
): Command {
  return {
    name: `function|${name}`,
    arity,
    flags: [...flags, "noscript"],
    categories: ["scripting"],
    since: "7.0.0",
    tips,
    run,
  };
}

const HELP = [
  "DELETE <LIBRARY NAME>",
  "    Answers that there is no such library.",
  "DUMP",
  "    The serialized form of no libraries.",
  "FLUSH [ASYNC|SYNC]",
  "    Delete all the libraries, of which there are none.",
  "KILL",
  "    Answers that no function runs.",
  "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
  "    The libraries, of which there are none.",
  "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
  "    Take the serialized form of no libraries; any other is an error.",
  "STATS",
  "    The running function and the engines, of which there are none.",
];

export const FUNCTION_COMMANDS: readonly Command[] = [
  container("function", "7.0.0", [
    subcommand("delete", 3, remove, ["write"], ON_ALL_SHARDS),
    subcommand("dump", 2, dump, []),
    subcommand("flush", -2, flush, ["write"], ON_ALL_SHARDS),
    { ...helpCommand("function", HELP, "7.0.0"), categories: ["scripting"] },
    subcommand(
      "kill",
      2,
      kill,
      ["allow_busy"],
      ["request_policy:all_shards", "response_policy:one_succeeded"],
    ),
    subcommand("list", -2, list, [], ["nondeterministic_output_order"]),
    subcommand("restore", -3, restore, ["write", "denyoom"], ON_ALL_SHARDS),
    subcommand(
      "stats",
      2,
      stats,
      ["allow_busy"],
      ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    ),
  ]),
];
