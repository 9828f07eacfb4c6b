import type { Key } from "../../src/slots/index.ts";

/*
 * The best loops in plain JavaScript that we know: hashing and the search for a tag in one pass, two or four bytes a step
 * without a table (a table of 256 takes 1.4 times as long, four tables as long). One function per kind of key, so that
 * each sees one kind only. They serve the comparison; src/wasm has its own.
 */

function textSlot(key: string): number {
  const { length } = key;
  let crc = 0;
  let seen = 0;
  let i = 0;
  if (length & 1) {
    seen = key.charCodeAt(0);
    if (seen === 0x7b) return taggedSlot(key, 0);
    const a = seen;
    let q = a ^ (a >> 4);
    q ^= (q >> 8) ^ (a >> 11);
    crc = (q ^ (q << 12) ^ (q << 5)) & 0xffff;
    i = 1;
  }
  for (; i < length; i += 2) {
    const first = key.charCodeAt(i);
    const second = key.charCodeAt(i + 1);
    if (first === 0x7b) return taggedSlot(key, i);
    if (second === 0x7b) return taggedSlot(key, i + 1);
    seen |= first | second;
    const a = crc ^ ((first << 8) | second);
    let q = a ^ (a >> 4);
    q ^= (q >> 8) ^ (a >> 11);
    crc = (q ^ (q << 12) ^ (q << 5)) & 0xffff;
  }
  return seen < 0x80 ? crc & 16383 : bytesSlot(Buffer.from(key));
}

function taggedSlot(key: string, open: number): number {
  let crc = 0;
  for (let i = open + 1; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit === 0x7d && i > open + 1) return crc & 16383;
    if (unit > 0x7f || unit === 0x7d) break;
    const a = (crc >> 8) ^ unit;
    let q = a ^ (a >> 4);
    q ^= (q >> 8) ^ (a >> 11);
    crc = ((q ^ (q << 12) ^ (q << 5)) & 0xffff) ^ ((crc & 0xff) << 8);
  }
  return bytesSlot(Buffer.from(key));
}

function bytesSlot(key: Uint8Array): number {
  const open = key.indexOf(0x7b);
  const close = open < 0 ? -1 : key.indexOf(0x7d, open + 1);
  return close > open + 1 ? bytesCrc(key, open + 1, close) & 16383 : bytesCrc(key, 0, key.length) & 16383;
}

/** For keys without a brace in one pass. */
function bareBytesSlot(key: Uint8Array): number {
  const { length } = key;
  let state = 0;
  let i = 0;
  for (; i < (length & 3); i++) {
    if (key[i] === 0x7b) return bytesSlot(key);
    state = (state << 8) | key[i]!;
  }
  for (; i < length; i += 4) {
    const word = (key[i]! << 24) | (key[i + 1]! << 16) | (key[i + 2]! << 8) | key[i + 3]!;
    const zeros = word ^ 0x7b7b7b7b;
    if ((zeros - 0x01010101) & ~zeros & 0x80808080) return bytesSlot(key);
    let q = state ^ (state >>> 8);
    q ^= (q >>> 16) ^ (state >>> 22);
    state = word ^ q ^ (q << 24) ^ (q << 10);
  }
  return times16(times16(state >>> 16) ^ (state & 0xffff)) & 16383;
}

function bytesCrc(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let i = start; i < end; i++) crc = times16((crc >> 8) ^ bytes[i]!) ^ ((crc & 0xff) << 8);
  return crc;
}

function times16(a: number): number {
  let q = a ^ (a >> 4);
  q ^= (q >> 8) ^ (a >> 11);
  return (q ^ (q << 12) ^ (q << 5)) & 0xffff;
}

/** The slots of keys of one kind, key by key. */
export function plainSlots(keys: readonly Key[], slots: Uint16Array): Uint16Array {
  if (typeof keys[0] === "string") {
    for (let i = 0; i < keys.length; i++) slots[i] = textSlot(keys[i] as string);
  } else for (let i = 0; i < keys.length; i++) slots[i] = bareBytesSlot(keys[i] as Uint8Array);
  return slots;
}

const encoder = new TextEncoder();
const joined = new Uint8Array(1 << 20);

/** The slots of text keys, joined and encoded in pieces and hashed as bytes: ahead of the loop for long keys. */
export function plainJoinedSlots(keys: readonly string[], slots: Uint16Array): Uint16Array {
  for (let from = 0; from < keys.length; from += 256) {
    const piece = keys.slice(from, from + 256);
    const { written } = encoder.encodeInto(piece.join("\0"), joined);
    joined[written] = 0;
    let start = 0;
    let target = from;
    for (let i = 0; i < piece.length; i++) {
      const end = start + piece[i]!.length;
      // Not ASCII, or a key that holds the separator.
      if (joined[end] !== 0) return plainSlots(keys, slots);
      let state = 0;
      let at = start;
      let brace = 0;
      for (const head = start + ((end - start) & 3); at < head; at++) {
        if (joined[at] === 0x7b) brace = 1;
        state = (state << 8) | joined[at]!;
      }
      for (; at < end; at += 4) {
        const word = (joined[at]! << 24) | (joined[at + 1]! << 16) | (joined[at + 2]! << 8) | joined[at + 3]!;
        const zeros = word ^ 0x7b7b7b7b;
        brace |= (zeros - 0x01010101) & ~zeros & 0x80808080;
        let q = state ^ (state >>> 8);
        q ^= (q >>> 16) ^ (state >>> 22);
        state = word ^ q ^ (q << 24) ^ (q << 10);
      }
      const crc = times16(times16(state >>> 16) ^ (state & 0xffff));
      slots[target++] = brace === 0 ? crc & 16383 : bytesSlot(joined.subarray(start, end));
      start = end + 1;
    }
  }
  return slots;
}
