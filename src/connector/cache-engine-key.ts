import { CACHE_DTYPES, type CacheDtype, textOfDtype } from "./cache-dtype.ts";
import { badCacheKey, checkPart, checkWhole } from "./cache-key-error.ts";
import {
  type CacheKeyGeneration,
  type CacheKeyParts,
  type CacheTag,
  parseCacheKeyText,
} from "./cache-key-text.ts";

export type { CacheDtype, CacheKeyGeneration, CacheTag };

export interface CacheEngineKeyFields {
  /** Not empty, no `@`. */
  modelName: string;
  /** From 1. */
  worldSize: number;
  /** 0 to worldSize - 1. */
  workerId: number;
  /**
   * A number is written in hexadecimal as Python does, with a minus sign and without zeros in front; bytes as two digits each; text (lower-case hexadecimal
   * digits, perhaps a minus sign) as it is. There is no way from a JavaScript number, which may have lost digits of a 64-bit hash.
   */
  chunkHash: string | bigint | Uint8Array;
  /** torch's name, such as `float16`. */
  dtype: CacheDtype;
  /**
   * LMCache's request tags (`lmcache.tag.<name>`), in the order in which they stand in the key: another order is another key. Values are text as Python's
   * `str()` gives it (`True`, `None`, `1.0`); no `@` anywhere, no `%` in a name.
   */
  tags?: readonly CacheTag[] | undefined;
}

export interface LayerCacheEngineKeyFields extends CacheEngineKeyFields {
  /** From 0. */
  layerId: number;
}

interface ParsedKey {
  readonly parts: CacheKeyParts;
  readonly text: string;
}

/** Fields that `parse` made, and what it read: the constructor does not check them as a caller's. */
const parsedKeys = new WeakMap<object, ParsedKey>();

/**
 * LMCache's key of one chunk of KV cache. `toString()` is the logical key of its record:
 * `model@worldSize@workerId@hash@dtype[@layer][@tag%value…]`. Constructed keys are of the current generation; `parse` takes older ones, too, whose text it
 * keeps to the byte. Immutable.
 */
export class CacheEngineKey {
  readonly modelName: string;
  readonly worldSize: number;
  readonly workerId: number;
  /** As it stands in the key. */
  readonly chunkHash: string;
  /** torch's name; undefined in generations G0 and G1. */
  readonly dtype: CacheDtype | undefined;
  readonly tags: readonly CacheTag[];
  readonly generation: CacheKeyGeneration;
  /** Engine format in front of keys of older generations, such as `vllm`. */
  readonly format: string | undefined;
  readonly #text: string;

  /** Throws ConfigError `BAD_CACHE_KEY` with the field as its `option`. */
  constructor(fields: CacheEngineKeyFields) {
    const parsed = parsedKeys.get(fields);
    const parts = parsed?.parts ?? checkFields(fields, this instanceof LayerCacheEngineKey);
    this.modelName = parts.modelName;
    this.worldSize = parts.worldSize;
    this.workerId = parts.workerId;
    this.chunkHash = parts.chunkHash;
    this.dtype = parts.dtype;
    this.tags = parts.tags;
    this.generation = parts.generation;
    this.format = parts.format;
    this.#text = parsed?.text ?? format(parts);
  }

  /**
   * A key of one chunk, or of one of its layers where the text has one, as LMCache's `parse_cache_key`. Numbers may be written as Python's `int()` takes them
   * and are formatted in the usual way; a hash keeps its zeros in front, which Python loses. Throws ConfigError `BAD_CACHE_KEY`.
   */
  static parse(text: string): CacheEngineKey | LayerCacheEngineKey {
    const parts = parseCacheKeyText(text);
    const fields = { ...parts } as unknown as LayerCacheEngineKeyFields;
    parsedKeys.set(fields, { parts, text: parts.generation === "G3" ? format(parts) : text.trim() });
    return parts.layerId === undefined ? new CacheEngineKey(fields) : new LayerCacheEngineKey(fields);
  }

