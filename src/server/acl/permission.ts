import type { Denial } from "../access.ts";
import { type CommandEntry, FLAG } from "../command-entry.ts";
import { keyFlags, keyIndexes } from "../command-table.ts";
import { globMatch } from "../glob.ts";
import type { Bytes } from "../protocol/arg.ts";
import { asString } from "../protocol/bytes.ts";
import type { AclUser } from "./acl-user.ts";
import type { Selector } from "./selector.ts";

export interface Refusal {
  readonly denial: Denial;
  /** The argument that is forbidden, 0 for the command. */
  readonly index: number;
}

const WEIGHT: Record<Denial, number> = { command: 1, key: 2, channel: 4 };

/** Undefined where one of the user's selectors allows the whole command; else what the real server names as the reason. */
export function refusalOf(user: AclUser, entry: CommandEntry, args: readonly Bytes[]): Refusal | undefined {
  if (user.unrestricted) return undefined;
  let worst: Refusal = { denial: "command", index: 0 };
  for (const selector of user.selectors) {
    const refusal = selectorRefusal(selector, entry, args);
    if (refusal === undefined) return undefined;
    const more = WEIGHT[refusal.denial] - WEIGHT[worst.denial];
    if (more > 0 || (more === 0 && refusal.index > worst.index)) worst = refusal;
  }
  return worst;
}

function selectorRefusal(
  selector: Selector,
  entry: CommandEntry,
  args: readonly Bytes[],
): Refusal | undefined {
  if (!mayRun(selector, entry, args)) return { denial: "command", index: 0 };
  if (!selector.allKeys) {
    for (const index of keyIndexes(entry, args) ?? []) {
      if (!mayTouch(selector, asString(args[index] as Bytes), keyFlags(entry, args, index))) {
        return { denial: "key", index };
      }
    }
  }
  if (selector.allChannels) return undefined;
  const names = channelArguments(entry, args);
  const pattern = entry.name === "psubscribe";
  const forbidden = names.find(
    (index) => !mayListen(selector.channels, asString(args[index] as Bytes), pattern),
  );
  return forbidden === undefined ? undefined : { denial: "channel", index: forbidden };
}

function mayRun(selector: Selector, entry: CommandEntry, args: readonly Bytes[]): boolean {
  if ((entry.bits & FLAG.noAuth) !== 0 || selector.commands.has(entry)) return true;
  const words = selector.firstArgs.get(entry);
  if (words === undefined || args.length < 2) return false;
  const given = asString(args[1] as Bytes).toLowerCase();
  return words.some((word) => word.toLowerCase() === given);
}

function mayTouch({ keys }: Selector, key: string, flags: readonly string[]): boolean {
  const reads = flags.includes("access");
  const writes = flags.includes("insert") || flags.includes("delete") || flags.includes("update");
  return keys.some(({ glob, read, write }) => (read || !reads) && (write || !writes) && globMatch(glob, key));
}

/** A pattern to subscribe to has to be one of the user's, letter by letter. */
export function mayListen(allowed: readonly string[], name: string, pattern: boolean): boolean {
  return pattern ? allowed.includes(name) : allowed.some((glob) => globMatch(glob, name));
}

const CHANNELS: Record<string, "first" | "all"> = {
  publish: "first",
  spublish: "first",
  subscribe: "all",
  ssubscribe: "all",
  psubscribe: "all",
};

function channelArguments(entry: CommandEntry, args: readonly Bytes[]): number[] {
  const which = (entry.bits & FLAG.pubsub) === 0 ? undefined : CHANNELS[entry.name];
  if (which === undefined) return [];
  return which === "first" ? [1] : args.slice(1).map((_, index) => index + 1);
}
