import { randomFillSync } from "node:crypto";
import type { KvObject, LmcacheMetadata } from "../../src/index.ts";

/** A chunk of so many bytes (an even number), as LMCache would store it. */
export function chunkOf(byteLength: number, fill?: number): KvObject<LmcacheMetadata> {
  const bytes = Buffer.alloc(byteLength, fill ?? 0);
  if (fill === undefined) randomFillSync(bytes);
  return { metadata: { fmt: "KV_2LTD", dtypes: ["uint8"], shapes: [[2, 1, byteLength / 2, 1]] }, bytes };
}

/** `key 0`, `key 1`, … */
export function keysOf(count: number, name = "key"): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${i}`);
}
