import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { checkedTtl } from "./query-cache-options.ts";
import { checkFunction, checkNames, checkText, checkWhole } from "./recipe-options.ts";

/** One vector per text, in order: arrays of numbers, or Float32Arrays. `signal` fires when nobody waits for them any more. */
export type EmbedTexts = (
  texts: string[],
  options: { readonly signal: AbortSignal },
) => Promise<readonly (readonly number[] | Float32Array | Float64Array)[]>;

export interface EmbeddingCacheOptions {
  /** Makes the vectors that are not stored: your model, or its API. */
  embed: EmbedTexts;
  /** Part of every key. Name the model (and what else the vectors depend on) here, so that two models never mix. Default none. */
  namespace?: string | undefined;
  /** Numbers in a vector. Default: as many as the first vector that `embed` returns. */
  dimensions?: number | undefined;
  /** Milliseconds that a vector lives, from 1; null: for ever. Default: the backend's own. */
  ttlMs?: number | null | undefined;
  /** Texts in one call of `embed`; calls for one batch run one after the other. Default 512. */
  maxBatchSize?: number | undefined;
  /** Milliseconds of each call to the backend. Default: the backend's own. */
  timeoutMs?: number | undefined;
  /** What a backend that fails means: `ignore` (default) counts it and computes the vectors, `throw` rejects. */
  cacheErrors?: "ignore" | "throw" | undefined;
}

export interface EmbedOptions {
  /** Ends this caller's wait; `embed` is told when nobody waits any more. */
  signal?: AbortSignal | undefined;
}

/** Counters since the cache was made, in texts (each once per call). */
export interface EmbeddingCacheStats {
  /** Vectors that were stored. */
  readonly hits: number;
  readonly misses: number;
  /** Texts that another call was already looking up or computing. */
  readonly joined: number;
  /** Vectors that `embed` made. */
  readonly computed: number;
  /** Misses where another text's vector lay under the same key. */
  readonly collisions: number;
  /** Misses where the key held something else than a vector. */
  readonly unreadable: number;
  /** Misses where the vector had another number of dimensions. */
  readonly mismatches: number;
  /** Reads and writes of the backend that failed, in calls. */
  readonly errors: number;
}

/** Every option with its value. */
export interface ResolvedEmbeddingOptions {
  readonly embed: EmbedTexts;
  readonly prefix: string;
  readonly dimensions: number | undefined;
  /** Undefined: the backend's own. */
  readonly ttlMs: number | null | undefined;
  readonly maxBatchSize: number;
  readonly timeoutMs: number | undefined;
  readonly throws: boolean;
}

const NAMES = ["embed", "namespace", "dimensions", "ttlMs", "maxBatchSize", "timeoutMs", "cacheErrors"];

/** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`. */
export function resolveEmbeddingOptions(options: EmbeddingCacheOptions): ResolvedEmbeddingOptions {
  checkNames("an EmbeddingCache", options, NAMES);
  const { embed, dimensions, timeoutMs, cacheErrors = "ignore" } = options;
  checkFunction("embed", embed);
  if (cacheErrors !== "ignore" && cacheErrors !== "throw")
    throw badOption("cacheErrors", '"ignore" or "throw"', cacheErrors);
  const namespace = checkText("namespace", options.namespace ?? "");
  return {
    embed,
    prefix: `embedding:${namespace === "" ? "" : `${namespace}:`}`,
    dimensions: dimensions === undefined ? undefined : checkWhole("dimensions", dimensions, 1),
    ttlMs: checkedTtl(options.ttlMs),
    maxBatchSize: checkWhole("maxBatchSize", options.maxBatchSize ?? 512, 1),
    timeoutMs: timeoutMs === undefined ? undefined : checkWhole("timeoutMs", timeoutMs, 1),
    throws: cacheErrors === "throw",
  };
}

/** Throws ConfigError `BAD_ARGUMENT` with the index of the first that is no text. */
export function checkTexts(texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) throw badOption("texts", "an array of strings", texts);
  const keyIndex = texts.findIndex((text) => typeof text !== "string");
  if (keyIndex === -1) return;
  throw new ConfigError("BAD_ARGUMENT", `text ${keyIndex}: expected a string`, { keyIndex, option: "texts" });
}
