import { LRUCache } from "lru-cache";
import { ConfigError } from "../errors.ts";
import type { CacheEntry, CacheMetadata } from "./cache-backend.ts";
import { CacheOperationError } from "./cache-error.ts";
import type { ResolvedMemoryOptions } from "./memory-options.ts";
import { decodeMetadata, encodeMetadata } from "./stored-value.ts";
import type { ValueCodec } from "./value-codec.ts";

/** A value ready to be stored: bytes of its own, which nobody else holds. */
export interface MemoryRecord {
  readonly bytes: Uint8Array;
  /** MessagePack. */
  readonly metadata: Uint8Array | null;
}

export interface MemoryEntry<V> extends CacheEntry<V> {
  /** Milliseconds since it was written or confirmed. */
  readonly ageMs: number;
}

interface Stored extends MemoryRecord {
  storedAtMs: number;
  knowsTtl: boolean;
}

/** The entries of a MemoryBackend as encoded bytes on lru-cache; synchronous, without counters but for evictions. */
export class MemoryStore<V> {
  readonly #codec: ValueCodec<V>;
  readonly #maxBytes: number | undefined;
  readonly #lru: LRUCache<string, Stored>;
  readonly #nowMs: () => number;
  #evictions = 0;

  constructor({ maxEntries, maxBytes, codec, clock }: ResolvedMemoryOptions<V>) {
    this.#codec = codec;
    this.#maxBytes = maxBytes;
    // To lru-cache an entry that began at 0 has no TTL.
    this.#nowMs = () => clock() + 1;
    this.#lru = new LRUCache<string, Stored>({
      max: maxEntries,
      // Given also where there is no limit, since only then sizes are summed up.
      maxSize: maxBytes ?? Number.MAX_SAFE_INTEGER,
      ttlResolution: 0,
      perf: { now: this.#nowMs },
      dispose: (_value, _key, reason) => {
        if (reason === "evict") this.#evictions++;
      },
    });
  }

  /** Throws ConfigError for what the codec does not take, CacheOperationError `ENCODE_FAILED` or `VALUE_TOO_LARGE`. */
  encode(key: string, value: V, metadata?: Uint8Array | null, keyIndex?: number): MemoryRecord {
    const bytes = this.#encode(value, keyIndex);
    const record = { bytes, metadata: metadata ?? null };
    const byteLength = sizeOf(key, record);
    if (this.#maxBytes === undefined || byteLength <= this.#maxBytes) return record;
    const message = `an entry of ${byteLength} bytes, more than the maxBytes of this cache, ${this.#maxBytes}`;
    throw new CacheOperationError("VALUE_TOO_LARGE", message, { keyIndex });
  }

  /** Takes the value as it is now; every call of the result decodes it anew. */
  copier(value: V): () => V {
    const bytes = this.#encode(value);
    return () => this.#decode(bytes);
  }

  /** `ttlMs` is undefined where it is somebody else's to know; the entry then has none here. */
  put(key: string, { bytes, metadata }: MemoryRecord, ttlMs: number | null | undefined): void {
    const stored = { bytes, metadata, storedAtMs: this.#nowMs(), knowsTtl: ttlMs !== undefined };
    this.#lru.set(key, stored, { ttl: ttlMs ?? 0, size: sizeOf(key, stored) });
  }

  /** Whether the entry holds these bytes; it then counts as written now, and keeps its TTL and its metadata. */
  confirm(key: string, { bytes }: MemoryRecord): boolean {
    const stored = this.#lru.get(key);
    if (stored === undefined || !Buffer.from(stored.bytes.buffer).equals(bytes)) return false;
    stored.storedAtMs = this.#nowMs();
    return true;
  }

  /** Undefined where there is no entry: null may be a value. */
  get(key: string): V | undefined {
    const stored = this.#lru.get(key);
    return stored === undefined ? undefined : this.#decode(stored.bytes);
  }

  getEntry(key: string): MemoryEntry<V> | null {
    const stored = this.#lru.get(key);
    if (stored === undefined) return null;
    const { metadata } = stored;
    return {
      value: this.#decode(stored.bytes),
      metadata: metadata === null ? null : decodeMetadata(metadata),
      ttlMs: this.#ttlMs(key),
      ageMs: this.#nowMs() - stored.storedAtMs,
    };
  }

  /** Does not count as a use. */
  has(key: string): boolean {
    return this.#lru.has(key);
  }

  /** Milliseconds since the entry was written or confirmed; null where there is none. Does not count as a use. */
  ageMs(key: string): number | null {
    const stored = this.#lru.peek(key);
    return stored === undefined ? null : this.#nowMs() - stored.storedAtMs;
  }

  /** Whether the TTL of an entry that was put is known here. Does not count as a use. */
  knowsTtl(key: string): boolean {
    return this.#lru.peek(key)?.knowsTtl === true;
  }

  /** Infinity where it does not expire, null where there is no entry. */
  ttlMs(key: string): number | null {
    return this.#lru.has(key) ? this.#ttlMs(key) : null;
  }

  expire(key: string, ttlMs: number | null): boolean {
    const stored = this.#lru.get(key);
    if (stored === undefined) return false;
    stored.knowsTtl = true;
    this.#lru.set(key, stored, { ttl: ttlMs ?? 0, size: sizeOf(key, stored) });
    return true;
  }

  delete(key: string): boolean {
    // An expired entry is still in the list until somebody asks for it.
    return this.#lru.has(key) && this.#lru.delete(key);
  }

  /** How many there were. */
  clear(): number {
    const { entries } = this;
    this.#lru.clear();
    return entries;
  }

  /** A copy of the list: entries may come and go while it is read. */
  keys(): string[] {
    return [...this.#lru.keys()];
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

  #ttlMs(key: string): number {
    return Math.max(0, Math.ceil(this.#lru.getRemainingTTL(key)));
  }

  #encode(value: V, keyIndex?: number): Uint8Array {
    try {
      return new Uint8Array(this.#codec.encode(value));
    } catch (cause) {
      const { message, code } = cause as Error & { code?: string };
      const text = `the codec "${this.#codec.name}" cannot encode the value: ${message}`;
      if (cause instanceof ConfigError)
        throw new ConfigError(code!, message, { option: "value", keyIndex, cause });
      throw new CacheOperationError("ENCODE_FAILED", text, { keyIndex, cause });
    }
  }

  #decode(bytes: Uint8Array): V {
    try {
      // What a codec returns may be a view of what it was given.
      return this.#codec.decode(Buffer.from(bytes));
    } catch (cause) {
      const message = `the codec "${this.#codec.name}" cannot decode its own bytes: ${(cause as Error).message}`;
      throw new CacheOperationError("DECODE_FAILED", message, { cause });
    }
  }
}

/** MessagePack of their own. Throws ConfigError `BAD_METADATA`. */
export function packMetadata(metadata: CacheMetadata | undefined): Uint8Array | null {
  if (metadata === undefined) return null;
  try {
    return encodeMetadata(metadata);
  } catch (cause) {
    const message = `metadata: no MessagePack has such a field: ${(cause as Error).message}`;
    throw new ConfigError("BAD_METADATA", message, { option: "metadata", cause });
  }
}

/** lru-cache takes no size of 0. */
function sizeOf(key: string, { bytes, metadata }: MemoryRecord): number {
  return Math.max(1, Buffer.byteLength(key) + bytes.length + (metadata?.length ?? 0));
}
