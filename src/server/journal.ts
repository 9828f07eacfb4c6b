import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { CommandEntry } from "./command-entry.ts";
import type { Hooks } from "./hooks.ts";
import { JournalCounters } from "./journal-counters.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { checkOptions, wholeNumber } from "./option-check.ts";
import type { Bytes } from "./protocol/arg.ts";
import { slice, toBuffer } from "./protocol/bytes.ts";
import type { Wire } from "./wire.ts";

const DEFAULT_LIMIT = 10_000;
const MOST_ARGUMENTS = 32;
const LONGEST_ARGUMENT = 256;

interface Line extends JournalEntry {
  executions: number;
  durationUs: number;
  outcome: string;
}

/**
 * What came in on a node's connections and what became of it. Off until `start`; keeps the last 10,000 commands and counts all executions. What replicas
 * apply is not in it.
 */
export class Journal implements Wire {
  readonly #clock: Clock;
  readonly #use: (wire: Wire | undefined) => void;
  readonly #counters = new JournalCounters();
  readonly #lines = new Set<Line>();
  /** Weak, so that large values are not kept alive. */
  #lineOf = new WeakMap<readonly Bytes[], Line>();
  readonly #errors = new WeakMap<Client, number>();
  #limit = DEFAULT_LIMIT;
  #number = 0;
  #hooked = false;
  #running = false;
  readonly #executed: Hooks["executed"];

  /** @internal */
  constructor(clock: Clock, executed: Hooks["executed"], use: (wire: Wire | undefined) => void) {
    this.#clock = clock;
    this.#executed = executed;
    this.#use = use;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Begins, or goes on, to write down; `limit` commands are kept, 10,000 by default. */
  start(options: { readonly limit?: number | undefined } = {}): void {
    checkOptions("journal.start", options, { limit: wholeNumber(0) });
    this.#limit = options.limit ?? DEFAULT_LIMIT;
    this.#running = true;
    this.#use(this);
    if (this.#hooked) return;
    this.#hooked = true;
    this.#executed.push((client, entry, args, durationUs) => this.#ran(client, entry, args, durationUs));
  }

  /** What was written stays. */
  stop(): void {
    this.#running = false;
    this.#use(undefined);
  }

  /** Forgets entries and counters. */
  clear(): void {
    this.#lines.clear();
    this.#lineOf = new WeakMap();
    this.#counters.clear();
  }

  /** The commands that are kept, oldest first; of one connection only (as CLIENT ID) where one is given. */
  entries(connection?: number): JournalEntry[] {
    const lines = [...this.#lines].map((line) => ({ ...line }));
    return connection === undefined ? lines : lines.filter((line) => line.connection === connection);
  }

  /**
   * How often a command was executed since `start`, with this argument among its own where one is given: `executions("rpush", token)` is 1 where a
   * write ran exactly once. Subcommands: `config|get`. Throws ConfigError `BAD_ARGUMENT` for an argument of more than 256
   * bytes, and SlotpackError `JOURNAL_FULL` where so many different ones came that the answer is not known.
   */
  executions(command: string, argument?: string): number {
    return this.#counters.executions(command, argument);
  }

  /** @internal */
  command(client: Client, args: readonly Bytes[]): undefined {
    if (client.transport === undefined) return;
    this.#number += 1;
    this.#errors.set(client, client.reply.errors);
    const line: Line = {
      number: this.#number,
      time: this.#clock.nowMs(),
      connection: client.id,
      connectionName: client.name,
      args: args.slice(0, MOST_ARGUMENTS).map(shown),
      executions: 0,
      durationUs: 0,
      outcome: "waiting",
    };
    this.#lines.add(line);
    this.#lineOf.set(args, line);
    for (const oldest of this.#lines) {
      if (this.#lines.size <= this.#limit) break;
      this.#lines.delete(oldest);
    }
  }

  /** @internal */
  replied(client: Client, args: readonly Bytes[], mark: number): void {
    const line = this.#lineOf.get(args);
    if (line === undefined) return;
    const failed = client.reply.errors !== this.#errors.get(client);
    line.outcome = (failed && errorAt(client, mark)) || (line.executions > 0 ? "ok" : "queued");
  }

  /** A command ran, by itself or in EXEC. */
  #ran(client: Client, entry: CommandEntry, args: readonly Bytes[], durationUs: number): void {
    if (!this.#running || client.transport === undefined) return;
    this.#counters.add(entry.name, args);
    const line = this.#lineOf.get(args);
    if (line === undefined) return;
    line.executions += 1;
    line.durationUs += durationUs;
    if (line.outcome === "queued") line.outcome = "ok";
  }
}

/** The text of the reply that begins at `mark`, where it is an error. */
function errorAt(client: Client, mark: number): string | undefined {
  const pieces = client.reply.takeFrom(mark);
  client.reply.append(pieces);
  const text = typeof pieces[0] === "string" ? pieces[0] : "";
  return text.startsWith("-") ? text.slice(1, text.indexOf("\r\n")) : undefined;
}

function shown(arg: Bytes): string {
  return toBuffer(slice(arg, 0, LONGEST_ARGUMENT)).toString("utf8");
}
