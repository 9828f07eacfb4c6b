import type { JournalEntry } from "../journal-entry.ts";
import type { NodeCalls } from "./node-calls.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** The journal of a node in another thread: the methods of `Journal`, as promises. */
export class WorkerJournal {
  readonly #thread: WorkerThread<NodeCalls>;
  readonly #key: number;

  /** @internal */
  constructor(thread: WorkerThread<NodeCalls>, key: number) {
    this.#thread = thread;
    this.#key = key;
  }

  get running(): Promise<boolean> {
    return this.#thread.call("journalRunning", this.#key);
  }

  start(options?: { readonly limit?: number | undefined }): Promise<void> {
    return this.#thread.call("startJournal", this.#key, options);
  }

  stop(): Promise<void> {
    return this.#thread.call("stopJournal", this.#key);
  }

  clear(): Promise<void> {
    return this.#thread.call("clearJournal", this.#key);
  }

  entries(connection?: number): Promise<JournalEntry[]> {
    return this.#thread.call("journalEntries", this.#key, connection);
  }

  executions(command: string, argument?: string): Promise<number> {
    return this.#thread.call("executions", this.#key, command, argument);
  }
}
