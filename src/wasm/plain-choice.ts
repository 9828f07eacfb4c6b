import type { Key } from "./kernel.ts";

/*
 * Keyslots of many keys, ns per key (Node 20), plain JavaScript against the WebAssembly kernel:
 *
 *   text, flat           plain 3.5 + 1.65 a character     kernel 27 + 0.26 a character + 120 a call
 *   text, put together   plain 4.5 + 2.4 a character      the same: `join` flattens it
 *   bytes                plain 5 + 1.0 a byte             kernel 35 + 0.1 a byte + 100 a call
 *
 * Plain JavaScript reads no further than the end of a tag, so it also wins with longer keys whose short tag stands near
 * the start: 21 against 36 for 30 characters with a tag of 6. V8 keeps concatenations below 13 characters flat.
 */
const TEXT_UP_TO = 13;
const TEXT_PER_CALL = 110;
/** A smaller batch is judged by its first key, a larger one by three. */
const SAMPLED_FROM = 32;
/** A key alone, text or bytes, goes to the kernel only when it is longer than this. */
export const SINGLE_KEY_UP_TO = 160;
const BYTES_UP_TO = 36;
/** A byte counts as so many characters. */
const BYTE_WEIGHT = TEXT_UP_TO / BYTES_UP_TO;

/** Whether plain JavaScript is expected to be faster, judged by up to three of the keys. */
export function plainSlotsAreFaster(keys: readonly Key[]): boolean {
  const count = keys.length;
  if (count <= 1) return count === 0 || (keys[0]?.length ?? 0) <= SINGLE_KEY_UP_TO;
  const first = keys[0]!;
  // Ahead of the division and of weigh(): ten short keys take 130 to 250 ns together.
  if (count < SAMPLED_FROM) {
    if (typeof first !== "string") {
      if (first?.length <= BYTES_UP_TO) return true;
    } else if (first.length <= TEXT_UP_TO) return true;
  }
  const limit = TEXT_UP_TO + TEXT_PER_CALL / count;
  if (count < SAMPLED_FROM) return weigh(first, limit) <= limit;
  const sum = weigh(first, limit) + weigh(keys[count >> 1]!, limit) + weigh(keys[count - 1]!, limit);
  return sum <= 3 * limit;
}

/** Characters that plain JavaScript reads of the key; what is below `limit` is not looked at closely. */
function weigh(key: Key, limit: number): number {
  if (typeof key === "string") {
    if (key.length <= limit) return key.length;
    if (key.charCodeAt(0) === 0x7b) return tagEndOf(key);
    const open = key.indexOf("{");
    const close = open < 0 ? -1 : key.indexOf("}", open);
    return close > open + 1 ? close : key.length;
  }
  // No key at all: plain JavaScript throws the error.
  if (!(key instanceof Uint8Array)) return 0;
  const weight = key.length * BYTE_WEIGHT;
  if (weight <= limit) return weight;
  const open = key.indexOf(0x7b);
  const close = open < 0 ? -1 : key.indexOf(0x7d, open);
  return close > open + 1 ? close * BYTE_WEIGHT : weight;
}

/** Keys that begin with a tag mostly have tags of one length: it is looked at once in so many calls. */
const TAG_LOOK_EVERY = 64;
let tagLooks = 0;
let taggedLength = -1;
let taggedEnd = 0;

/** End of the tag at the start of `key`. The search takes 25 ns, as much as the slot of such a key. */
function tagEndOf(key: string): number {
  if (key.length === taggedLength && ++tagLooks < TAG_LOOK_EVERY) return taggedEnd;
  const close = key.indexOf("}");
  tagLooks = 0;
  taggedLength = key.length;
  taggedEnd = close > 1 ? close : key.length;
  return taggedEnd;
}

/*
 * Packing takes the kernel about 650 ns a call and 60 a key, most of it for the arrays that it hands out; plain JavaScript
 * takes 100 ns a call and 190 + 7.3 a character for each key. With two names of 30 characters they are equal at one key.
 */
const PACK_KEY_WEIGHT = 18;
const PACK_UP_TO = 47;

/** Whether plain JavaScript is expected to pack `count` keys like `first` faster. */
export function plainPackIsFaster(count: number, first: Key | undefined): boolean {
  return (
    count * PACK_KEY_WEIGHT <= PACK_UP_TO && count * (PACK_KEY_WEIGHT + (first?.length ?? 0)) <= PACK_UP_TO
  );
}
