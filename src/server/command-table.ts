import { CommandEntry } from "./command-entry.ts";
import type { CommandSpec, KeyRange } from "./command-spec.ts";
import type { Bytes } from "./protocol/arg.ts";
import { asString } from "./protocol/bytes.ts";

/** Spellings remembered besides lower case, so that `SET` and `Set` cost one look-up and a flood of others takes no memory. */
const SPELLINGS = 2048;

/** One node's commands. Built of lists that the files of commands/ export. */
export class CommandTable {
  readonly #commands = new Map<string, CommandEntry>();
  readonly #spellings = new Map<string, CommandEntry>();
  /** What was found last; a parser hands out the same string for the same name. */
  #lastName: string | undefined;
  #lastEntry: CommandEntry | undefined;

  constructor(lists: readonly (readonly CommandSpec[])[]) {
    for (const list of lists) for (const spec of list) this.#commands.set(spec.name, new CommandEntry(spec));
  }

  get size(): number {
    return this.#commands.size;
  }

  /** The top-level commands, in the order of the lists. */
  entries(): IterableIterator<CommandEntry> {
    return this.#commands.values();
  }

  /** A top-level command by its name in any case. */
  find(name: Bytes): CommandEntry | undefined {
    if (typeof name !== "string") return undefined;
    if (name === this.#lastName) return this.#lastEntry;
    const known = this.#spellings.get(name);
    if (known !== undefined) {
      this.#lastName = name;
      this.#lastEntry = known;
      return known;
    }
    const entry = this.#commands.get(name.toLowerCase());
    if (entry !== undefined && this.#spellings.size < SPELLINGS) this.#spellings.set(name, entry);
    return entry;
  }

  /** What these arguments call: the subcommand where the command is a container and a second argument is given. */
  resolve(args: readonly Bytes[]): CommandEntry | undefined {
    const entry = this.find(args[0] as Bytes);
    if (entry?.subcommands === undefined || args.length === 1) return entry;
    const word = args[1] as Bytes;
    return typeof word === "string" ? entry.subcommands.get(word.toLowerCase()) : undefined;
  }

  /** `get`, `config|get`: as COMMAND INFO and the ACL rules write it. */
  byFullName(name: string): CommandEntry | undefined {
    const bar = name.indexOf("|");
    if (bar < 0) return this.find(name);
    return this.find(name.slice(0, bar))?.subcommands?.get(name.slice(bar + 1).toLowerCase());
  }

  /** rename-command of redis.conf: "" takes the command away. */
  rename(from: string, to: string): void {
    const entry = this.#commands.get(from.toLowerCase());
    if (entry === undefined) return;
    this.#commands.delete(from.toLowerCase());
    this.#spellings.clear();
    this.#lastName = undefined;
    if (to !== "") this.#commands.set(to.toLowerCase(), entry);
  }

  resetStats(): void {
    for (const entry of this.#commands.values()) entry.resetStats();
  }
}

/**
 * Indexes of the keys among the arguments, for cluster routing, the ACL and COMMAND GETKEYS. Empty where the command has none; undefined
 * where the arguments make no sense (too few, a wrong count). Sharded channels, which have a slot as keys have, count only with `channelsToo`.
 */
export function keyIndexes(
  entry: CommandEntry,
  args: readonly Bytes[],
  channelsToo = false,
): number[] | undefined {
  const { spec } = entry;
  const find = channelsToo ? spec.findKeys : (spec.findSpecifiedKeys ?? spec.findKeys);
  if (find !== undefined) return find(args.map((arg) => asString(arg)));
  const found: number[] = [];
  for (const range of keyRanges(spec)) {
    if (!channelsToo && isChannel(range)) continue;
    const last = range.last < 0 ? args.length + range.last : range.last;
    for (let index = range.first; index <= last; index += range.step) {
      if (index >= args.length) return undefined;
      found.push(index);
    }
  }
  return found;
}

export function keyRanges(spec: CommandSpec): readonly KeyRange[] {
  if (spec.keys === undefined) return [];
  return Array.isArray(spec.keys) ? spec.keys : [spec.keys as KeyRange];
}

/** A sharded channel: it has a slot, but is no key. */
export function isChannel({ flags }: KeyRange): boolean {
  return flags?.includes("not_key") === true;
}

/** What is done to the key at `index`, see KeyRange.flags. */
export function keyFlags(entry: CommandEntry, args: readonly Bytes[], index: number): readonly string[] {
  const { spec } = entry;
  if (spec.keyFlags !== undefined)
    return spec.keyFlags(
      args.map((arg) => asString(arg)),
      index,
    );
  const ranges = keyRanges(spec);
  const range = ranges.find(({ first, last, step }) => {
    return index >= first && (last < 0 || index <= last) && (index - first) % step === 0;
  });
  return (range ?? ranges[0])?.flags ?? [];
}
