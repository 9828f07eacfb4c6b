import { getKeyIndexes, hasFlag, list } from "@ioredis/commands";
import { ConfigError } from "../errors.ts";
import type { CommandArgument } from "./encode-command.ts";

/** Commands that change what the connection is, which all batches share. */
const CONNECTION_COMMANDS = new Set(
  `asking auth discard exec hello monitor multi psubscribe psync punsubscribe quit readonly readwrite reset select ssubscribe
   subscribe sunsubscribe sync unsubscribe unwatch watch`.split(/\s+/),
);

/** Not `exists()`, to which `constructor` is a command. */
const KNOWN: ReadonlySet<string> = new Set(list);
/** Longer than any keyword or count. */
const LONGEST_WORD = 32;

/** What a batch must know of a command before it can send it. */
export interface CommandRule {
  /** Indexes of keys among the arguments behind the name. */
  readonly keyIndexes: readonly number[];
  /**
   * Of an argument that decides about slot and order as a key does, and is none: the channel of PUBLISH and SPUBLISH. It gets no prefix.
   */
  readonly channelIndex?: number;
  readonly readOnly: boolean;
}

/**
 * Looks a command up in the command table of `@ioredis/commands`; an unknown one (of a module) counts as a write whose first argument is its
 * key. Throws ConfigError `UNSUPPORTED_COMMAND` for what a shared connection cannot carry.
 */
export function ruleOf(name: string, args: readonly CommandArgument[]): CommandRule {
  const lower = name.toLowerCase();
  const clientReply = lower === "client" && /^(reply|tracking)$/i.test(text(args[0]));
  if (CONNECTION_COMMANDS.has(lower) || clientReply)
    throw unsupported(name, "changes the connection that all calls share");
  if (lower === "publish" || lower === "spublish")
    return { keyIndexes: [], channelIndex: 0, readOnly: false };
  if (!KNOWN.has(lower)) return { keyIndexes: args.length === 0 ? [] : [0], readOnly: false };
  if (hasFlag(lower, "blocking") && !isNonBlockingRead(lower, args))
    throw unsupported(name, "blocks the connection that all calls share");
  const words = args.map((arg) => asWord(arg, args.length));
  return {
    keyIndexes: getKeyIndexes(lower, words).filter((index) => index < args.length),
    readOnly: hasFlag(lower, "readonly"),
  };
}

/** Whether a server that is out of memory refuses the command. */
export function needsMemory(name: string): boolean {
  const lower = name.toLowerCase();
  return !KNOWN.has(lower) || hasFlag(lower, "denyoom");
}

function isNonBlockingRead(lower: string, args: readonly CommandArgument[]): boolean {
  if (lower !== "xread" && lower !== "xreadgroup") return false;
  const streams = args.findIndex((arg) => /^streams$/i.test(text(arg)));
  return !args.slice(0, streams === -1 ? undefined : streams).some((arg) => /^block$/i.test(text(arg)));
}

/** An argument as the command table reads it, for keywords and counts. It believes any count, so that one is cut to what can be. */
function asWord(arg: CommandArgument, most: number): string {
  if (typeof arg !== "number" && arg.length > LONGEST_WORD) return "";
  const word = text(arg);
  return Number(word) > most ? String(most) : word;
}

function text(arg: CommandArgument | undefined): string {
  return typeof arg === "object" ? Buffer.from(arg).toString("latin1") : String(arg);
}

function unsupported(name: string, why: string): ConfigError {
  return new ConfigError(
    "UNSUPPORTED_COMMAND",
    `${name.toUpperCase()} ${why}; use a connection of your own for it`,
    { option: "command" },
  );
}
