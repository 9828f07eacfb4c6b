import type { CacheCallOptions, CacheMetadata } from "./cache-backend.ts";

/** What a Wrapper reads: less than a CacheEntry, so that any backend has it at hand. */
export interface WrapEntry<V> {
  readonly value: V;
  /** Milliseconds left; Infinity where the entry does not expire. */
  readonly ttlMs: number;
}

export interface WrapReadOptions extends CacheCallOptions {
  /** True: the read must leave the entry's TTL alone, even where reads extend it, since what is left of it tells its age. */
  readonly keepTtl: boolean;
}

export interface WrapWriteOptions extends CacheCallOptions {
  /** Until the entry is gone. */
  readonly ttlMs: number | null;
  /** How much of that it is stale. */
  readonly staleMs: number;
  readonly metadata: CacheMetadata | undefined;
}

/** What a backend offers a Wrapper. */
export interface WrapHost<V> {
  /** Used where a call says none; null: for ever. */
  readonly ttlMs: number | null;
  /** One flight per key across processes; undefined (default): in this process alone. */
  readonly wrapLock?: WrapLock | undefined;
  read(key: string, options: WrapReadOptions): Promise<WrapEntry<V> | null>;
  /** Stores a value through no path that calls `Wrapper.forget`. */
  write(key: string, value: V, options: WrapWriteOptions): Promise<void>;
  /** Takes the value as it is now; every call of the result makes another copy of that. Throws where the value cannot be encoded. */
  copier(value: V): () => V;
  /** A read, write, lock or background computation that failed without failing the call. */
  failed(error: unknown): void;
}

/** A lock that all processes see; it lasts `lockMs` unless it is released before. */
export interface WrapLock {
  /** Milliseconds after which a lock frees itself, should its owner be gone; a function that takes longer may run twice. */
  readonly lockMs: number;
  /** Milliseconds that others wait for the owner's value before they run the function themselves. */
  readonly waitMs: number;
  /** Milliseconds between their looks, each varied by a quarter. */
  readonly pollMs: number;
  /** A token where the lock is ours now, null where another one has it. */
  acquire(key: string): Promise<string | null>;
  /** Frees the lock if it is still the token's. */
  release(key: string, token: string): Promise<void>;
}
