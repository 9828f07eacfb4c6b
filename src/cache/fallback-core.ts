import type { CacheBackend } from "./cache-backend.ts";
import { CacheStats } from "./cache-stats.ts";
import type { CircuitChange } from "./circuit-breaker.ts";
import { FallbackCalls } from "./fallback-calls.ts";
import { FallbackMemory } from "./fallback-memory.ts";
import type { ResolvedFallbackOptions } from "./fallback-options.ts";
import { FallbackServing } from "./fallback-serving.ts";
import type { FallbackFields } from "./fallback-stats.ts";
import type { MemoryBackend } from "./memory-backend.ts";
import type { MemoryStore } from "./memory-store.ts";
import { OutageHistory } from "./outage-history.ts";
import { OutageJournal } from "./outage-journal.ts";
import { OutageReplay } from "./outage-replay.ts";
import { PrimaryGate } from "./primary-gate.ts";

export interface FallbackListener {
  state(change: CircuitChange): void;
  overflow(): void;
}

/** The parts of a FallbackBackend, and what they tell each other. */
export class FallbackCore<V> {
  readonly gate: PrimaryGate<V>;
  readonly serving: FallbackServing<V>;
  readonly replay: OutageReplay<V>;
  readonly #history: OutageHistory = new OutageHistory();
  readonly #memory: FallbackMemory<V>;
  readonly #journal: OutageJournal;
  readonly #onOverflow: ResolvedFallbackOptions["onOverflow"];
  readonly #listener: FallbackListener;
  readonly #changes: CircuitChange[] = [];
  #overflowed = false;

  constructor(
    primary: CacheBackend<V>,
    store: MemoryStore<V>,
    options: ResolvedFallbackOptions,
    listener: FallbackListener,
  ) {
    this.#onOverflow = options.onOverflow;
    this.#listener = listener;
    this.#memory = new FallbackMemory(store, options.maxStalenessMs);
    this.#journal = new OutageJournal(options.maxPendingKeys);
    this.gate = new PrimaryGate(primary, options, (change) => this.#changed(change));
    const shared = { primary, gate: this.gate, journal: this.#journal };
    this.replay = new OutageReplay({ ...shared, store, options });
    const calls = new FallbackCalls({
      ...shared,
      memory: this.#memory,
      pending: (keys, isTtlOnly) => this.#pending(keys, isTtlOnly),
      pendingClear: () => this.#pendingClear(),
    });
    this.serving = new FallbackServing(calls, this.#history);
  }

  /** Memory's own, with the calls that it served in place of the primary. */
  async memoryStats(memory: MemoryBackend<V>): Promise<CacheStats> {
    const stats = await memory.getStats();
    const { fallbackHits: hits, fallbackMisses: misses } = this.#history.fields();
    return new CacheStats({ ...stats, hits, misses, sets: this.#memory.stored });
  }

  fields(): FallbackFields {
    return {
      state: this.gate.state,
      ...this.#history.fields(),
      pendingWrites: this.#journal.size,
      replayedWrites: this.replay.replayed,
      lostWrites: this.#journal.lost + this.replay.refused,
      unkept: this.#memory.refused,
    };
  }

  #changed(change: CircuitChange): void {
    this.#history.changed(change);
    if (change.to === "closed") this.#overflowed = false;
    this.#changes.push(change);
    // What a listener does may change the state again; the others hear of this one first.
    if (this.#changes.length > 1) return;
    while (this.#changes.length > 0) {
      this.#listener.state(this.#changes[0]!);
      this.#changes.shift();
    }
    if (this.gate.state !== "open") this.replay.kick();
  }

  #pending(keys: readonly string[], isTtlOnly?: boolean): void {
    for (const key of keys) if (!this.#journal.note(key, isTtlOnly)) this.#overflow();
    if (this.gate.state !== "open") this.replay.kick();
  }

  #pendingClear(): void {
    this.#journal.noteClear();
    if (this.gate.state !== "open") this.replay.kick();
  }

  #overflow(): void {
    if (this.#overflowed) return;
    this.#overflowed = true;
    if (this.#onOverflow === "clear") this.#journal.noteClear();
    this.#listener.overflow();
  }
}
