import type { Call } from "../../call.ts";
import type { Command } from "../../command.ts";
import { CommandError } from "../../command-error.ts";
import type { EntryFacts } from "../../keyspace/key-store.ts";
import { ENCODING, ENCODING_NAMES, isString } from "../../keyspace/value.ts";
import { helpCommand } from "../help.ts";
import { type KeyCommandRow, keyCommands, keyRange } from "../key-command.ts";

const SWITCHING =
  "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

/** The real server shares the objects of these numbers, and says so by this count. */
const SHARED_BELOW = 10_000;
const SHARED_COUNT = 2_147_483_647;

function row(name: string, run: (call: Call, facts: EntryFacts) => void, since = "2.2.3"): KeyCommandRow {
  return {
    name: `object|${name}`,
    arity: 3,
    flags: "readonly",
    keys: [keyRange(2, 2, "RO")],
    since,
    tips: "nondeterministic_output",
    run: (call) => {
      const facts = call.db.inspect(call.arg(2));
      if (facts === undefined) call.reply.null();
      else run(call, facts);
    },
  };
}

function encoding({ reply }: Call, { value, encoding: code }: EntryFacts): void {
  reply.bulk(isString(value) ? (ENCODING_NAMES[code] as string) : value.encoding);
}

function refcount({ node, reply }: Call, { value, encoding: code }: EntryFacts): void {
  const ages = /lru|lfu/.test(node.config.text("maxmemory-policy"));
  const shares = node.config.number("maxmemory") === 0 || !ages;
  const shared = code === ENCODING.int && Number(value) >= 0 && Number(value) < SHARED_BELOW;
  reply.integer(shares && shared && isString(value) ? SHARED_COUNT : 1);
}

function idletime(call: Call, { access }: EntryFacts): void {
  const { aging } = call.node;
  if (aging.lfu) {
    throw new CommandError(`ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING}`);
  }
  call.reply.integer(aging.idleMs(access, call.now) / 1000);
}

function freq(call: Call, { access }: EntryFacts): void {
  const { aging } = call.node;
  if (!aging.lfu) {
    throw new CommandError(
      `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING}`,
    );
  }
  call.reply.integer(aging.frequency(access, call.now));
}

export const OBJECT_SUBCOMMANDS: readonly Command[] = [
  ...keyCommands("keyspace", [
    row("encoding", encoding),
    row("freq", freq, "4.0.0"),
    row("idletime", idletime),
    row("refcount", refcount),
  ]),
  {
    ...helpCommand(
      "object",
      [
        "ENCODING <key>",
        "    How the key's value is held.",
        "FREQ <key>",
        "    The logarithmic counter of the key's uses, under an LFU policy.",
        "IDLETIME <key>",
        "    Seconds since the key was last used, unless under an LFU policy.",
        "REFCOUNT <key>",
        "    How many hold the key's value.",
      ],
      "6.2.0",
    ),
    categories: ["keyspace"],
  },
];
