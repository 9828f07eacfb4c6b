import { ConfigError, SlotpackError } from "../errors.ts";
import type { Bytes } from "./protocol/arg.ts";
import { asString } from "./protocol/bytes.ts";

/** Longer arguments are values, not tokens that somebody looks for. */
const LONGEST_TOKEN = 256;
/** Different arguments that are counted. */
const MOST_TOKENS = 200_000;

/** How often commands and their arguments were executed. Arguments beyond 256 bytes are not counted. */
export class JournalCounters {
  readonly #commands = new Map<string, number>();
  readonly #tokens = new Map<string, number>();
  #full = false;

  add(name: string, args: readonly Bytes[]): void {
    this.#commands.set(name, (this.#commands.get(name) ?? 0) + 1);
    for (const token of new Set(args.slice(1))) {
      if (token.length > LONGEST_TOKEN) continue;
      const key = `${name} ${asString(token)}`;
      const count = this.#tokens.get(key);
      if (count === undefined && this.#tokens.size >= MOST_TOKENS) this.#full = true;
      else this.#tokens.set(key, (count ?? 0) + 1);
    }
  }

  /** Executions of a command (`incr`, `config|get`), with this argument among its own where one is given. */
  executions(command: string, argument: string | undefined): number {
    const name = command.toLowerCase();
    if (argument === undefined) return this.#commands.get(name) ?? 0;
    if (Buffer.byteLength(argument) > LONGEST_TOKEN) {
      const message = `executions: arguments of more than ${LONGEST_TOKEN} bytes are not counted`;
      throw new ConfigError("BAD_ARGUMENT", message, { option: "argument" });
    }
    const count = this.#tokens.get(`${name} ${Buffer.from(argument).toString("latin1")}`);
    if (count === undefined && this.#full) {
      const message = `more than ${MOST_TOKENS} different arguments came: their counts are not complete`;
      throw new SlotpackError("JOURNAL_FULL", message);
    }
    return count ?? 0;
  }

  clear(): void {
    this.#commands.clear();
    this.#tokens.clear();
    this.#full = false;
  }
}
