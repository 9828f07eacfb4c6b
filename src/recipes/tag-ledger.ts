import { randomBytes } from "node:crypto";
import type { CacheBackend, CacheCallOptions } from "../cache/cache-backend.ts";
import { CacheOperationError } from "../cache/cache-error.ts";
import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { MOST_TAGS, type TagTokens, TOKEN_BYTES } from "./query-entry.ts";

/** Rounds of create and read before tags that keep vanishing are given up. */
const ROUNDS = 3;

/** What a value depends on, as it was at one moment: take it before the value begins to be computed. */
export class TagSnapshot {
  /** @internal Use `QueryCache.snapshot()`. */
  readonly tokens: TagTokens;

  constructor(tokens: TagTokens) {
    this.tokens = tokens;
  }
}

/**
 * The tags' tokens: 16 random bytes per tag, each under a key of its own. An entry holds the tokens that its tags had before it began to be computed, and is
 * valid while they all are the same. To invalidate a tag is to delete its token; no token ever comes back, so that a tag that expired or was
 * evicted makes its entries misses, too, and nothing else.
 */
export class TagLedger {
  readonly #cache: CacheBackend;
  readonly #prefix: string;
  readonly #ttlMs: number | null;

  constructor(cache: CacheBackend, prefix: string, ttlMs: number | null) {
    this.#cache = cache;
    this.#prefix = prefix;
    this.#ttlMs = ttlMs;
  }

  keyOf(tag: string): string {
    return this.#prefix + tag;
  }

  /** The tokens that are there. */
  async read(tags: readonly string[], options: CacheCallOptions): Promise<Map<string, string>> {
    if (tags.length === 0) return new Map();
    const found = await this.#cache.getMany(
      tags.map((tag) => this.keyOf(tag)),
      options,
    );
    return this.pick(tags, found);
  }

  /** Out of what was read together with other keys. */
  pick(tags: readonly string[], found: ReadonlyMap<string, Uint8Array>): Map<string, string> {
    const tokens = new Map<string, string>();
    for (const tag of tags) {
      const bytes = found.get(this.keyOf(tag));
      if (bytes?.length === TOKEN_BYTES) tokens.set(tag, Buffer.from(bytes).toString("latin1"));
    }
    return tokens;
  }

  /**
   * The tokens of all tags, made where there are none. Of several processes that make one, the first wins, so that a tag that was just invalidated has one new
   * token for all. Throws CacheOperationError `TAGS_LOST` where tokens vanish as fast as they are made, or something else lies under their keys.
   */
  async complete(
    tags: readonly string[],
    known: ReadonlyMap<string, string>,
    options: CacheCallOptions,
    entryTtlMs: number | null | undefined,
  ): Promise<TagTokens> {
    const tokens = new Map(known);
    const ttlMs = this.#tokenTtlMs(entryTtlMs);
    for (let round = 0; ; round++) {
      const missing = tags.filter((tag) => !tokens.has(tag));
      if (missing.length === 0) return tokens;
      if (round === ROUNDS) {
        const message = `${missing.length} tags keep no token: the cache drops it at once, or something else lies under ${this.keyOf(missing[0]!)}`;
        throw new CacheOperationError("TAGS_LOST", message);
      }
      const lost = await Promise.all(
        missing.map(async (tag) => {
          const token = randomBytes(TOKEN_BYTES);
          const first = await this.#cache.set(this.keyOf(tag), token, { ...options, ttlMs, nx: true });
          if (first) tokens.set(tag, token.toString("latin1"));
          return first ? [] : [tag];
        }),
      );
      for (const [tag, token] of await this.read(lost.flat(), options)) tokens.set(tag, token);
    }
  }

  async forget(tags: readonly string[], options: CacheCallOptions): Promise<void> {
    if (tags.length === 0) return;
    await this.#cache.deleteMany(
      tags.map((tag) => this.keyOf(tag)),
      options,
    );
  }

  /** A token that goes before its entry takes the entry with it. */
  #tokenTtlMs(entryTtlMs: number | null | undefined): number | null {
    return this.#ttlMs === null ? null : Math.max(this.#ttlMs, entryTtlMs ?? 0);
  }
}

/** Each tag once, sorted. Throws ConfigError `BAD_OPTION` or `BAD_TAG`. */
export function checkTags(tags: unknown): string[] {
  if (!Array.isArray(tags)) throw badOption("tags", "an array of strings", tags);
  tags.forEach((tag, keyIndex) => {
    if (typeof tag === "string" && tag !== "" && Buffer.byteLength(tag) <= MOST_TAGS) return;
    const message = `tag ${keyIndex}: expected a string of 1 to ${MOST_TAGS} bytes`;
    throw new ConfigError("BAD_TAG", message, { option: "tags", keyIndex });
  });
  // Names as they are stored, where a lone surrogate is U+FFFD.
  const each = [...new Set((tags as string[]).map((tag) => Buffer.from(tag).toString()))].sort();
  if (each.length > MOST_TAGS) throw badOption("tags", `at most ${MOST_TAGS} tags`, each.length);
  return each;
}
