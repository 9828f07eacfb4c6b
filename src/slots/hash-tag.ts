import { badKey } from "../wasm/input-error.ts";
import type { Key } from "../wasm/kernel.ts";
import { indexOfByte } from "../wasm/key-slot.ts";

/**
 * The part of a key that is hashed: what stands between the first `{` and the first `}` behind it, when that is not
 * empty, else the whole key. A Uint8Array's tag is a view of it.
 *
 * @throws ConfigError `BAD_KEY`
 */
export function hashTag(key: string): string;
export function hashTag(key: Uint8Array): Uint8Array;
export function hashTag(key: Key): Key;
export function hashTag(key: Key): Key {
  if (typeof key === "string") {
    const open = key.indexOf("{");
    if (open < 0) return key;
    const close = key.indexOf("}", open + 1);
    return close > open + 1 ? key.slice(open + 1, close) : key;
  }
  if (!(key instanceof Uint8Array)) throw badKey(key, 0);
  const open = indexOfByte(key, 0x7b, 0, key.length);
  if (open < 0) return key;
  const close = indexOfByte(key, 0x7d, open + 1, key.length);
  return close > open + 1 ? key.subarray(open + 1, close) : key;
}
