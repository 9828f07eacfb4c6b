import { closeSync, openSync, writeSync } from "node:fs";

/** Keys of one shape. */
export interface KeyShape {
  readonly name: string;
  key(i: number): string;
}

export const SHAPES: readonly KeyShape[] = [
  { name: "user:…:profile:…", key: (i) => `user:${(i * 7919) % 1_000_003}:profile:${i}` },
  {
    name: "LMCache's, with a tag",
    key: (i) => {
      const hash = ((i * 2_654_435_761) % 2 ** 32).toString(16).padStart(64, "0");
      return `meta-llama/Llama-3.1-8B-Instruct@1@0@${hash}@bfloat16@tag%${i}`;
    },
  },
];

const PORTION = 10_000;

/** Writes keys one a line; their mean length in bytes. */
export function writeKeys(file: string, { key }: KeyShape, count: number): number {
  const target = openSync(file, "w");
  let bytes = 0;
  for (let from = 0; from < count; from += PORTION) {
    let text = "";
    for (let i = from; i < Math.min(count, from + PORTION); i++) text += `${key(i)}\n`;
    bytes += writeSync(target, text);
  }
  closeSync(target);
  return bytes / count - 1;
}
