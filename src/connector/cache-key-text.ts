import { type CacheDtype, dtypeOfText } from "./cache-dtype.ts";
import { badCacheKey } from "./cache-key-error.ts";

/*
 * The generations of LMCache's key strings, as its config and utils modules wrote them until late 2026:
 *
 *   G0  fmt @ model @ world size @ worker @ hash                          hash as it was given: text, or a decimal number
 *   G1  fmt @ model @ world size @ worker @ hash [@ tag%value …]          hash in hexadecimal
 *   G2  fmt @ model @ world size @ worker @ hash @ dtype [@ layer] [@ tag%value …]
 *   G3        model @ world size @ worker @ hash @ dtype [@ layer] [@ tag%value …]      current
 *
 * The world size tells them apart: it is the first decimal part, of G3 at index 1 and of the others at 2. G0 and G1 look the same where a hash might
 * be either.
 */
export type CacheKeyGeneration = "G0" | "G1" | "G2" | "G3";

export type CacheTag = readonly [name: string, value: string];

/** What a key string says, part by part. */
export interface CacheKeyParts {
  readonly generation: CacheKeyGeneration;
  /** Engine format in front of older keys, such as `vllm`. */
  readonly format: string | undefined;
  readonly modelName: string;
  readonly worldSize: number;
  readonly workerId: number;
  readonly chunkHash: string;
  /** Undefined in G0 and G1. */
  readonly dtype: CacheDtype | undefined;
  readonly layerId: number | undefined;
  readonly tags: readonly CacheTag[];
}

const DECIMAL = /^[+-]?\d+(?:_\d+)*$/;
const DIGITS = /^\d+$/;
/** What Python's `int(text, 16)` takes. */
const HEX = /^([+-]?)(?:0x_?)?([0-9a-f]+(?:_[0-9a-f]+)*)$/i;
/** What `f"{hash:x}"` gives and no decimal number is. */
const HEX_NUMBER = /^-?[1-9a-f][0-9a-f]*$/;

/** Parses a key of any generation as `parse_cache_key` does. Throws ConfigError `BAD_CACHE_KEY`. */
export function parseCacheKeyText(given: string): CacheKeyParts {
  if (typeof given !== "string") throw badCacheKey("key", "a cache key as text", given);
  const text = given.trim();
  const parts = text.split("@");
  if (isDecimal(parts[1])) return parseFrom(text, parts, 0);
  if (isDecimal(parts[2])) return parseFrom(text, parts, 1);
  throw badCacheKey("key", "model@worldSize@workerId@hash@dtype[@layer][@tag%value…]", given);
}

/** `at` is the index of the model's name: 0, or 1 behind the format of older keys. */
function parseFrom(text: string, parts: readonly string[], at: 0 | 1): CacheKeyParts {
  const old = at === 1;
  const [modelName, worldSize, workerId, hash, dtypeText, layer] = parts.slice(at) as [string, ...string[]];
  if (hash === undefined || hash === "") throw badCacheKey("chunkHash", "a chunk hash", text);
  const head = {
    format: old ? parts[0]! : undefined,
    modelName,
    worldSize: decimalOf("worldSize", worldSize!, text),
    workerId: decimalOf("workerId", workerId ?? "", text),
  };
  if (old && (dtypeText === undefined || dtypeText.includes("%"))) {
    const tags = tagsOf(parts.slice(at + 4), text);
    const isHex = tags.length > 0 || (HEX_NUMBER.test(hash) && /[a-f]/.test(hash));
    const generation = isHex ? "G1" : "G0";
    return { ...head, generation, chunkHash: hash, dtype: undefined, layerId: undefined, tags };
  }
  const dtype = dtypeText === undefined ? undefined : dtypeOfText(dtypeText, old);
  if (dtype === undefined) throw badCacheKey("dtype", "a dtype such as half, bfloat16 or fp8_e4m3fn", text);
  const hasLayer = layer !== undefined && DIGITS.test(layer);
  return {
    ...head,
    generation: old ? "G2" : "G3",
    chunkHash: old ? hash : hashOf(hash, text),
    dtype,
    layerId: hasLayer ? decimalOf("layerId", layer, text) : undefined,
    tags: tagsOf(parts.slice(at + (hasLayer ? 6 : 5)), text),
  };
}

/** A hash as Python would write it, but for zeros in front: they are what tells a hash of bytes from a number. */
function hashOf(hash: string, text: string): string {
  const match = HEX.exec(hash.trim());
  if (match === null) throw badCacheKey("chunkHash", "a hash in hexadecimal", text);
  return (match[1] === "-" ? "-" : "") + match[2]!.replaceAll("_", "").toLowerCase();
}

function tagsOf(parts: readonly string[], text: string): CacheTag[] {
  return parts.map((part) => {
    const at = part.indexOf("%");
    if (at < 0) throw badCacheKey("tags", "tag%value behind the dtype and the layer", text);
    return [part.slice(0, at), part.slice(at + 1)];
  });
}

function isDecimal(part: string | undefined): boolean {
  return part !== undefined && DECIMAL.test(part.trim());
}

function decimalOf(field: string, part: string, text: string): number {
  const value = isDecimal(part) ? Number(part.trim().replaceAll("_", "")) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw badCacheKey(field, "a decimal number", text);
}
