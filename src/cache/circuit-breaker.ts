/** `closed`: calls go to the primary. `open`: none does. `half-open`: few do, and each one that succeeds lets one more in. */
export type CircuitState = "closed" | "open" | "half-open";

export interface CircuitChange {
  readonly from: CircuitState;
  readonly to: CircuitState;
  /** What opened it; undefined for the other changes. */
  readonly cause: unknown;
}

export interface CircuitRules {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** Milliseconds at most between two probes. */
  readonly probeIntervalMs: number;
  /** Milliseconds without a failure after which a half-open one closes. */
  readonly rampMs: number;
}

const FIRST_PROBE_MS = 50;

/**
 * Whether calls may go to something that fails at times; pure: neither timers nor calls of its own. Time and chance are given.
 *
 * ```text
 *             failureThreshold failures in a row, or trip()
 *   closed ─────────────────────────────────────────────────▶ open ◀──┐ probeFailed(): the next one
 *     ▲                                                      │  ▲ └───┘ after twice the wait, jittered
 *     │                                    probeSucceeded()  │  │ one failure
 *     └───────────── rampMs without a failure ──────────── half-open
 * ```
 */
export class CircuitBreaker {
  readonly #rules: CircuitRules;
  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #changed: (change: CircuitChange) => void;
  #state: CircuitState = "closed";
  /** Grows each time it opens, so that what began before tells nothing about later. */
  #epoch = 0;
  #failures = 0;
  #inFlight = 0;
  #limit = 1;
  #halfOpenAtMs = 0;
  #probes = 0;
  #nextProbeAtMs = 0;
  #probing = false;

  /** `random` gives numbers in [0, 1); `changed` is called at each change of state, after it. */
  constructor(
    rules: CircuitRules,
    nowMs: () => number,
    random: () => number,
    changed: (change: CircuitChange) => void,
  ) {
    this.#rules = rules;
    this.#nowMs = nowMs;
    this.#random = random;
    this.#changed = changed;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** A ticket for one call, which one of `succeeded`, `failed` and `ended` gives back; null where the call may not go. */
  admit(): number | null {
    this.settle();
    if (this.#state === "open" || (this.#state === "half-open" && this.#inFlight >= this.#limit)) return null;
    this.#inFlight++;
    return this.#epoch;
  }

  succeeded(ticket: number): void {
    if (!this.ended(ticket)) return;
    this.#failures = 0;
    this.#limit++;
  }

  /** False where the ticket is of an earlier time, and counts for nothing. */
  failed(ticket: number, cause: unknown): boolean {
    if (!this.ended(ticket)) return false;
    this.#failures++;
    if (this.#state === "half-open" || this.#failures >= this.#rules.failureThreshold) this.trip(cause);
    return true;
  }

  /** The call told nothing about the primary. False where the ticket is of an earlier time, and counts for nothing. */
  ended(ticket: number): boolean {
    if (ticket !== this.#epoch) return false;
    this.#inFlight--;
    return true;
  }

  /** Opens it at once. */
  trip(cause: unknown): void {
    if (this.#state === "open") return;
    this.#epoch++;
    this.#failures = 0;
    this.#inFlight = 0;
    // One that answers probes and fails calls is asked ever more seldom.
    if (this.#state === "closed") this.#probes = 0;
    this.#scheduleProbe();
    this.#change("open", cause);
  }

  /** Milliseconds until the next probe is due; null where none is: it is not open, or one is under way. */
  get probeInMs(): number | null {
    if (this.#state !== "open" || this.#probing) return null;
    return Math.max(0, this.#nextProbeAtMs - this.#nowMs());
  }

  /** Whether a probe may begin now; it is then to be ended by `probeSucceeded` or `probeFailed`. */
  beginProbe(): boolean {
    if (this.probeInMs !== 0) return false;
    this.#probing = true;
    return true;
  }

  probeSucceeded(): void {
    this.#probing = false;
    if (this.#state !== "open") return;
    this.#limit = 1;
    this.#halfOpenAtMs = this.#nowMs();
    this.#change("half-open", undefined);
  }

  probeFailed(): void {
    this.#probing = false;
    this.#scheduleProbe();
  }

  /** Closes it where its time has come; for a primary that nobody calls. */
  settle(): void {
    if (this.#state === "half-open" && this.#nowMs() - this.#halfOpenAtMs >= this.#rules.rampMs)
      this.#change("closed", undefined);
  }

  /** Between half and all of the wait, so that many processes do not probe in step. */
  #scheduleProbe(): void {
    const waitMs = Math.min(this.#rules.probeIntervalMs, FIRST_PROBE_MS * 2 ** Math.min(this.#probes++, 20));
    this.#nextProbeAtMs = this.#nowMs() + waitMs * (0.5 + this.#random() / 2);
  }

  #change(to: CircuitState, cause: unknown): void {
    const from = this.#state;
    this.#state = to;
    this.#changed({ from, to, cause });
  }
}
