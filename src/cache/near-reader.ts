import { BatchError, SlotpackError } from "../errors.ts";
import type { CacheCallOptions, CacheEntry } from "./cache-backend.ts";
import type { NearCopies } from "./near-copies.ts";
import type { NearTracking } from "./near-tracking.ts";
import type { StoredValues } from "./redis-values.ts";
import type { StatsRecorder } from "./stats-recorder.ts";

/** Reads of a near cache: what there are copies of from them, the rest from the servers. Their input has been checked. */
export class NearReader<V> {
  readonly #copies: NearCopies<V>;
  readonly #tracking: NearTracking;
  readonly #stats: StatsRecorder;

  constructor(copies: NearCopies<V>, tracking: NearTracking, stats: StatsRecorder) {
    this.#copies = copies;
    this.#tracking = tracking;
    this.#stats = stats;
  }

  async one(key: string, options: CacheCallOptions | undefined): Promise<V | null> {
    const beganAtMs = performance.now();
    const near = this.#copies.store.get(key);
    if (near !== undefined) {
      this.#hitNear(1, beganAtMs);
      return near.value;
    }
    const { decoded } = await this.#far("get", [key], options);
    return decoded[0] == null ? null : decoded[0].value;
  }

  async entry(
    what: string,
    key: string,
    options: CacheCallOptions | undefined,
  ): Promise<CacheEntry<V> | null> {
    const beganAtMs = performance.now();
    const near = this.#copies.store.getEntry(key);
    if (near !== undefined) {
      this.#hitNear(1, beganAtMs);
      return near;
    }
    const found = await this.#far(what, [key], options);
    const entry = found.decoded[0];
    if (entry == null) return null;
    return { value: entry.value, metadata: found.metadataOf(0), ttlMs: found.ttlsMs[0]! };
  }

  /** The hits, in the order of `keys`. */
  async many(keys: readonly string[], options: CacheCallOptions | undefined): Promise<Map<string, V>> {
    const beganAtMs = performance.now();
    const asked = keys.slice();
    const entries = asked.map((key) => this.#copies.store.get(key) ?? null);
    const far = entries.flatMap((near, i) => (near === null ? [i] : []));
    if (far.length === 0) this.#hitNear(asked.length, beganAtMs);
    else {
      const farKeys = far.map((i) => asked[i]!);
      const { decoded } = await this.#far("getMany", farKeys, options).catch((error: unknown) => {
        throw ofAll(error, far, entries);
      });
      // Once they have been read: a call that fails has no hits.
      this.#hitNear(asked.length - far.length, undefined);
      decoded.forEach((entry, at) => {
        entries[far[at]!] = entry;
      });
    }
    const found = new Map<string, V>();
    entries.forEach((entry, i) => {
      if (entry !== null) found.set(asked[i]!, entry.value);
    });
    return found;
  }

  #hitNear(count: number, beganAtMs: number | undefined): void {
    this.#copies.stats.hit(count);
    this.#stats.hit(count);
    if (beganAtMs !== undefined) this.#stats.lasted("get", performance.now() - beganAtMs);
  }

  async #far(
    what: string,
    keys: readonly string[],
    options: CacheCallOptions | undefined,
  ): Promise<StoredValues<V>> {
    const found = await this.#stats.timed("get", () =>
      this.#copies.read(what, keys, this.#tracking, options),
    );
    this.#copies.stats.miss(keys.length);
    const hits = found.decoded.filter((entry) => entry !== null).length;
    this.#stats.hit(hits);
    this.#stats.miss(keys.length - hits);
    return found;
  }
}

/** The error of a call for some of the keys as one of all: with their indexes among all, and with the copies among its results. */
function ofAll(
  error: unknown,
  far: readonly number[],
  copies: readonly ({ readonly value: unknown } | null)[],
): unknown {
  if (!(error instanceof SlotpackError)) return error;
  const { code, message, node, slot } = error;
  const keyIndex = error.keyIndex === undefined ? undefined : far[error.keyIndex];
  const place = { node, slot, keyIndex, cause: ofAll(error.cause, far, copies) };
  if (!(error instanceof BatchError)) {
    const ErrorClass = error.constructor as typeof SlotpackError;
    return new ErrorClass(code, message, place);
  }
  const results = copies.map(
    (copy): PromiseSettledResult<unknown> => ({ status: "fulfilled", value: copy?.value ?? null }),
  );
  error.results.forEach((result, at) => {
    const reason = result.status === "rejected" ? ofAll(result.reason, far, copies) : undefined;
    results[far[at]!] = reason === undefined ? result : { status: "rejected", reason };
  });
  const ErrorClass = error.constructor as typeof BatchError;
  return new ErrorClass(code, message, error.results.length === far.length ? results : error.results, place);
}
