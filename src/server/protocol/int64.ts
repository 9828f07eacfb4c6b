import type { Bytes } from "./arg.ts";
import { parseLong } from "./integer.ts";

/** A signed 64-bit integer: a number where that is exact (up to 2^53), else a bigint. */
export type Int64 = number | bigint;

const HIGHEST = 2n ** 63n - 1n;
const LOWEST = -(2n ** 63n);

/** A signed 64-bit integer in its only normal form (no blanks, no `+`, no leading zeros, no `-0`), else undefined. */
export function parseInt64(text: Bytes): Int64 | undefined {
  if (typeof text !== "string" || text.length > 20) return undefined;
  if (text.length > 15) {
    const value = parseLong(text);
    return value === undefined ? undefined : normalInt64(value);
  }
  const negative = text.charCodeAt(0) === 0x2d;
  let index = negative ? 1 : 0;
  const first = text.charCodeAt(index) - 0x30;
  // Written so that the NaN behind the end of the text fails too.
  if (!(first >= 0 && first <= 9) || (first === 0 && text.length > 1)) return undefined;
  let value = first;
  for (index += 1; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** Undefined where the sum does not fit 64 bits. */
export function addInt64(first: Int64, second: Int64): Int64 | undefined {
  if (typeof first === "number" && typeof second === "number") {
    const sum = first + second;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checkedInt64(BigInt(first) + BigInt(second));
}

/** Undefined where the value does not fit 64 bits. */
export function checkedInt64(value: bigint): Int64 | undefined {
  return value > HIGHEST || value < LOWEST ? undefined : normalInt64(value);
}

function normalInt64(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
