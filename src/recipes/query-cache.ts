import { hash } from "node:crypto";
import type { CacheBackend, CacheCallOptions } from "../cache/cache-backend.ts";
import { checkCacheCall } from "../cache/cache-input.ts";
import type { ValueCodec } from "../cache/value-codec.ts";
import { AbortError, ConfigError } from "../errors.ts";
import { untilAborted } from "./abort-wait.ts";
import { canonicalJson } from "./canonical-json.ts";
import {
  checkedTtl,
  type QueryCacheOptions,
  type QueryCacheStats,
  type QueryReadOptions,
  type QuerySetOptions,
  type QueryWrapOptions,
  resolveQueryOptions,
} from "./query-cache-options.ts";
import { encodeEntry, type TagTokens } from "./query-entry.ts";
import { type QueryLook, QueryLookups } from "./query-lookups.ts";
import { checkBackend, checkFunction, encodeValue } from "./recipe-options.ts";
import { checkTags, TagLedger, TagSnapshot } from "./tag-ledger.ts";

/** Hex digits of the sha256 in an entry's key: 128 bits, so that no two queries share a key. */
const KEY_DIGITS = 32;

/** One run of a function. */
interface Run<V> {
  /** Its place in the order of this cache's calls and runs. */
  readonly begun: number;
  /** Undefined until they are known, and where the cache cannot be read. */
  tokens: TagTokens | undefined;
  /** Resolves when `tokens` are what they will be. */
  ready: Promise<void>;
  outcome: Promise<Computed<V>>;
}

interface Computed<V> {
  /** The first caller's. */
  readonly value: V;
  readonly copy: () => V;
}

const NOTHING = Promise.resolve();

/**
 * Results of queries, with a TTL, invalidated by tag over any slots.
 *
 * **Once `invalidateTags()` has resolved, no call that begins later gets what was computed, or began to be computed, before.** An entry holds the tokens (16 random
 * bytes) that its tags had before its computation began; a read compares them with those stored now, and invalidating a tag deletes its token:
 *
 * - A computation that began before the invalidation stores its result with the old token, which never comes back: the entry is a miss from the
 *   start.
 * - A call that misses waits for a computation under way only where that has the tokens that the call itself has read, or began after the call did.
 * - Calls share a read of the cache only if they all began before it was sent.
 * - A call that is under way while a tag is invalidated may still get the value before it, as a read of the database at that moment would.
 *
 * What this rests on: that the backend's reads see its finished deletes. A near cache does not promise that for its own memory, and a failover can bring back
 * what the new primary had not been told.
 */
export class QueryCache<V = unknown> {
  readonly #cache: CacheBackend;
  readonly #prefix: string;
  readonly #ttlMs: number | null | undefined;
  readonly #codec: ValueCodec<V>;
  readonly #tags: TagLedger;
  readonly #runs = new Map<string, Run<V>>();
  readonly #lookups: QueryLookups;
  #calls = 0;
  readonly #stats = { hits: 0, misses: 0, outdated: 0, unreadable: 0, computed: 0, joined: 0, errors: 0 };

  /** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`. */
  constructor(cache: CacheBackend, options: QueryCacheOptions<V> = {}) {
    checkBackend("a QueryCache", cache);
    const { namespace, ttlMs, codec, tagTtlMs } = resolveQueryOptions(options);
    const own = namespace === "" ? "" : `${namespace}:`;
    this.#cache = cache;
    this.#prefix = `query:${own}`;
    this.#ttlMs = ttlMs;
    this.#codec = codec;
    this.#tags = new TagLedger(cache, `query-tag:${own}`, tagTtlMs);
    this.#lookups = new QueryLookups(cache, this.#tags, this.#stats);
  }

  /** The key of a query in the backend: `query:`, the namespace, and 32 hex digits of the sha256 of its canonical JSON. Throws ConfigError `BAD_QUERY`. */
  keyOf(query: unknown): string {
    return this.#prefix + hash("sha256", canonicalJson(query), "hex").slice(0, KEY_DIGITS);
  }

  /** The key of a tag's token. */
  tagKeyOf(tag: string): string {
    return this.#tags.keyOf(tag);
  }

  /** The result; null where there is none that is valid. A cache that fails rejects. */
  async get(query: unknown, options: QueryReadOptions = {}): Promise<V | null> {
    checkCacheCall("get", options, 1, "tags");
    const { tags, ...callOptions } = options;
    const names = checkTags(tags ?? []);
    const look = await this.#lookups.look(this.keyOf(query), names, callOptions);
    return this.#read(look)?.value ?? null;
  }

