import type { CircuitChange } from "./circuit-breaker.ts";
import type { FallbackFields } from "./fallback-stats.ts";

/** Counts for FallbackStats what happened while the primary was away. */
export class OutageHistory {
  readonly #nowMs: () => number;
  #fallbackHits = 0;
  #fallbackMisses = 0;
  #outages = 0;
  #transitions = 0;
  #pastMs = 0;
  #sinceMs: number | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  hit(count: number): void {
    this.#fallbackHits += count;
  }

  miss(count: number): void {
    this.#fallbackMisses += count;
  }

  changed({ from, to }: Pick<CircuitChange, "from" | "to">): void {
    this.#transitions++;
    if (to === "open") this.#outages++;
    if (from === "closed") this.#sinceMs = this.#nowMs();
    if (to === "closed" && this.#sinceMs !== undefined) {
      this.#pastMs += this.#nowMs() - this.#sinceMs;
      this.#sinceMs = undefined;
    }
  }

  fields(): Pick<FallbackFields, "fallbackHits" | "fallbackMisses" | "outages" | "outageMs" | "transitions"> {
    const runningMs = this.#sinceMs === undefined ? 0 : this.#nowMs() - this.#sinceMs;
    return {
      fallbackHits: this.#fallbackHits,
      fallbackMisses: this.#fallbackMisses,
      outages: this.#outages,
      outageMs: this.#pastMs + runningMs,
      transitions: this.#transitions,
    };
  }
}
