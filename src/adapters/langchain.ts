import { createHash } from "node:crypto";
import { BaseCache, deserializeStoredGeneration, serializeGeneration } from "@langchain/core/caches";
import type { Generation } from "@langchain/core/outputs";
import { BaseStore } from "@langchain/core/stores";
import type { CacheBackend } from "../cache/cache-backend.ts";
import { CacheOperationError } from "../cache/cache-error.ts";
import { badOption, checkTtl } from "../cluster/options.ts";
import { checkOptions, type OptionRule } from "./adapter-options.ts";
import { requireBytes, requireBytesBackend, textOf } from "./bytes-backend.ts";
import { keyLists } from "./key-space.ts";

export interface SlotpackStoreOptions {
  /** Put in front of every key. Default none. */
  prefix?: string | undefined;
  /** Milliseconds that an entry lives; null: for ever. Default: the backend's own TTL. */
  ttlMs?: number | null | undefined;
}

export interface SlotpackLlmCacheOptions {
  /** Put in front of every key. Default `llm:`. */
  prefix?: string | undefined;
  /** Milliseconds that an answer lives; null: for ever. Default: the backend's own TTL. */
  ttlMs?: number | null | undefined;
}

const RULES: Readonly<Record<string, OptionRule>> = {
  prefix: "string",
  ttlMs: (_name, value) => void (value === null || checkTtl(value)),
};
const YIELD_BATCH_SIZE = 1000;

/**
 * LangChain's `BaseStore<string, Uint8Array>` on a cache backend whose codec is `bytes`: what CacheBackedEmbeddings and document stores take.
 * Each call is one batch over any slots. Errors reject (CacheError); bad options throw ConfigError.
 */
export class SlotpackStore extends BaseStore<string, Uint8Array> {
  lc_namespace: string[] = ["slotpack", "stores"];
  readonly #backend: CacheBackend<Uint8Array>;
  readonly #prefix: string;
  readonly #ttlMs: number | null | undefined;

  constructor(backend: CacheBackend<Uint8Array>, options: SlotpackStoreOptions = {}) {
    super();
    checkOptions("SlotpackStore", options, RULES);
    this.#backend = requireBytesBackend("SlotpackStore", backend);
    this.#prefix = options.prefix ?? "";
    this.#ttlMs = options.ttlMs;
  }

  /** At the caller's index, undefined for a miss. */
  async mget(keys: string[]): Promise<(Uint8Array | undefined)[]> {
    const names = keys.map((key) => this.#prefix + key);
    const found = await this.#backend.getMany(names);
    return names.map((name) => {
      const value = found.get(name);
      return value === undefined ? undefined : requireBytes("SlotpackStore", value);
    });
  }

  async mset(keyValuePairs: [string, Uint8Array][]): Promise<void> {
    const entries = keyValuePairs.map(([key, value], i): [string, Uint8Array] => {
      if (!(value instanceof Uint8Array)) throw badOption(`value of pair ${i}`, "bytes (Uint8Array)", value);
      return [this.#prefix + key, value];
    });
    await this.#backend.setMany(entries, { ttlMs: this.#ttlMs });
  }

  async mdelete(keys: string[]): Promise<void> {
    await this.#backend.deleteMany(keys.map((key) => this.#prefix + key));
  }

  /** Keys that begin with `prefix`, taken literally, on all primaries. */
  async *yieldKeys(prefix: string = ""): AsyncGenerator<string> {
    const space = { backend: this.#backend, start: this.#prefix + prefix };
    for await (const names of keyLists(space, YIELD_BATCH_SIZE))
      for (const name of names) yield name.slice(this.#prefix.length);
  }
}

/**
 * LangChain's cache of model answers on a cache backend whose codec is `bytes`: one key per prompt and model, its name the SHA-256 of both, its
 * value the list of generations as JSON, each as LangChain's own `serializeGeneration` writes it. Errors reject, and so does the model's
 * call that asked; a FallbackBackend keeps a lost server from doing that.
 */
export class SlotpackLlmCache extends BaseCache {
  readonly #backend: CacheBackend<Uint8Array>;
  readonly #prefix: string;
  readonly #ttlMs: number | null | undefined;

  constructor(backend: CacheBackend<Uint8Array>, options: SlotpackLlmCacheOptions = {}) {
    super();
    checkOptions("SlotpackLlmCache", options, RULES);
    this.#backend = requireBytesBackend("SlotpackLlmCache", backend);
    this.#prefix = options.prefix ?? "llm:";
    this.#ttlMs = options.ttlMs;
    // LangChain's own joins the parts with "_", so that different pairs can have one key.
    this.makeDefaultKeyEncoder((...parts) =>
      createHash("sha256").update(JSON.stringify(parts)).digest("hex"),
    );
  }

  /** Null for a miss; rejects with CacheOperationError `BAD_VALUE` where something else is stored. */
  override async lookup(prompt: string, llmKey: string): Promise<Generation[] | null> {
    const name = this.#name(prompt, llmKey);
    const value = await this.#backend.get(name);
    if (value === null) return null;
    const text = textOf("SlotpackLlmCache", value);
    try {
      const stored = JSON.parse(text) as Stored[];
      return stored.map((generation) => deserializeStoredGeneration(generation));
    } catch (cause) {
      throw new CacheOperationError("BAD_VALUE", `${name} holds no list of generations`, { cause });
    }
  }

  override async update(prompt: string, llmKey: string, value: Generation[]): Promise<void> {
    const text = JSON.stringify(value.map((generation) => serializeGeneration(generation)));
    await this.#backend.set(this.#name(prompt, llmKey), Buffer.from(text), { ttlMs: this.#ttlMs });
  }

  #name(prompt: string, llmKey: string): string {
    return this.#prefix + this.keyEncoder(prompt, llmKey);
  }
}

type Stored = ReturnType<typeof serializeGeneration>;
