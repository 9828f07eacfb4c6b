import type { Key } from "../../src/slots/index.ts";

/** A kind of key that people have, made from a number. */
export interface KeyShape {
  readonly name: string;
  readonly keyOf: (index: number) => Key;
}

/** Digits and letters that repeat for no index below 36^6. */
function spread(index: number, length: number): string {
  let text = "";
  for (let seed = index + 1; text.length < length; seed = Math.imul(seed, 0x9e3779b1) >>> 0 || 1) {
    text += seed.toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
}

/** `model@world@worker@hash@dtype` as LMCache writes it, 126 characters. */
function lmcacheKey(index: number): string {
  return `meta-llama/Llama-3.3-70B-Instruct@8@3@${spread(index, 64)}@bfloat16@tenant:a1b2c3`
    .padEnd(126, "0")
    .slice(0, 126);
}

/** Digests, without the bytes of braces: a tag in a random place is another shape. */
function digest(index: number, length: number): Buffer {
  return Buffer.from(spread(index, length * 2), "hex").map((byte) =>
    byte === 0x7b || byte === 0x7d ? 0 : byte,
  ) as Buffer;
}

export const KEY_SHAPES: readonly KeyShape[] = [
  { name: "text, 6", keyOf: (i) => spread(i, 6) },
  { name: "text, 16", keyOf: (i) => `user:${spread(i, 11)}` },
  { name: "text, 30", keyOf: (i) => `session:${spread(i, 22)}` },
  { name: "text, 30, `{tag}` of 6", keyOf: (i) => `{${spread(i, 6)}}:${spread(i, 21)}` },
  { name: "text, 64", keyOf: (i) => spread(i, 64) },
  { name: "LMCache, 126", keyOf: lmcacheKey },
  { name: "bytes, 16", keyOf: (i) => digest(i, 16) },
  { name: "bytes, 32", keyOf: (i) => digest(i, 32) },
  { name: "bytes, 126", keyOf: (i) => Buffer.from(lmcacheKey(i)) },
];

export const COUNTS: readonly number[] = [1, 10, 100, 1000];

export function keysOf(shape: KeyShape, count: number): Key[] {
  return Array.from({ length: count }, (_, index) => shape.keyOf(index));
}
