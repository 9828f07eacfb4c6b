import { AbortWatch } from "../cluster/abort-watch.ts";
import { AbortError, ConfigError } from "../errors.ts";
import type { CacheBackend, CacheCallOptions } from "./cache-backend.ts";
import { CacheConnectionError, CacheOperationError } from "./cache-error.ts";
import {
  CircuitBreaker,
  type CircuitChange,
  type CircuitRules,
  type CircuitState,
} from "./circuit-breaker.ts";

export interface GateRules extends CircuitRules {
  readonly primaryTimeoutMs: number;
  readonly disconnectedMs: number;
}

/** What a server says while it is not, or not yet, fit to serve anybody. */
const NOT_SERVING = new Set(
  "LOADING CLUSTERDOWN MASTERDOWN READONLY TRYAGAIN BUSY NOREPLICAS NOAUTH WRONGPASS".split(" "),
);
const WATCH_MS = 50;

/**
 * The way to the primary of a FallbackBackend: lets calls through while they succeed, gives them up when the connection is gone, and probes until
 * it is back, one PING at a time. Its timers keep no process alive.
 */
export class PrimaryGate<V> {
  readonly #primary: CacheBackend<V>;
  readonly #rules: GateRules;
  readonly #breaker: CircuitBreaker;
  readonly #changed: (change: CircuitChange) => void;
  readonly #asking = new Set<AbortController>();
  readonly #aborts = new AbortWatch();
  #probeTimer: NodeJS.Timeout | undefined;
  #rampTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  #wasConnected = false;
  #missingSinceMs: number | undefined;
  #closed = false;

  constructor(primary: CacheBackend<V>, rules: GateRules, changed: (change: CircuitChange) => void) {
    this.#primary = primary;
    this.#rules = rules;
    this.#changed = changed;
    const now = () => performance.now();
    this.#breaker = new CircuitBreaker(rules, now, Math.random, (change) => this.#onChange(change));
  }

  get state(): CircuitState {
    return this.#breaker.state;
  }

  /**
   * What the primary answers, or undefined where it may not be asked, or did not answer: then the primary is as it was, or the outcome unknown. Rejects
   * with what is the caller's own (ConfigError, the AbortError of its signal) and with what the primary refused (CacheOperationError).
   */
  async ask<T>(
    options: CacheCallOptions | undefined,
    work: (options: CacheCallOptions) => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> {
    const ticket = this.#breaker.admit();
    if (ticket === null) return undefined;
    const { primaryTimeoutMs } = this.#rules;
    const { signal, timeoutMs = primaryTimeoutMs } = options ?? {};
    const controller = new AbortController();
    const unwatch = signal && this.#aborts.watch(signal, () => controller.abort(signal.reason));
    this.#asking.add(controller);
    this.#watch();
    try {
      const value = await untilAborted(work({ signal: controller.signal, timeoutMs }), controller.signal);
      this.#breaker.succeeded(ticket);
      return { value };
    } catch (error) {
      if (error instanceof ConfigError || (error instanceof AbortError && signal?.aborted === true)) {
        this.#breaker.ended(ticket);
        throw error;
      }
      if (isRefusal(error)) {
        this.#breaker.succeeded(ticket);
        throw error;
      }
      const inHaste = timeoutMs < primaryTimeoutMs && (error as { code?: unknown }).code === "TIMEOUT";
      if (inHaste) this.#breaker.ended(ticket);
      else if (this.#breaker.failed(ticket, error) && !this.#primary.isConnected) this.#breaker.trip(error);
      return undefined;
    } finally {
      this.#asking.delete(controller);
      unwatch?.();
    }
  }

  /** The primary could not be reached, as its owner found out. */
  trip(cause: unknown): void {
    this.#breaker.trip(cause);
  }

  open(): void {
    this.#closed = false;
    this.#scheduleProbe();
  }

  /** Stops the timers; calls under way go on. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#probeTimer);
    clearTimeout(this.#rampTimer);
    this.#probeTimer = undefined;
  }

  #onChange(change: CircuitChange): void {
    if (change.to === "open") {
      clearTimeout(this.#rampTimer);
      for (const controller of this.#asking) controller.abort(change.cause);
      this.#scheduleProbe();
    }
    if (change.to === "half-open") {
      // One more than the ramp takes, so that it is over by then.
      this.#rampTimer = setTimeout(() => this.#breaker.settle(), this.#rules.rampMs + 1);
      this.#rampTimer.unref();
    }
    this.#changed(change);
  }

  #scheduleProbe(): void {
    const waitMs = this.#breaker.probeInMs;
    if (this.#closed || waitMs === null || this.#probeTimer !== undefined) return;
    this.#probeTimer = setTimeout(() => {
      this.#probeTimer = undefined;
      void this.#probe();
    }, waitMs);
    this.#probeTimer.unref();
  }

  async #probe(): Promise<void> {
    if (this.#breaker.beginProbe()) {
      const { primaryTimeoutMs } = this.#rules;
      const alive = await this.#primary.ping({ timeoutMs: primaryTimeoutMs }).catch(() => false);
      if (alive) this.#breaker.probeSucceeded();
      else this.#breaker.probeFailed();
    }
    this.#scheduleProbe();
  }

  /** Looks for a lost connection while somebody waits for an answer: the client itself may well try until the deadline. */
  #watch(): void {
    if (this.#watchTimer !== undefined) return;
    this.#missingSinceMs = undefined;
    this.#watchTimer = setInterval(() => this.#look(), WATCH_MS);
    this.#watchTimer.unref();
  }

  #look(): void {
    if (this.#asking.size === 0) {
      clearInterval(this.#watchTimer);
      this.#watchTimer = undefined;
      return;
    }
    if (this.#primary.isConnected) {
      this.#wasConnected = true;
      this.#missingSinceMs = undefined;
      return;
    }
    const nowMs = performance.now();
    this.#missingSinceMs ??= nowMs;
    if (!this.#wasConnected || nowMs - this.#missingSinceMs < this.#rules.disconnectedMs) return;
    this.#breaker.trip(new CacheConnectionError("DISCONNECTED", "the connection to the primary is gone"));
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof CacheOperationError && !NOT_SERVING.has(error.code);
}

/** Settles at the abort, whether or not the work minds its signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener(
      "abort",
      () => reject(new AbortError("ABORTED", "the call was aborted", [], { cause: signal.reason })),
      { once: true },
    );
    work.then(resolve, reject);
  });
}
