import type { Bytes } from "../protocol/arg.ts";
import type { Digest } from "./digest.ts";

export type CompoundType = "hash" | "list" | "set" | "zset" | "stream";

/** A value that is not a string; it counts its own bytes, and who changes it tells `Database.resized`. */
export interface Compound {
  readonly type: CompoundType;
  /** As OBJECT ENCODING names it. */
  readonly encoding: string;
  /** What MEMORY USAGE says of it, without the key. */
  readonly memoryBytes: number;
  /** An independent copy (COPY). */
  copy(): Compound;
  /** DEBUG DIGEST: lists mix their elements in; the others add something of each element, in no order. */
  digestInto?(digest: Digest): void;
}

/** What a key holds; a string value is its bytes. */
export type Value = Bytes | Compound;

/**
 * How the real server would hold a string. Not only its bytes decide: SET makes an `int` of digits, INCRBYFLOAT does not, and what APPEND, SETRANGE
 * or SETBIT wrote is `raw` however short. COPY makes an `int` that is not shared with others (OBJECT REFCOUNT).
 */
export const ENCODING = { int: 0, embstr: 1, raw: 2, copiedInt: 3 } as const;

export type StringEncoding = (typeof ENCODING)[keyof typeof ENCODING];

export const ENCODING_NAMES: readonly string[] = ["int", "embstr", "raw", "int"];

const EMBSTR_MAX_BYTES = 44;

export function isString(value: Value): value is Bytes {
  return typeof value === "string" || value instanceof Uint8Array;
}

/** `int`, `embstr` or `raw` as SET chooses. */
export function chosenEncoding(value: Bytes): StringEncoding {
  const { length } = value;
  if (length > EMBSTR_MAX_BYTES) return ENCODING.raw;
  return length <= 20 && isInteger(value as string) ? ENCODING.int : ENCODING.embstr;
}

/** `embstr` or `raw` for bytes that are never taken for a number. */
export function textEncoding(value: Bytes): StringEncoding {
  return value.length > EMBSTR_MAX_BYTES ? ENCODING.raw : ENCODING.embstr;
}

/** A signed 64-bit integer in its only normal form. */
export function isInteger(text: string): boolean {
  let index = text.charCodeAt(0) === 0x2d ? 1 : 0;
  const digits = text.length - index;
  const first = text.charCodeAt(index);
  if (digits === 0 || first < 0x30 || first > 0x39) return false;
  if (first === 0x30) return text.length === 1;
  for (index += 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  if (digits < 19) return true;
  if (digits > 19) return false;
  return text.charCodeAt(0) === 0x2d ? text <= "-9223372036854775808" : text <= "9223372036854775807";
}
