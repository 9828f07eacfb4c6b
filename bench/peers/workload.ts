import { randomBytes, randomFillSync } from "node:crypto";
import { encodeLmcache, type LmcacheFields, lmcacheFieldsFor } from "./lmcache-metadata.ts";
import type { Row } from "./row.ts";

export type KeyShape = "short" | "lmcache";

/** The truth of one row: what stands on the servers, or is to be written there. */
export interface Workload {
  row: Row;
  /** Bare keys; the names on the server are `{key}:metadata` and `{key}:kv_bytes`. */
  keys: string[];
  /** The stored metadata, encoded. */
  metadata: Buffer[];
  /** The same metadata as fields, in the rows where every contestant encodes or decodes it. */
  fields: LmcacheFields[] | null;
  values: Buffer[];
}

/** MessagePack of `[byteLength, { n: 1 }]`, ten bytes, which is how slotpack's default codec stores `{ n: 1 }`. */
function pairMetadata(byteLength: number): Buffer {
  const encoded = Buffer.from([0x92, 0xce, 0, 0, 0, 0, 0x81, 0xa1, 0x6e, 0x01]);
  encoded.writeUInt32BE(byteLength, 2);
  return encoded;
}

/** 19 characters as in `kv:0123456789abcdef`, or 111 as LMCache names a chunk of a Llama model. */
function keyOf(shape: KeyShape): string {
  return shape === "short"
    ? `kv:${randomBytes(8).toString("hex")}`
    : `meta-llama/Llama-3.1-8B-Instruct@1@0@${randomBytes(32).toString("hex")}@bfloat16`;
}

export function createWorkload(row: Row, keyShape: KeyShape): Workload {
  const indexes = Array.from({ length: row.records }, (_, index) => index);
  const fields = row.metadata === "lmcache" ? indexes.map(() => lmcacheFieldsFor(row.byteLength)) : null;
  return {
    row,
    keys: indexes.map(() => keyOf(keyShape)),
    metadata: fields === null ? indexes.map(() => pairMetadata(row.byteLength)) : fields.map(encodeLmcache),
    fields,
    values: indexes.map(() => randomFillSync(Buffer.alloc(row.byteLength))),
  };
}

export function metadataName(key: string): string {
  return `{${key}}:metadata`;
}

export function bytesName(key: string): string {
  return `{${key}}:kv_bytes`;
}
