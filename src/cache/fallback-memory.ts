import { ConfigError } from "../errors.ts";
import type { CacheEntry, CacheMetadata } from "./cache-backend.ts";
import { type MemoryRecord, type MemoryStore, packMetadata } from "./memory-store.ts";
import { type MarkedCall, WriteMarks } from "./write-marks.ts";

export interface MemoryWrite {
  readonly ttlMs: number | null;
  readonly metadata: CacheMetadata | undefined;
}

/**
 * The memory of a FallbackBackend: what calls found out about the primary, each for `maxStalenessMs`. A call that began before a key was written leaves
 * that key alone.
 */
export class FallbackMemory<V> {
  readonly store: MemoryStore<V>;
  readonly #maxStalenessMs: number | null;
  readonly #marks = new WriteMarks();
  #refused = 0;
  #stored = 0;

  constructor(store: MemoryStore<V>, maxStalenessMs: number | null) {
    this.store = store;
    this.#maxStalenessMs = maxStalenessMs;
  }

  /** Values that could not be kept: too large for the memory, or not for its codec. */
  get refused(): number {
    return this.#refused;
  }

  /** Values that were stored, those that were there already included. */
  get stored(): number {
    return this.#stored;
  }

  /** To be ended with {@link end}. */
  begin(written?: Iterable<string>): MarkedCall {
    return this.#marks.begin(written);
  }

  /** As {@link begin}, of a call that writes every key. */
  beginClear(): MarkedCall {
    return this.#marks.beginClear();
  }

  end(call: MarkedCall): void {
    this.#marks.end(call);
  }

  /** A read of the primary found the value; its TTL and metadata are what they were, or unknown. */
  found(call: MarkedCall, key: string, value: V): void {
    if (this.#marks.wroteSince(key, call)) return;
    this.#keep(key, () => {
      const record = this.store.encode(key, value);
      if (!this.store.confirm(key, record)) this.store.put(key, record, undefined);
      this.#stored++;
    });
  }

  foundEntry(call: MarkedCall, key: string, { value, metadata, ttlMs }: CacheEntry<V>): void {
    if (this.#marks.wroteSince(key, call)) return;
    // A TTL below a millisecond is none that anybody could be served within.
    if (ttlMs < 1) this.store.delete(key);
    else
      this.#keep(key, () =>
        this.#put(key, value, {
          ttlMs: Number.isFinite(ttlMs) ? ttlMs : null,
          metadata: metadata ?? undefined,
        }),
      );
  }

  /** A read of the primary found nothing. */
  missed(call: MarkedCall, key: string): void {
    if (!this.#marks.wroteSince(key, call)) this.store.delete(key);
  }

  wrote(call: MarkedCall, key: string, value: V, write: MemoryWrite): void {
    if (this.#marks.store(key, call)) this.#keep(key, () => this.#put(key, value, write));
  }

  /** A write removed the key, or nobody knows what it left. */
  removed(call: MarkedCall, key: string): void {
    if (this.#marks.store(key, call)) this.store.delete(key);
  }

  /** Of a write that memory alone has: throws ConfigError for what is not to be stored at all, before anything is. */
  write(
    call: MarkedCall,
    keys: readonly string[],
    values: readonly V[],
    { ttlMs, metadata }: MemoryWrite,
  ): void {
    const packed = packMetadata(metadata);
    const records = values.map((value, i) =>
      this.#encode(keys[i]!, value, packed, values.length === 1 ? undefined : i),
    );
    for (const [i, record] of records.entries()) {
      const key = keys[i]!;
      if (!this.#marks.store(key, call)) continue;
      if (record === null) this.store.delete(key);
      else {
        this.store.put(key, record, ttlMs);
        this.#stored++;
      }
    }
  }

  get(key: string): V | undefined {
    return this.has(key) ? this.store.get(key) : undefined;
  }

  getEntry(key: string): CacheEntry<V> | null {
    const ttlMs = this.ttlMs(key);
    const entry = ttlMs === null ? null : this.store.getEntry(key);
    return entry && { value: entry.value, metadata: entry.metadata, ttlMs: ttlMs! };
  }

  /** Whether there is an entry that may be served. */
  has(key: string): boolean {
    const ageMs = this.store.ageMs(key);
    return ageMs !== null && (this.#maxStalenessMs === null || ageMs <= this.#maxStalenessMs);
  }

  /** Of an entry whose TTL nobody told: as long as it is served. */
  ttlMs(key: string): number | null {
    if (!this.has(key)) return null;
    if (this.#maxStalenessMs === null || this.store.knowsTtl(key)) return this.store.ttlMs(key);
    return Math.ceil(this.#maxStalenessMs - this.store.ageMs(key)!);
  }

  #put(key: string, value: V, { ttlMs, metadata }: MemoryWrite): void {
    this.store.put(key, this.store.encode(key, value, packMetadata(metadata)), ttlMs);
    this.#stored++;
  }

  #encode(
    key: string,
    value: V,
    metadata: Uint8Array | null,
    keyIndex: number | undefined,
  ): MemoryRecord | null {
    try {
      return this.store.encode(key, value, metadata, keyIndex);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      this.#refused++;
      return null;
    }
  }

  /** What cannot be kept must not stay as it was before either. */
  #keep(key: string, work: () => void): void {
    try {
      work();
    } catch {
      this.#refused++;
      this.store.delete(key);
    }
  }
}
