// CRC-16/XMODEM without tables: P = x^16 + x^12 + x^5 + 1, start at 0, nothing reflected.
//
// Squaring a polynomial over GF(2) squares its terms, so every P^(2^k) has four terms as well:
//
//   P^8 = x^128 + x^96 + x^40 + 1      P^2 = x^32 + x^24 + x^10 + 1
//   P^4 = x^64  + x^48 + x^20 + 1      P   = x^16 + x^12 + x^5  + 1
//
// P divides all of them. The message is reduced modulo P^8 in blocks of 16 bytes, by shifts of whole bytes in one vector;
// what is left, 128 bits, goes down to 64, 32 and 16 bits modulo P^4, P^2 and P. In each step the upper half A is divided
// by 1 + s + t, where s and t shift right by the distance from the first term to the second and to the third:
//
//   A / (1 + s + t) = A / (1 + s) + A·t + (terms shifted out)
//
// and the quotient times the three lower terms is added to the lower half. Zero bytes in front do not change a CRC that
// starts at 0, so a first block that is not full is filled with zeros in front.

import { TAIL_MASK } from "../src/wasm/layout";

/** Writes what crc16() reads besides its input. */
export function prepare(): void {
  v128.store(TAIL_MASK, i8x16.splat(0));
  v128.store(TAIL_MASK + 16, i8x16.splat(-1));
}

/** state·x^128 + block modulo P^8; byte 0 holds the highest powers. */
// @ts-ignore: decorator
@inline
function fold(state: v128, block: v128): v128 {
  const zero = i8x16.splat(0);
  let q = v128.xor(state, behind4(zero, state));
  q = v128.xor(q, v128.shuffle<u8>(zero, q, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23));
  q = v128.xor(q, v128.shuffle<u8>(zero, state, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20));
  const times96 = v128.shuffle<u8>(q, zero, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
  const times40 = v128.shuffle<u8>(q, zero, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  return v128.xor(v128.xor(block, q), v128.xor(times96, times40));
}

// @ts-ignore: decorator
@inline
function behind4(zero: v128, state: v128): v128 {
  return v128.shuffle<u8>(zero, state, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
}

/** state·x^16 modulo P. */
// @ts-ignore: decorator
@inline
function reduce(state: v128): u32 {
  const swapped = v128.shuffle<u8>(state, state, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const a64 = <u64>i64x2.extract_lane(swapped, 1);
  let q64 = a64 ^ (a64 >> 16);
  q64 ^= (q64 >> 32) ^ (a64 >> 44);
  const r64 = <u64>i64x2.extract_lane(swapped, 0) ^ q64 ^ (q64 << 48) ^ (q64 << 20);

  const a32 = <u32>(r64 >> 32);
  let q32 = a32 ^ (a32 >> 8);
  q32 ^= (q32 >> 16) ^ (a32 >> 22);
  const r32 = <u32>r64 ^ q32 ^ (q32 << 24) ^ (q32 << 10);

  return times16(times16(r32 >> 16) ^ (r32 & 0xffff));
}

/** a·x^16 modulo P for 16 bits. */
// @ts-ignore: decorator
@inline
function times16(a: u32): u32 {
  let q = a ^ (a >> 4);
  q ^= (q >> 8) ^ (a >> 11);
  return (q ^ (q << 12) ^ (q << 5)) & 0xffff;
}

/** The 0 to 16 bytes at `from` as a block with zeros in front. Reads up to 16 bytes before `from`. */
// @ts-ignore: decorator
@inline
function head(from: usize, length: usize): v128 {
  return v128.and(v128.load(from + length - 16), v128.load(<usize>TAIL_MASK + length));
}

/** CRC of `length` bytes at `from`. Reads up to 15 bytes in front of them. */
// @ts-ignore: decorator
@inline
export function crc16(from: usize, length: usize): u32 {
  if (length == 0) return 0;
  const first = ((length - 1) & 15) + 1;
  let state = head(from, first);
  const end = from + length;
  for (let at = from + first; at < end; at += 16) state = fold(state, v128.load(at));
  return reduce(state);
}

/** Continues `crc` over `length` bytes at `from`. Reads up to 15 bytes in front of them. */
export function crc16From(crc: u32, from: usize, length: usize): u32 {
  if (length == 0) return crc;
  // The state is added to the message's first two bytes; behind a single byte its lower half is left over.
  if (length == 1) return times16((crc >> 8) ^ load<u8>(from)) ^ ((crc & 0xff) << 8);
  const meets = <u64>((crc >> 8) | ((crc & 0xff) << 8));
  const first = length & 15;
  const end = from + length;
  let state = head(from, first);
  if (first == 1) {
    // x^8 more than the block holds: the two bytes are put in front of the next block too.
    state = v128.xor(state, lanes(0, (meets & 0xff) << 56));
    const next = v128.xor(v128.load(from + 1), lanes(meets >> 8, 0));
    state = fold(state, next);
    for (let at = from + 17; at < end; at += 16) state = fold(state, v128.load(at));
    return reduce(state);
  }
  let at = from + first;
  if (first == 0) {
    state = v128.xor(v128.load(at), lanes(meets, 0));
    at += 16;
  } else {
    const shift = <u64>(16 - first) << 3;
    if (shift >= 64) state = v128.xor(state, lanes(0, meets << (shift - 64)));
    else state = v128.xor(state, lanes(meets << shift, shift == 56 ? meets >> 8 : 0));
  }
  for (; at < end; at += 16) state = fold(state, v128.load(at));
  return reduce(state);
}

// @ts-ignore: decorator
@inline
function lanes(low: u64, high: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(<i64>low), 1, <i64>high);
}
