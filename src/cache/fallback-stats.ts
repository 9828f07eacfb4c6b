import { CacheStats, type CacheStatsFields } from "./cache-stats.ts";
import type { CircuitState } from "./circuit-breaker.ts";

export interface FallbackFields {
  readonly state: CircuitState;
  /** Of `hits`, those that memory gave in place of the primary. */
  readonly fallbackHits: number;
  /** Of `misses`, those that memory had not while the primary was not asked. */
  readonly fallbackMisses: number;
  /** Times that the primary was given up. */
  readonly outages: number;
  /** Milliseconds in which the state was not `closed`, up to now. */
  readonly outageMs: number;
  /** Changes of state. */
  readonly transitions: number;
  /** Keys now that are still to be written to, or deleted from, the primary. */
  readonly pendingWrites: number;
  /** Keys that were, after an outage. */
  readonly replayedWrites: number;
  /** Writes during an outage that the primary will not see: no room to remember them, or it refused them. */
  readonly lostWrites: number;
  /** Values that memory could not keep: too large for it, or not for its codec. */
  readonly unkept: number;
}

/** The counters of CacheStats as the callers of a FallbackBackend saw it, and what became of its primary. */
export class FallbackStats extends CacheStats implements FallbackFields {
  readonly state: CircuitState;
  readonly fallbackHits: number;
  readonly fallbackMisses: number;
  readonly outages: number;
  readonly outageMs: number;
  readonly transitions: number;
  readonly pendingWrites: number;
  readonly replayedWrites: number;
  readonly lostWrites: number;
  readonly unkept: number;

  constructor(fields: CacheStatsFields, own: FallbackFields) {
    super(fields);
    this.state = own.state;
    this.fallbackHits = own.fallbackHits;
    this.fallbackMisses = own.fallbackMisses;
    this.outages = own.outages;
    this.outageMs = own.outageMs;
    this.transitions = own.transitions;
    this.pendingWrites = own.pendingWrites;
    this.replayedWrites = own.replayedWrites;
    this.lostWrites = own.lostWrites;
    this.unkept = own.unkept;
    Object.freeze(this);
  }

  override toJSON(): Record<string, unknown> {
    const { primary, memory, ...own } = super.toJSON();
    const { state, fallbackHits, fallbackMisses, outages, outageMs, transitions } = this;
    const { pendingWrites, replayedWrites, lostWrites, unkept } = this;
    const outage = { state, fallbackHits, fallbackMisses, outages, outageMs, transitions };
    return { ...own, ...outage, pendingWrites, replayedWrites, lostWrites, unkept, primary, memory };
  }
}
