import type { CacheCallOptions } from "./cache-backend.ts";
import { NearMarks } from "./near-marks.ts";
import type { ResolvedNearOptions } from "./near-options.ts";
import { type NearCopy, NearStore } from "./near-store.ts";
import type { NearTracking } from "./near-tracking.ts";
import type { RedisBackend } from "./redis-backend.ts";
import type { StoredValues } from "./redis-values.ts";
import { StatsRecorder } from "./stats-recorder.ts";
import { readStored } from "./stored-value.ts";

/** The local copies: read from the servers, kept while that is safe, removed when they are outdated. */
export class NearCopies<V> {
  readonly store: NearStore<V>;
  /** Hits and misses of the copies; copies made as sets, copies removed before their time as deletes. */
  readonly stats: StatsRecorder = new StatsRecorder();
  readonly #backend: RedisBackend<V>;
  readonly #marks = new NearMarks();

  constructor(backend: RedisBackend<V>, options: ResolvedNearOptions) {
    this.#backend = backend;
    this.store = new NearStore(options, backend.settings.codec);
  }

  /** Reads from the servers, and keeps what nothing has happened to meanwhile. */
  async read(
    what: string,
    keys: readonly string[],
    tracking: NearTracking,
    options: CacheCallOptions | undefined,
  ): Promise<StoredValues<V>> {
    const moment = tracking.now();
    if (moment === undefined) return this.#backend.readStored(what, keys, options);
    const readAtMs = performance.now();
    const reading = this.#marks.begin(keys);
    try {
      const found = await this.#backend.readStored(what, keys, options);
      if (!tracking.isCovered(moment)) return found;
      for (let i = 0; i < keys.length; i++)
        if (reading.isUnbroken(i)) this.#keep(keys[i]!, found, i, readAtMs);
      return found;
    } finally {
      reading.end();
    }
  }

  /** Null: all of them. */
  drop(keys: readonly string[] | null): void {
    if (keys === null) {
      this.#marks.breakAll();
      this.stats.delete(this.store.entries);
      this.store.clear();
      return;
    }
    for (const key of keys) {
      this.#marks.break(key);
      if (this.store.delete(key)) this.stats.delete();
    }
  }

  #keep(key: string, { decoded, values, ttlsMs }: StoredValues<V>, index: number, readAtMs: number): void {
    const stored = values[index];
    const entry = decoded[index];
    if (stored == null || entry == null) return;
    const { metadata } = readStored(stored);
    const copy: NearCopy = {
      // Copied: what was received is a view of a larger chunk, and the caller's.
      bytes: ownBytes(entry.payload),
      metadata: metadata === null ? null : ownBytes(metadata),
      expiresAtMs: readAtMs + ttlsMs[index]!,
    };
    if (this.store.put(key, copy, readAtMs)) this.stats.set();
  }
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes);
}
