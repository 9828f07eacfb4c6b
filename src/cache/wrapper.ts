import { setTimeout as sleep } from "node:timers/promises";
import { AbortWatch } from "../cluster/abort-watch.ts";
import { AbortError, ConfigError } from "../errors.ts";
import type { CacheWrapOptions } from "./cache-backend.ts";
import { checkCacheKey } from "./cache-input.ts";
import { type Flight, SingleFlight } from "./single-flight.ts";
import type { WrapEntry, WrapHost, WrapLock } from "./wrap-host.ts";
import { type ResolvedWrapOptions, resolveWrapOptions } from "./wrap-options.ts";

interface Request {
  readonly key: string;
  readonly fn: () => unknown;
  readonly options: ResolvedWrapOptions;
}

/** A token; null where another process has the lock; undefined where there is none to be had. */
type Lease = string | null | undefined;

/**
 * `wrap` of every backend. Calls of one key that meet share one look into the cache and one run of the function, with the options of the first
 * of them. The function's value is stored before the callers get it.
 *
 * - An abort ends one caller's wait; the flight goes on.
 * - A cache that fails to read, write or lock makes the function run and its value be returned; the host counts the error.
 * - A value with `staleMs` is stored for `ttlMs + staleMs`, and is fresh while more than `staleMs` are left. Later it is returned at once,
 *   and one flight in the background computes the next.
 * - `forget(key)`, called where the key is written or deleted, keeps a flight that began before from storing what it computed.
 */
export class Wrapper<V> {
  readonly #host: WrapHost<V>;
  readonly #lookups: SingleFlight<V>;
  readonly #computations: SingleFlight<V>;
  readonly #refreshing = new Set<string>();
  readonly #aborts = new AbortWatch();

  constructor(host: WrapHost<V>) {
    this.#host = host;
    const copier = (value: V) => {
      try {
        return host.copier(value);
      } catch {
        return () => value;
      }
    };
    this.#lookups = new SingleFlight(copier);
    this.#computations = new SingleFlight(copier);
  }

  /** Throws ConfigError for bad input and where `fn` returns `undefined` (`BAD_VALUE`), AbortError, and what `fn` throws. */
  async wrap<T extends V>(key: string, fn: () => T | Promise<T>, options?: CacheWrapOptions): Promise<T> {
    checkCacheKey(key);
    if (typeof fn !== "function")
      throw new ConfigError("BAD_ARGUMENT", "wrap: expected a function that computes the value", {
        option: "fn",
      });
    const resolved = resolveWrapOptions(options, this.#host.ttlMs);
    const request = { key, fn, options: resolved };
    const outcome = this.#lookups.join(key, () => this.#look(request));
    return (await this.#untilAborted(outcome, resolved.signal)) as T;
  }

  forget(key: string): void {
    this.#lookups.forget(key);
    this.#computations.forget(key);
  }

  forgetAll(): void {
    this.#lookups.forgetAll();
    this.#computations.forgetAll();
  }

  /** The work's outcome, or an AbortError where the signal fires before; the work goes on. */
  async #untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return work;
    let unwatch = () => {};
    const aborted = new Promise<never>((_, reject) => {
      unwatch = this.#aborts.watch(signal, () => {
        const { reason: cause } = signal;
        reject(new AbortError("ABORTED", "wrap: aborted while waiting for the value", [], { cause }));
      });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      unwatch();
    }
  }

  async #look(request: Request): Promise<V> {
    const { key, options } = request;
    const entry = await this.#read(key, options);
    if (entry === null) return this.#computations.join(key, (flight) => this.#computeOnce(request, flight));
    if (!isFresh(entry, options)) void this.#refresh(request);
    return entry.value;
  }

  /** Computes what is stale, unless that is being done here or in another process. Never rejects. */
  async #refresh(request: Request): Promise<void> {
    const { key, options } = request;
    if (this.#refreshing.has(key) || this.#computations.has(key)) return;
    this.#refreshing.add(key);
    try {
      await this.#withLease(key, async (lease) => {
        if (lease === null) return;
        const entry = lease === undefined ? null : await this.#read(key, options);
        if (entry !== null && isFresh(entry, options)) return;
        await this.#computations.join(key, (flight) => this.#compute(request, flight));
      });
    } catch (error) {
      this.#host.failed(error);
    } finally {
      this.#refreshing.delete(key);
    }
  }

  /** What another process computes meanwhile, where the host has a lock, or else what the function returns. */
  async #computeOnce(request: Request, flight: Flight): Promise<V> {
    const { key, options } = request;
    const lock = this.#host.wrapLock;
    if (lock === undefined) return this.#compute(request, flight);
    const deadlineMs = performance.now() + lock.waitMs;
    for (;;) {
      const outcome = await this.#withLease(key, async (lease) => {
        // The owner before may have stored its value since the last look, so that the lock alone does not tell that there is none.
        const entry = lease === undefined ? null : await this.#read(key, options);
        if (entry !== null) return entry;
        const waits = lease === null && performance.now() < deadlineMs;
        return waits ? null : { value: await this.#compute(request, flight) };
      });
      if (outcome !== null) return outcome.value;
      await sleep(lock.pollMs * (0.75 + Math.random() / 2));
    }
  }

  async #compute({ key, fn, options }: Request, flight: Flight): Promise<V> {
    const value = (await fn()) as V | undefined;
    if (value === undefined) {
      const message =
        "wrap: the function returned undefined, which cannot be cached; null can, where the codec takes it";
      throw new ConfigError("BAD_VALUE", message, { option: "fn" });
    }
    if (!flight.isCurrent) return value;
    const { ttlMs, staleMs, metadata, timeoutMs } = options;
    try {
      const storedMs = ttlMs === null ? null : ttlMs + staleMs;
      await this.#host.write(key, value, { ttlMs: storedMs, staleMs, metadata, timeoutMs });
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      this.#host.failed(error);
    }
    return value;
  }

  async #read(key: string, { staleMs, timeoutMs }: ResolvedWrapOptions): Promise<WrapEntry<V> | null> {
    try {
      return await this.#host.read(key, { keepTtl: staleMs > 0, timeoutMs });
    } catch (error) {
      this.#host.failed(error);
      return null;
    }
  }

  async #withLease<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    const lock = this.#host.wrapLock;
    const lease = lock === undefined ? undefined : await this.#acquire(lock, key);
    try {
      return await work(lease);
    } finally {
      if (typeof lease === "string")
        await lock!.release(key, lease).catch((error) => this.#host.failed(error));
    }
  }

  async #acquire(lock: WrapLock, key: string): Promise<Lease> {
    try {
      return await lock.acquire(key);
    } catch (error) {
      this.#host.failed(error);
      return undefined;
    }
  }
}

function isFresh(entry: WrapEntry<unknown>, { staleMs }: ResolvedWrapOptions): boolean {
  return entry.ttlMs > staleMs;
}