  toString(): string {
    return this.#text;
  }
}

/** The key of one layer of a chunk. */
export class LayerCacheEngineKey extends CacheEngineKey {
  readonly layerId: number;

  /** Throws ConfigError `BAD_CACHE_KEY` with the field as its `option`. */
  constructor(fields: LayerCacheEngineKeyFields) {
    super(fields);
    this.layerId = fields.layerId;
  }

  /** Throws ConfigError `BAD_CACHE_KEY`, also for the key of a whole chunk. */
  static override parse(text: string): LayerCacheEngineKey {
    const key = CacheEngineKey.parse(text);
    if (key instanceof LayerCacheEngineKey) return key;
    throw badCacheKey("layerId", "a layer behind the dtype", text);
  }
}

function checkFields(fields: CacheEngineKeyFields, layered: boolean): CacheKeyParts {
  if (typeof fields !== "object" || fields === null)
    throw badCacheKey("key", "an object of the key's fields", fields);
  const modelName = checkPart("modelName", fields.modelName, "a model's name");
  if (modelName === "") throw badCacheKey("modelName", "a model's name", modelName);
  const worldSize = checkWhole("worldSize", fields.worldSize, 1, Number.MAX_SAFE_INTEGER);
  const workerId = checkWhole("workerId", fields.workerId, 0, worldSize - 1);
  if (textOfDtype(fields.dtype) === undefined)
    throw badCacheKey("dtype", `one of ${CACHE_DTYPES.join(", ")}`, fields.dtype);
  const { layerId } = fields as Partial<LayerCacheEngineKeyFields>;
  // Dropped, it would give all layers of a chunk one key.
  if (!layered && layerId !== undefined)
    throw badCacheKey(
      "layerId",
      "none in the key of a whole chunk; a layer's is a LayerCacheEngineKey",
      layerId,
    );
  return {
    generation: "G3",
    format: undefined,
    modelName,
    worldSize,
    workerId,
    chunkHash: checkHash(fields.chunkHash),
    dtype: fields.dtype,
    layerId: layered ? checkWhole("layerId", layerId, 0, Number.MAX_SAFE_INTEGER) : undefined,
    tags: checkTags(fields.tags),
  };
}

function checkHash(hash: string | bigint | Uint8Array): string {
  if (typeof hash === "bigint") return hash.toString(16);
  if (hash instanceof Uint8Array && hash.length > 0)
    return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("hex");
  if (typeof hash === "string" && /^-?[0-9a-f]+$/.test(hash)) return hash;
  throw badCacheKey("chunkHash", "lower-case hexadecimal digits as text, a bigint or bytes", hash);
}

function checkTags(tags: readonly CacheTag[] | undefined): readonly CacheTag[] {
  if (tags === undefined) return [];
  if (!Array.isArray(tags)) throw badCacheKey("tags", "an array of [name, value] pairs", tags);
  return tags.map((tag: unknown, i): CacheTag => {
    if (!Array.isArray(tag) || tag.length !== 2) throw badCacheKey(`tags[${i}]`, "a pair [name, value]", tag);
    const name = checkPart(`tags[${i}][0]`, tag[0], "a tag's name as text");
    if (name.includes("%")) throw badCacheKey(`tags[${i}][0]`, 'a tag\'s name without "%"', name);
    return [name, checkPart(`tags[${i}][1]`, tag[1], "a tag's value as text")];
  });
}

/** The text of the current generation. */
function format({ modelName, worldSize, workerId, chunkHash, dtype, layerId, tags }: CacheKeyParts): string {
  const parts = [modelName, worldSize, workerId, chunkHash, textOfDtype(dtype)!];
  if (layerId !== undefined) parts.push(layerId);
  for (const [name, value] of tags) parts.push(`${name}%${value}`);
  return parts.join("@");
}