  /** Stores a result. See `tags`: one that was computed before needs the snapshot that was taken before. */
  async set(query: unknown, value: V, options: QuerySetOptions = {}): Promise<void> {
    checkCacheCall("set", options, 1, "tags", "ttlMs");
    const { tags = [], ttlMs, ...callOptions } = options;
    const key = this.keyOf(query);
    const entryTtlMs = checkedTtl(ttlMs) === undefined ? this.#ttlMs : ttlMs;
    const encoded = encodeValue(this.#codec, value);
    const { tokens } = tags instanceof TagSnapshot ? tags : await this.snapshot(tags, callOptions);
    await this.#cache.set(key, encodeEntry(tokens, encoded), { ...callOptions, ttlMs: entryTtlMs });
  }

  /** The state of tags before a computation begins, for `set`. Throws CacheOperationError `TAGS_LOST` where the cache keeps none. */
  async snapshot(tags: readonly string[], options: CacheCallOptions = {}): Promise<TagSnapshot> {
    checkCacheCall("snapshot", options);
    const names = checkTags(tags);
    const known = await this.#tags.read(names, options);
    return new TagSnapshot(await this.#tags.complete(names, known, options, this.#ttlMs));
  }

  /**
   * Makes everything that has one of the tags a miss, whichever slots it lies in: one packed write per node, however many entries there are. When it
   * rejects, part of it may not have happened; calling it again is harmless.
   */
  async invalidateTags(tags: readonly string[], options: CacheCallOptions = {}): Promise<void> {
    checkCacheCall("invalidateTags", options);
    await this.#tags.forget(checkTags(tags), options);
  }

  /** Deletes one result; whether there was one. A computation under way may store it again: use a tag against that. */
  async delete(query: unknown, options: CacheCallOptions = {}): Promise<boolean> {
    checkCacheCall("delete", options);
    return (await this.#cache.deleteMany([this.keyOf(query)], options)) > 0;
  }

  /**
   * The result, or what `fn` returns, which is then stored. One run at a time of the same query in this process; its error reaches all who wait, and is
   * stored nowhere. A cache that fails does not fail the call: `fn` is run. Throws ConfigError `BAD_VALUE` where the codec cannot encode what `fn` returned.
   */
  async wrap<T extends V>(
    query: unknown,
    fn: () => T | Promise<T>,
    options: QueryWrapOptions = {},
  ): Promise<T> {
    const begun = ++this.#calls;
    checkFunction("fn", fn);
    checkCacheCall("wrap", options, 1, "tags", "ttlMs");
    const { tags, ttlMs, signal, ...callOptions } = options;
    const names = checkTags(tags ?? []);
    const entryTtlMs = checkedTtl(ttlMs) === undefined ? this.#ttlMs : ttlMs;
    const key = this.keyOf(query);
    const result = this.#wrap({ key, names, begun, fn, ttlMs: entryTtlMs, callOptions });
    return (await untilAborted("wrap", result, signal)) as T;
  }

  /** Counters; a copy. */
  stats(): QueryCacheStats {
    return { ...this.#stats };
  }

  async #wrap(call: WrapCall<V>): Promise<V> {
    const { key, names, begun, callOptions } = call;
    const look = await this.#tolerate(() => this.#lookups.look(key, names, callOptions));
    const hit = look === undefined ? null : this.#read(look);
    if (hit !== null) return hit.value;
    for (let refused: Run<V> | undefined; ; ) {
      const under = this.#runs.get(key);
      if (under === undefined || under === refused) break;
      if (under.begun > begun || (await this.#isCurrent(under, call, look))) {
        this.#stats.joined++;
        return (await under.outcome).copy();
      }
      refused = under;
    }
    const run: Run<V> = {
      begun: ++this.#calls,
      tokens: undefined,
      ready: NOTHING,
      outcome: undefined as never,
    };
    this.#runs.set(key, run);
    run.ready = this.#begin(run, call, look);
    run.outcome = this.#compute(run, call).finally(() => {
      if (this.#runs.get(key) === run) this.#runs.delete(key);
    });
    return (await run.outcome).value;
  }

  /** Whether no tag was invalidated between the begin of the run and this call. */
  async #isCurrent(
    run: Run<V>,
    { names, callOptions }: WrapCall<V>,
    look: QueryLook | undefined,
  ): Promise<boolean> {
    if (look === undefined) return false;
    await run.ready;
    const before = run.tokens;
    if (before === undefined || before.size !== names.length) return false;
    const isSame = (now: TagTokens | undefined) => names.every((tag) => before.get(tag) === now?.get(tag));
    if (isSame(look.tokens)) return true;
    // The run may have made tokens that were missing at the look.
    const missed = names.some((tag) => !look.tokens.has(tag));
    return missed && isSame(await this.#tolerate(() => this.#tags.read(names, callOptions)));
  }

  async #begin(
    run: Run<V>,
    { names, ttlMs, callOptions }: WrapCall<V>,
    look: QueryLook | undefined,
  ): Promise<void> {
    if (look === undefined) return;
    run.tokens = await this.#tolerate(() => this.#tags.complete(names, look.tokens, callOptions, ttlMs));
  }

  async #compute(run: Run<V>, { key, fn, ttlMs, callOptions }: WrapCall<V>): Promise<Computed<V>> {
    await run.ready;
    this.#stats.computed++;
    const value = await fn();
    const { tokens } = run;
    // A copy: the codec may have returned the value's own bytes, which are the first caller's as soon as this is done.
    const bytes = Buffer.from(encodeValue(this.#codec, value));
    if (tokens !== undefined)
      await this.#tolerate(() => this.#cache.set(key, encodeEntry(tokens, bytes), { ...callOptions, ttlMs }));
    return { value, copy: () => this.#codec.decode(Buffer.from(bytes)) };
  }

  /** The value as this caller's own; null is a miss. */
  #read({ value, shared }: QueryLook): { readonly value: V } | null {
    if (value !== null) {
      try {
        const own = { value: this.#codec.decode(shared ? Buffer.from(value) : value) };
        this.#stats.hits++;
        return own;
      } catch {
        this.#stats.unreadable++;
      }
    }
    this.#stats.misses++;
    return null;
  }

  /** What went wrong below is counted; what is the caller's own passes. */
  async #tolerate<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConfigError || error instanceof AbortError) throw error;
      this.#stats.errors++;
      return undefined;
    }
  }
}

interface WrapCall<V> {
  readonly key: string;
  readonly names: readonly string[];
  readonly begun: number;
  readonly fn: () => V | Promise<V>;
  readonly ttlMs: number | null | undefined;
  readonly callOptions: CacheCallOptions;
}
