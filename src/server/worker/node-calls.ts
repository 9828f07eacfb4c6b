import type { Fault } from "../faults/fault-options.ts";
import type { Faults } from "../faults/faults.ts";
import type { JournalEntry } from "../journal-entry.ts";
import type { ServerNode } from "../server-node.ts";

/** Methods of Faults that add one. */
export type FaultMethod =
  | "latency"
  | "split"
  | "freeze"
  | "halfOpen"
  | "closeAfter"
  | "error"
  | "drop"
  | "extra"
  | "malformed";

/** What the other thread can ask of a node's server; nodes and faults are numbers there. */
export class NodeCalls {
  readonly #nodeOf: (key: number) => ServerNode;
  readonly #faults: Fault[] = [];

  constructor(nodeOf: (key: number) => ServerNode) {
    this.#nodeOf = nodeOf;
  }

  /** Returns the fault's number. */
  addFault(key: number, method: FaultMethod, ...args: readonly unknown[]): number {
    const faults = this.#nodeOf(key).faults as Faults & Record<FaultMethod, (...args: unknown[]) => Fault>;
    return this.#faults.push(faults[method](...args)) - 1;
  }

  faultHits(fault: number): number {
    return this.#faults[fault]?.hits ?? 0;
  }

  removeFault(fault: number): void {
    this.#faults[fault]?.remove();
  }

  seedFaults(key: number, seed: number): void {
    this.#nodeOf(key).faults.seed(seed);
  }

  clearFaults(key: number): void {
    this.#nodeOf(key).faults.clear();
  }

  journalRunning(key: number): boolean {
    return this.#nodeOf(key).journal.running;
  }

  startJournal(key: number, options?: { readonly limit?: number | undefined }): void {
    this.#nodeOf(key).journal.start(options);
  }

  stopJournal(key: number): void {
    this.#nodeOf(key).journal.stop();
  }

  clearJournal(key: number): void {
    this.#nodeOf(key).journal.clear();
  }

  journalEntries(key: number, connection?: number): JournalEntry[] {
    return this.#nodeOf(key).journal.entries(connection);
  }

  executions(key: number, command: string, argument?: string): number {
    return this.#nodeOf(key).journal.executions(command, argument);
  }

  snapshot(key: number): Uint8Array {
    return this.#nodeOf(key).snapshot();
  }

  restore(key: number, snapshot: Uint8Array): void {
    this.#nodeOf(key).restore(snapshot);
  }
}
