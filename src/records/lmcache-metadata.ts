import { ConfigError } from "../errors.ts";
import type { MetadataCodec } from "./metadata-codec.ts";

/*
 * LMCache's RemoteMetadata: int32 little-endian throughout, one group of five numbers per tensor.
 *
 *   0        4        8        12       16       20       24       28
 *   ┌────────┬────────┬────────┬────────┬────────┬────────┬────────┬─ ─
 *   │ length │ format │ dtype  │ shape0 │ shape1 │ shape2 │ shape3 │ next group …
 *   └────────┴────────┴────────┴────────┴────────┴────────┴────────┴─ ─
 *
 * Source: LMCache's base_connector and protocol modules (init_remote_metadata_info, RemoteMetadata), read in late 2026.
 */
const HEAD_LENGTH = 8;
const GROUP_LENGTH = 20;
const MAX_INT32 = 2 ** 31 - 1;
const SIZE = "an integer from 0 to 2147483647";

/** MemoryFormat names by code. */
const FORMATS = [
  "UNDEFINED",
  "KV_2LTD",
  "KV_T2D",
  "KV_2TD",
  "BINARY",
  "BINARY_BUFFER",
  "KV_MLA_FMT",
  "EC_TD",
  "HS_TD",
] as const;
/** Formats whose shape keeps its zeros. */
const BLOB_FORMATS = new Set<LmcacheFormat>(["BINARY", "BINARY_BUFFER"]);
/** dtype names by code; code 1 (`half`) is only read, as Python's dict literal lets `float16` win. */
const DTYPES = [
  null,
  "float16",
  "float16",
  "bfloat16",
  "float32",
  "float64",
  "uint8",
  "float8_e4m3fn",
  "float8_e5m2",
] as const;

export type LmcacheFormat = (typeof FORMATS)[number];
export type LmcacheDtype = (typeof DTYPES)[number];

export interface LmcacheMetadata {
  fmt: LmcacheFormat;
  /** One per tensor; `null` for blobs. */
  dtypes: LmcacheDtype[];
  /** One per tensor, 1 to 4 dimensions. */
  shapes: number[][];
}

/** Metadata in LMCache's own bytes: 8 + 20 × tensors. The first tensor's padding zeros are stripped on reading. */
export function lmcacheMetadata(): MetadataCodec<LmcacheMetadata> {
  return { encode, decode };
}

function encode({ fmt, dtypes, shapes }: LmcacheMetadata, byteLength: number): Uint8Array {
  const format = FORMATS.indexOf(fmt);
  if (format === -1) throw bad("fmt", `one of ${FORMATS.join(", ")}`, fmt);
  if (
    !Array.isArray(shapes) ||
    !Array.isArray(dtypes) ||
    shapes.length === 0 ||
    shapes.length !== dtypes.length
  ) {
    throw bad("shapes", "as many shapes as dtypes, at least one", shapes);
  }
  if (!isSize(byteLength)) throw bad("byteLength", SIZE, byteLength);
  const encoded = Buffer.allocUnsafe(HEAD_LENGTH + GROUP_LENGTH * shapes.length);
  writeInt32(encoded, 0, byteLength);
  writeInt32(encoded, 4, format);
  for (let group = 0; group < shapes.length; group++) {
    const shape = shapes[group]!;
    const dtype = DTYPES.lastIndexOf(dtypes[group]!);
    if (dtype === -1)
      throw bad(`dtypes[${group}]`, `one of ${DTYPES.slice(2).join(", ")} or null`, dtypes[group]);
    if (!Array.isArray(shape) || shape.length < 1 || shape.length > 4)
      throw bad(`shapes[${group}]`, "1 to 4 dimensions", shape);
    const at = HEAD_LENGTH + GROUP_LENGTH * group;
    writeInt32(encoded, at, dtype);
    for (let dimension = 0; dimension < 4; dimension++) {
      const size = dimension < shape.length ? shape[dimension]! : 0;
      if (!isSize(size)) throw bad(`shapes[${group}][${dimension}]`, SIZE, size);
      writeInt32(encoded, at + 4 + 4 * dimension, size);
    }
  }
  return encoded;
}

function decode(encoded: Uint8Array, byteLength: number): LmcacheMetadata | undefined {
  if (encoded.length < HEAD_LENGTH + GROUP_LENGTH || readInt32(encoded, 0) !== byteLength) return undefined;
  const fmt = FORMATS[readInt32(encoded, 4)];
  if (fmt === undefined) return undefined;
  const groups = Math.floor((encoded.length - HEAD_LENGTH) / GROUP_LENGTH);
  const dtypes: LmcacheDtype[] = [];
  const shapes: number[][] = [];
  for (let group = 0; group < groups; group++) {
    const at = HEAD_LENGTH + GROUP_LENGTH * group;
    const dtype = DTYPES[readInt32(encoded, at)];
    if (dtype === undefined) return undefined;
    dtypes.push(dtype);
    shapes.push(readShape(encoded, at + 4, BLOB_FORMATS.has(fmt)));
  }
  return { fmt, dtypes, shapes };
}

function readShape(encoded: Uint8Array, at: number, keepZeros: boolean): number[] {
  let rank = 4;
  if (!keepZeros) while (rank > 1 && readInt32(encoded, at + 4 * (rank - 1)) === 0) rank--;
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) shape.push(readInt32(encoded, at + 4 * i));
  return shape;
}

function readInt32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function isSize(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_INT32;
}

function bad(field: string, expected: string, got: unknown): ConfigError {
  return new ConfigError("BAD_METADATA", `${field}: expected ${expected}, got ${JSON.stringify(got)}`, {
    option: field,
  });
}
