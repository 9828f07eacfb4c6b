import { EventEmitter } from "node:events";
import type { CacheBackend } from "../cache/cache-backend.ts";
import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { checkOptions, wholeFrom1 } from "./adapter-options.ts";
import { requireBytesBackend, textOf } from "./bytes-backend.ts";
import { type KeySpace, keyLists, removeKeys } from "./key-space.ts";
import { failureOf, setTimed } from "./ttl-groups.ts";

/** Names and defaults are those of @keyv/redis. */
export interface KeyvSlotpackOptions {
  /** Put in front of every key with the separator behind it. Keyv sets it to its own namespace, `keyv` by default. */
  namespace?: string | undefined;
  /** Between the namespace and the key. Default `::`. */
  keyPrefixSeparator?: string | undefined;
  /** Without a namespace, `clear()` and `iterator()` leave out keys that hold the separator, unless this is true. Default false. */
  noNamespaceAffectsAll?: boolean | undefined;
  /** Keys read or removed in one call by `clear()` and `iterator()`. Default 1,000. */
  clearBatchSize?: number | undefined;
  /** Whether a call whose error was emitted also rejects with it. Default false: it reads as a miss, as Keyv's users expect. */
  throwOnErrors?: boolean | undefined;
}

/** One entry of `setMany`; `ttl` in milliseconds. */
export interface KeyvSlotpackEntry {
  key: string;
  value: unknown;
  ttl?: number | undefined;
}

const NAME = "KeyvSlotpack";

/**
 * Storage adapter for Keyv 5 (and for 6 and cache-manager 7, which take the same contract) on any cache backend whose codec is `bytes`. Keyv's
 * texts are stored as they are, under the names that @keyv/redis gives them: `{backend's keyPrefix}{namespace}::{key}`.
 *
 * An error is emitted as `error`, which Keyv passes on, and the call gives undefined, false or nothing; with `throwOnErrors`, and where
 * nobody listens for `error`, it rejects. Bad input (ConfigError) always rejects.
 */
export class KeyvSlotpack extends EventEmitter {
  namespace: string | undefined;
  readonly #backend: CacheBackend<Uint8Array>;
  readonly #separator: string;
  readonly #affectsAll: boolean;
  readonly #batchSize: number;
  readonly #throws: boolean;

  constructor(backend: CacheBackend<Uint8Array>, options: KeyvSlotpackOptions = {}) {
    super();
    checkOptions(NAME, options, {
      namespace: "string",
      keyPrefixSeparator: "string",
      noNamespaceAffectsAll: "boolean",
      clearBatchSize: wholeFrom1,
      throwOnErrors: "boolean",
    });
    this.#backend = requireBytesBackend(NAME, backend);
    this.namespace = options.namespace;
    this.#separator = options.keyPrefixSeparator ?? "::";
    this.#affectsAll = options.noNamespaceAffectsAll ?? false;
    this.#batchSize = options.clearBatchSize ?? 1000;
    this.#throws = options.throwOnErrors ?? false;
  }

  /** What Keyv asks for before it offers `iterator()`: the dialect; and the options in force. */
  get opts(): Record<string, unknown> {
    return {
      dialect: "redis",
      namespace: this.namespace,
      keyPrefixSeparator: this.#separator,
      noNamespaceAffectsAll: this.#affectsAll,
      clearBatchSize: this.#batchSize,
      throwOnErrors: this.#throws,
    };
  }

  get backend(): CacheBackend<Uint8Array> {
    return this.#backend;
  }

  /** The stored text; Keyv's own type parameter stands for whatever its serializer makes of it. */
  async get<Value = string>(key: string): Promise<Value | undefined> {
    const name = this.#name(key);
    return this.#guarded(async () => this.#read(await this.#backend.get(name)), undefined) as Promise<
      Value | undefined
    >;
  }

  /** At the caller's index. */
  async getMany<Value = string>(keys: string[]): Promise<(Value | undefined)[]> {
    const names = keys.map((key) => this.#name(key));
    const none = names.map(() => undefined);
    return this.#guarded(async () => {
      const found = await this.#backend.getMany(names);
      return names.map((name) => this.#read(found.get(name)));
    }, none) as Promise<(Value | undefined)[]>;
  }

