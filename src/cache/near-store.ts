import { LRUCache } from "lru-cache";
import type { CacheEntry } from "./cache-backend.ts";
import { CacheOperationError } from "./cache-error.ts";
import type { ResolvedNearOptions } from "./near-options.ts";
import { decodeMetadata } from "./stored-value.ts";
import type { ValueCodec } from "./value-codec.ts";

/** A copy of a server's entry. Its bytes are nobody else's. */
export interface NearCopy {
  readonly bytes: Uint8Array;
  /** MessagePack. */
  readonly metadata: Uint8Array | null;
  /** When the server's entry has expired at the latest, on the clock of `performance.now`; Infinity: never. */
  readonly expiresAtMs: number;
}

/** Half of a surrogate pair, which becomes U+FFFD on the way to the server. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The local copies as encoded bytes on lru-cache: a copy is used until it is old, or its original has expired. */
export class NearStore<V> {
  readonly #codec: ValueCodec<V>;
  readonly #maxAgeMs: number;
  readonly #lru: LRUCache<string, NearCopy>;
  #evictions = 0;

  constructor({ maxEntries, maxBytes, maxAgeMs }: ResolvedNearOptions, codec: ValueCodec<V>) {
    this.#codec = codec;
    this.#maxAgeMs = maxAgeMs;
    this.#lru = new LRUCache<string, NearCopy>({
      max: maxEntries,
      maxSize: maxBytes,
      ttlResolution: 0,
      dispose: (_copy, _key, reason) => {
        if (reason === "evict") this.#evictions++;
      },
    });
  }

  /** Undefined where there is no copy. Throws CacheOperationError `DECODE_FAILED`. */
  get(key: string): { readonly value: V } | undefined {
    const copy = this.#lru.get(identityOf(key));
    return copy === undefined ? undefined : { value: this.#decode(copy) };
  }

  getEntry(key: string): CacheEntry<V> | undefined {
    const copy = this.#lru.get(identityOf(key));
    if (copy === undefined) return undefined;
    return {
      value: this.#decode(copy),
      metadata: copy.metadata === null ? null : decodeMetadata(copy.metadata),
      ttlMs: Math.max(0, Math.ceil(copy.expiresAtMs - performance.now())),
    };
  }

  /** Whether it was kept. `readAtMs`: before the read was sent, so that the copy passes for older than it is, not for younger. */
  put(key: string, copy: NearCopy, readAtMs: number): boolean {
    const nowMs = performance.now();
    const ttlMs = Math.min(readAtMs + this.#maxAgeMs, copy.expiresAtMs) - nowMs;
    if (ttlMs <= 0) return false;
    const size = Buffer.byteLength(key) + copy.bytes.length + (copy.metadata?.length ?? 0);
    this.#lru.set(identityOf(key), copy, {
      // To lru-cache 0 is for ever.
      ttl: ttlMs === Number.POSITIVE_INFINITY ? 0 : ttlMs,
      size: Math.max(1, size),
    });
    return this.#lru.has(identityOf(key));
  }

  delete(key: string): boolean {
    return this.#lru.delete(identityOf(key));
  }

  clear(): void {
    this.#lru.clear();
  }

  get entries(): number {
    this.#lru.purgeStale();
    return this.#lru.size;
  }

  get byteLength(): number {
    return this.#lru.calculatedSize;
  }

  get evictions(): number {
    return this.#evictions;
  }

  #decode({ bytes }: NearCopy): V {
    try {
      // What a codec returns may be a view of what it was given.
      return this.#codec.decode(Buffer.from(bytes));
    } catch (cause) {
      const message = `the codec "${this.#codec.name}" cannot decode what it decoded before: ${(cause as Error).message}`;
      throw new CacheOperationError("DECODE_FAILED", message, { cause });
    }
  }
}

/** Equal for two keys exactly when their bytes on the server are, and what an invalidation says. */
export function identityOf(key: string): string {
  return LONE_SURROGATE.test(key) ? Buffer.from(key).toString() : key;
}
