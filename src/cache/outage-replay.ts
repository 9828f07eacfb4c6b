import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { CacheBackend, CacheCallOptions } from "./cache-backend.ts";
import { CacheOperationError } from "./cache-error.ts";
import type { MemoryStore } from "./memory-store.ts";
import type { JournalEntry, OutageJournal } from "./outage-journal.ts";
import type { PrimaryGate } from "./primary-gate.ts";

export interface ReplayParts<V> {
  readonly primary: CacheBackend<V>;
  readonly store: MemoryStore<V>;
  readonly gate: PrimaryGate<V>;
  readonly journal: OutageJournal;
  readonly options: { readonly afterOutage: "replay" | "invalidate"; readonly replayBatchKeys: number };
}

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

/**
 * Brings the primary up to what was written while it was away: one bounded batch at a time, oldest key first, values as memory has them by then. Until a
 * key's turn has come, the primary is not asked about it.
 */
export class OutageReplay<V> {
  readonly #parts: ReplayParts<V>;
  #running: Promise<void> | undefined;
  #stopped = false;
  #replayed = 0;
  #refused = 0;

  constructor(parts: ReplayParts<V>) {
    this.#parts = parts;
  }

  get replayed(): number {
    return this.#replayed;
  }

  /** Keys that the primary let neither be written nor deleted. */
  get refused(): number {
    return this.#refused;
  }

  /** Begins, unless it is under way or there is nothing to do. It ends when all is done or the primary is away again. */
  kick(): void {
    this.#stopped = false;
    if (this.#parts.journal.isEmpty) return;
    // Not before it is noted as running: its first call may change the state, which leads here again.
    const run = () => Promise.resolve().then(() => this.#run());
    this.#running ??= run().finally(() => {
      this.#running = undefined;
      // Something may have come between the last look and here.
      if (!this.#stopped && this.#parts.gate.state !== "open") this.kick();
    });
  }

  /** Resolves when the batch under way is done; the rest stays for the next `kick()`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { journal, gate } = this.#parts;
    let waitMs = FIRST_WAIT_MS;
    while (!journal.isEmpty && !this.#stopped && gate.state !== "open") {
      if (await this.#step()) {
        waitMs = FIRST_WAIT_MS;
        continue;
      }
      await sleep(waitMs, undefined, { ref: false });
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }

  /** False where the primary did not let it, or did not answer. */
  async #step(): Promise<boolean> {
    const { primary, journal, gate, options } = this.#parts;
    const { clearVersion } = journal;
    try {
      if (clearVersion !== 0) {
        if ((await gate.ask(undefined, (call) => primary.clear(call))) === undefined) return false;
        journal.cleared(clearVersion);
        return true;
      }
      const entries = journal.next(options.replayBatchKeys);
      if ((await gate.ask(undefined, (call) => this.#bring(entries, call))) === undefined) return false;
      this.#settle(entries);
      return true;
    } catch (error) {
      // Of a batch in which something was refused, each key is tried alone.
      if (clearVersion !== 0) {
        this.#refused++;
        journal.cleared(clearVersion);
      } else await this.#bringEach(journal.next(options.replayBatchKeys));
      return error instanceof CacheOperationError;
    }
  }

  async #bringEach(entries: readonly JournalEntry[]): Promise<void> {
    const { primary, gate } = this.#parts;
    for (const entry of entries) {
      const bring = (call: CacheCallOptions) => this.#bring([entry], call);
      const remove = async (call: CacheCallOptions) => {
        await primary.delete(entry.key, call);
      };
      const answer = await gate
        .ask(undefined, bring)
        .catch(() => gate.ask(undefined, remove))
        .catch(() => null);
      if (answer === undefined) return;
      if (answer !== null) this.#settle([entry]);
      else {
        this.#refused++;
        this.#parts.journal.settled(entry);
      }
    }
  }

  /** What memory holds of the keys is written (of some their TTL alone), what it does not hold is deleted. */
  async #bring(entries: readonly JournalEntry[], call: CacheCallOptions): Promise<void> {
    const { primary, store, options } = this.#parts;
    // One listener for each write: Node warns of a leak from the eleventh on.
    if (call.signal !== undefined) setMaxListeners(0, call.signal);
    const gone: string[] = [];
    const plain: [string, V][] = [];
    const writes: Promise<unknown>[] = [];
    for (const { key, isTtlOnly } of entries) {
      const entry = options.afterOutage === "replay" ? readOrNull(store, key) : null;
      if (entry === null || entry.ttlMs < 1) gone.push(key);
      else if (isTtlOnly) writes.push(primary.expire(key, finiteOrNull(entry.ttlMs), call));
      else if (entry.metadata === null && entry.ttlMs === Number.POSITIVE_INFINITY)
        plain.push([key, entry.value]);
      else {
        const { value, ttlMs } = entry;
        const metadata = entry.metadata ?? undefined;
        writes.push(primary.set(key, value, { ...call, ttlMs: finiteOrNull(ttlMs), metadata }));
      }
    }
    if (plain.length > 0) writes.push(primary.setMany(plain, { ...call, ttlMs: null }));
    if (gone.length > 0) writes.push(primary.deleteMany(gone, call));
    // None may still be under way when its key is let go.
    const outcomes = await Promise.allSettled(writes);
    const failed = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason);
    const decisive = failed.find((error) => !(error instanceof CacheOperationError)) ?? failed[0];
    if (decisive !== undefined) throw decisive;
  }

  #settle(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.#parts.journal.settled(entry);
    this.#replayed += entries.length;
  }
}

function finiteOrNull(ttlMs: number): number | null {
  return Number.isFinite(ttlMs) ? ttlMs : null;
}

function readOrNull<V>(store: MemoryStore<V>, key: string) {
  try {
    return store.getEntry(key);
  } catch {
    return null;
  }
}
