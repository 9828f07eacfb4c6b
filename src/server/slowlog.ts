import type { Bytes } from "./protocol/arg.ts";
import { slice } from "./protocol/bytes.ts";

export interface SlowlogEntry {
  readonly id: number;
  /** Seconds since 1970 at which the command ended. */
  readonly time: number;
  /** Microseconds. */
  readonly duration: number;
  readonly args: readonly Bytes[];
  readonly address: string;
  readonly clientName: string;
}

const MOST_ARGS = 32;
const MOST_BYTES = 128;

/** The latest commands that took long; ids go on over RESET. */
export class Slowlog {
  #entries: SlowlogEntry[] = [];
  #nextId = 0;
  #limit = 128;

  /** Number of entries kept. */
  get length(): number {
    return this.#entries.length;
  }

  /** slowlog-max-len. */
  set limit(limit: number) {
    this.#limit = limit;
  }

  /** After every command while any may be logged: only then what is beyond the limit goes, as in the real server. */
  trim(): void {
    if (this.length > this.#limit) this.#entries.splice(0, this.length - this.#limit);
  }

  /** Long arguments, and many, are cut as the real server does. */
  add(entry: Omit<SlowlogEntry, "id">): void {
    this.#entries.push({ ...entry, id: this.#nextId, args: shortened(entry.args) });
    this.#nextId += 1;
    this.trim();
  }

  /** The newest first. */
  latest(count: number): SlowlogEntry[] {
    return this.#entries.slice(Math.max(0, this.length - count)).reverse();
  }

  clear(): void {
    this.#entries = [];
  }
}

function shortened(args: readonly Bytes[]): readonly Bytes[] {
  const shown = args.slice(0, MOST_ARGS).map((arg) => {
    if (arg.length <= MOST_BYTES) return arg;
    return `${slice(arg, 0, MOST_BYTES)}... (${arg.length - MOST_BYTES} more bytes)`;
  });
  if (args.length > MOST_ARGS) {
    shown[MOST_ARGS - 1] = `... (${args.length - MOST_ARGS + 1} more arguments)`;
  }
  return shown;
}
