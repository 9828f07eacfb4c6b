import type { Call } from "../call.ts";
import type { Command, CommandRun } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { memorySize } from "../config/kinds.ts";
import { subcommandSyntax } from "../errors-text.ts";
import { clusterLink, dropPackets } from "./debug/cluster-link.ts";
import { digest, digestValue, populate, reload } from "./debug/dataset.ts";
import { debugObject, sdsLength } from "./debug/describe.ts";
import { protocol } from "./debug/protocol.ts";
import { helpLines } from "./help.ts";

function sleep(call: Call): void {
  const seconds = Number.parseFloat(call.arg(2));
  if (seconds > 0) call.node.clock.sleep(seconds * 1000);
  call.reply.ok();
}

function setActiveExpire(call: Call): void {
  call.node.activeExpire = Number.parseInt(call.arg(2), 10) === 1;
  call.reply.ok();
}

function pauseCron(call: Call): void {
  call.node.cronPaused = Number.parseInt(call.arg(2), 10) !== 0;
  call.reply.ok();
}

/** Lists have no nodes here that could be packed or plain, so only the argument is looked at. */
function packedThreshold(call: Call): void {
  const limit = memorySize(call.arg(2));
  if (limit === undefined || limit > 4n * 1024n ** 3n) {
    throw new CommandError("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  call.reply.ok();
}

function error(call: Call): void {
  // Sent as it is, and counted as no error.
  call.reply.raw(`-${call.arg(2).replace(/[\r\n]/g, " ")}\r\n`);
}

/** Nothing is logged here. */
function accept({ reply }: Call): void {
  reply.ok();
}

interface Subcommand {
  /** Numbers of arguments with DEBUG and its own name. */
  readonly least: number;
  readonly most: number;
  readonly run: CommandRun;
  readonly help: readonly string[];
}

const SUBCOMMANDS: Record<string, Subcommand> = {
  clusterlink: {
    least: 5,
    most: 5,
    run: clusterLink,
    help: [
      "CLUSTERLINK KILL <to|from|all> <node-id>",
      "    End the link of this cluster node to another one, from it, or both, for a moment.",
    ],
  },
  digest: { least: 2, most: 2, run: digest, help: ["DIGEST", "    A hash of the whole data set."] },
  "digest-value": {
    least: 2,
    most: Number.POSITIVE_INFINITY,
    run: digestValue,
    help: ["DIGEST-VALUE <key> [<key> ...]", "    A hash of each key's value."],
  },
  "drop-cluster-packet-filter": {
    least: 3,
    most: 3,
    run: dropPackets,
    help: ["DROP-CLUSTER-PACKET-FILTER -1", "    Taken; there are no packets between nodes here."],
  },
  error: { least: 3, most: 3, run: error, help: ["ERROR <string>", "    Answer with this error."] },
  log: { least: 3, most: 3, run: accept, help: ["LOG <message>", "    Taken; there is no log."] },
  object: { least: 3, most: 3, run: debugObject, help: ["OBJECT <key>", "    How a key's value is held."] },
  "pause-cron": {
    least: 3,
    most: 3,
    run: pauseCron,
    help: ["PAUSE-CRON <0|1>", "    Whether timers of the server do nothing: expiry, timeouts, …"],
  },
  populate: {
    least: 3,
    most: 5,
    run: populate,
    help: ["POPULATE <count> [<prefix>] [<size>]", "    Create strings key:0, key:1, …"],
  },
  protocol: { least: 3, most: 3, run: protocol, help: ["PROTOCOL <type>", "    A reply of this type."] },
  "quicklist-packed-threshold": {
    least: 3,
    most: 3,
    run: packedThreshold,
    help: ["QUICKLIST-PACKED-THRESHOLD <size>", "    Taken; lists are not made of nodes here."],
  },
  reload: {
    least: 2,
    most: Number.POSITIVE_INFINITY,
    run: reload,
    help: ["RELOAD", "    Do to the data set what saving and loading it would."],
  },
  sdslen: {
    least: 3,
    most: 3,
    run: sdsLength,
    help: ["SDSLEN <key>", "    Lengths of a key and its string."],
  },
  "set-active-expire": {
    least: 3,
    most: 3,
    run: setActiveExpire,
    help: ["SET-ACTIVE-EXPIRE <0|1>", "    Whether keys expire that nobody asks for."],
  },
  sleep: { least: 3, most: 3, run: sleep, help: ["SLEEP <seconds>", "    Do nothing else for so long."] },
};

function debug(call: Call): void | Promise<void> {
  const { args, reply } = call;
  const word = call.word(1);
  if (word === "help" && args.length === 2) {
    return reply.statuses(
      helpLines(
        "debug",
        Object.values(SUBCOMMANDS).flatMap(({ help }) => help),
      ),
    );
  }
  const subcommand = Object.hasOwn(SUBCOMMANDS, word) ? SUBCOMMANDS[word] : undefined;
  if (subcommand === undefined || args.length < subcommand.least || args.length > subcommand.most) {
    throw new CommandError(subcommandSyntax("debug", call.arg(1)));
  }
  return subcommand.run(call);
}

export const DEBUG_COMMANDS: readonly Command[] = [
  {
    name: "debug",
    arity: -2,
    flags: ["admin", "noscript", "loading", "stale"],
    categories: [],
    since: "1.0.0",
    run: debug,
  },
];