  /** `ttl` in milliseconds; without one (or 0) the backend's own holds. Whether it was set. */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    const name = this.#name(key);
    const bytes = bytesOf(value);
    const ttlMs = ttlOf(ttl);
    return this.#guarded(() => this.#backend.set(name, bytes, { ttlMs }), false);
  }

  /** At the caller's index whether it was set. Entries of one TTL go out together. */
  // biome-ignore lint/suspicious/noExplicitAny: Keyv 5 declares Promise<void> here, and gives what comes to callers that it promised boolean[].
  async setMany(entries: KeyvSlotpackEntry[]): Promise<any> {
    const timed = entries.map(({ key, value, ttl }) => ({
      key: this.#name(key),
      value: bytesOf(value),
      ttlMs: ttlOf(ttl),
    }));
    const outcomes = await setTimed(this.#backend, timed);
    const failure = failureOf(outcomes);
    const set = outcomes.map(({ status }) => status === "fulfilled");
    if (failure === undefined) return set;
    return this.#guarded(() => Promise.reject(failure.reason), set);
  }

  async delete(key: string): Promise<boolean> {
    const name = this.#name(key);
    return this.#guarded(() => this.#backend.delete(name), false);
  }

  /** Whether any of them existed. */
  async deleteMany(keys: string[]): Promise<boolean> {
    const names = keys.map((key) => this.#name(key));
    return this.#guarded(async () => (await this.#backend.deleteMany(names)) > 0, false);
  }

  async has(key: string): Promise<boolean> {
    const name = this.#name(key);
    return this.#guarded(() => this.#backend.exists(name), false);
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const names = keys.map((key) => this.#name(key));
    const none = names.map(() => false);
    return this.#guarded(() => this.#backend.hasMany(names), none);
  }

  /** Removes the keys of the namespace, on all primaries; without a namespace those that belong to none. */
  async clear(): Promise<void> {
    await this.#guarded(() => removeKeys(this.#space(this.namespace), this.#batchSize), 0);
  }

  /** `[key, text]` of the namespace's keys on all primaries, read in batches; the key comes without namespace. An error rejects. */
  async *iterator<Value = string>(
    namespace?: string,
  ): AsyncGenerator<(string | Awaited<Value> | undefined)[], void> {
    const space = this.#space(namespace);
    for await (const names of keyLists(space, this.#batchSize)) {
      for (const [name, value] of await this.#backend.getMany(names))
        yield [name.slice(space.start.length), this.#read(value) as Awaited<Value>];
    }
  }

  /** Closes the backend, for whoever else uses it too; its `connect()` opens it again. */
  async disconnect(): Promise<void> {
    await this.#guarded(() => this.#backend.disconnect(), undefined);
  }

  #name(key: string): string {
    if (typeof key !== "string") throw badOption("key", "a string", key);
    return this.#start(this.namespace) + key;
  }

  #start(namespace: string | undefined): string {
    return namespace ? namespace + this.#separator : "";
  }

  #space(namespace: string | undefined): KeySpace {
    const start = this.#start(namespace);
    const own = start === "" && !this.#affectsAll && this.#separator !== "";
    return {
      backend: this.#backend,
      start,
      holds: own ? (key) => !key.includes(this.#separator) : undefined,
    };
  }

  #read(value: Uint8Array | null | undefined): string | undefined {
    return value === null || value === undefined ? undefined : textOf(NAME, value);
  }

  async #guarded<T>(work: () => Promise<T>, instead: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#failed(error);
      return instead;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof ConfigError) throw error;
    // Throws the error itself where nobody listens: a failure is never silent.
    this.emit("error", error);
    if (this.#throws) throw error;
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value === "string") return Buffer.from(value);
  if (value instanceof Uint8Array) return value;
  throw badOption("value", "text or bytes, as Keyv's serializer makes them (leave `serialize` on)", value);
}

/** undefined: the backend's own TTL; null: for ever. */
function ttlOf(ttl: unknown): number | null | undefined {
  if (ttl === undefined || ttl === null || ttl === 0) return undefined;
  if (ttl === Number.POSITIVE_INFINITY) return null;
  if (typeof ttl === "number" && ttl > 0) return Math.ceil(ttl);
  throw new ConfigError("BAD_TTL", `ttl: expected milliseconds above 0, got ${String(ttl)}`, {
    option: "ttl",
  });
}
