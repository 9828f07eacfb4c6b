import { CATEGORIES } from "../command-categories.ts";
import type { CommandEntry } from "../command-entry.ts";
import { ACL_ERROR, AclError } from "./acl-error.ts";
import { type CommandSets, subcommandsOf } from "./command-sets.ts";

export interface KeyPattern {
  readonly glob: string;
  read: boolean;
  write: boolean;
}

/** One set of permissions of a user: commands, keys and channels. */
export class Selector {
  allKeys = false;
  allChannels = false;
  /** `+@all` was given, so that commands of later versions are allowed too, but for those that were taken away. */
  future = false;
  keys: KeyPattern[] = [];
  channels: string[] = [];
  readonly commands: Set<CommandEntry> = new Set();
  /** First arguments with which a command is allowed that otherwise is not (`+select|0`). */
  readonly firstArgs: Map<CommandEntry, string[]> = new Map();
  readonly #sets: CommandSets;

  constructor(sets: CommandSets, allChannels = false) {
    this.#sets = sets;
    this.allChannels = allChannels;
  }

  /** Everything is allowed. */
  get unrestricted(): boolean {
    return this.allKeys && this.allChannels && this.future && this.commands.size === this.#sets.all.length;
  }

  copy(): Selector {
    const copy = new Selector(this.#sets, this.allChannels);
    copy.allKeys = this.allKeys;
    copy.future = this.future;
    copy.keys = this.keys.map((pattern) => ({ ...pattern }));
    copy.channels = [...this.channels];
    for (const entry of this.commands) copy.commands.add(entry);
    for (const [entry, words] of this.firstArgs) copy.firstArgs.set(entry, [...words]);
    return copy;
  }

  /** One rule of ACL SETUSER about commands, keys or channels; throws an AclError. Source: ACLSetSelector. */
  apply(rule: string): void {
    const word = rule.toLowerCase();
    const simple = Object.hasOwn(SIMPLE, word) ? SIMPLE[word] : undefined;
    if (simple !== undefined) simple(this);
    else if (/^[~%]/.test(rule)) this.#addKeys(rule);
    else if (rule.startsWith("&")) this.#addChannel(rule.slice(1));
    else if (/^[+-]@/.test(rule)) this.setCategory(word.slice(2), rule.startsWith("+"));
    else if (rule.startsWith("+")) this.#allow(rule.slice(1));
    else if (rule.startsWith("-")) this.setCommand(this.#find(rule.slice(1)), false);
    else throw new AclError(ACL_ERROR.syntax);
  }

  setAll(allowed: boolean): void {
    this.future = allowed;
    this.firstArgs.clear();
    this.commands.clear();
    if (allowed) for (const entry of this.#sets.all) this.commands.add(entry);
  }

  setCategory(name: string, allowed: boolean): void {
    if (!CATEGORIES.includes(name)) throw new AclError(ACL_ERROR.unknown);
    for (const entry of this.#sets.category(name)) this.setCommand(entry, allowed);
  }

  /** With its subcommands. */
  setCommand(entry: CommandEntry, allowed: boolean): void {
    this.firstArgs.delete(entry);
    for (const each of [entry, ...subcommandsOf(entry)]) {
      if (allowed) this.commands.add(each);
      else this.commands.delete(each);
    }
  }

  #find(name: string): CommandEntry {
    const entry = this.#sets.find(name);
    if (entry === undefined) throw new AclError(ACL_ERROR.unknown);
    return entry;
  }

  #allow(name: string): void {
    const bar = name.lastIndexOf("|");
    if (bar < 0) return this.setCommand(this.#find(name), true);
    const entry = this.#find(name.slice(0, bar));
    const word = name.slice(bar + 1);
    if (entry.parent !== undefined) throw new AclError(ACL_ERROR.firstArgOfSubcommand);
    if (word === "") throw new AclError(ACL_ERROR.syntax);
    if (entry.subcommands !== undefined) return this.setCommand(this.#find(name), true);
    const words = this.firstArgs.get(entry) ?? [];
    if (!words.some((known) => known.toLowerCase() === word.toLowerCase())) words.push(word);
    this.firstArgs.set(entry, words);
  }

  #addKeys(rule: string): void {
    if (this.allKeys) throw new AclError(ACL_ERROR.afterAllKeys);
    const parts = rule.startsWith("~")
      ? ["", "rw", rule.slice(1)]
      : /^%(r|w|rw|wr)(?:~([\s\S]*))?$/i.exec(rule);
    if (parts === null || hasSpaces(parts[2] ?? "")) throw new AclError(ACL_ERROR.syntax);
    const rights = (parts[1] as string).toLowerCase();
    const glob = parts[2] ?? "";
    const read = rights.includes("r");
    const write = rights.includes("w");
    const known = this.keys.find((pattern) => pattern.glob === glob);
    if (known === undefined) this.keys.push({ glob, read, write });
    else {
      known.read ||= read;
      known.write ||= write;
    }
  }

  #addChannel(glob: string): void {
    if (this.allChannels) throw new AclError(ACL_ERROR.afterAllChannels);
    if (hasSpaces(glob)) throw new AclError(ACL_ERROR.syntax);
    if (!this.channels.includes(glob)) this.channels.push(glob);
  }
}

const SIMPLE: Record<string, (selector: Selector) => void> = {};

function setKeys(all: boolean): (selector: Selector) => void {
  return (selector) => {
    selector.allKeys = all;
    selector.keys = [];
  };
}

function setChannels(all: boolean): (selector: Selector) => void {
  return (selector) => {
    selector.allChannels = all;
    selector.channels = [];
  };
}

SIMPLE.allkeys = SIMPLE["~*"] = setKeys(true);
SIMPLE.resetkeys = setKeys(false);
SIMPLE.allchannels = SIMPLE["&*"] = setChannels(true);
SIMPLE.resetchannels = setChannels(false);
SIMPLE.allcommands = SIMPLE["+@all"] = (selector) => selector.setAll(true);
SIMPLE.nocommands = SIMPLE["-@all"] = (selector) => selector.setAll(false);

export function hasSpaces(text: string): boolean {
  return /[\t\n\v\f\r \0]/.test(text);
}
