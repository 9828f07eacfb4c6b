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
/** Formats of one layer, whose first dimension a fork padded with ones. */
const TOKEN_FORMATS = new Set<LmcacheFormat>(["KV_T2D", "KV_2TD"]);
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

export interface LmcacheMetadataOptions {
  /**
   * Tensors of a record, LMCache's `num_groups`, from 1: a record of fewer is a miss, and what follows them is not read. Default: as many as the bytes
   * have room for.
   */
  groups?: number | undefined;
  /**
   * Dimensions that the caller's tensors have, 1 to 4. With it a shape that a fork of LMCache padded with ones in front (`[1, 256, 2, 1024]` for
   * `[256, 2, 1024]`) is read as what it was, in the formats KV_T2D and KV_2TD; in others a leading 1 means something. Default: shapes are read as they are.
   */
  expectedRank?: number | undefined;
}

/**
 * Metadata in LMCache's own bytes: 8 + 20 × tensors. Shapes of fewer than four dimensions are padded with zeros, which are stripped on reading except in
 * BINARY and BINARY_BUFFER. What is too short, has a code that nobody has given or tells another length than the bytes have is no metadata, and the record
 * a miss; bytes behind the last whole tensor are ignored. Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`; `encode` throws `BAD_METADATA`.
 */
export function lmcacheMetadata(options: LmcacheMetadataOptions = {}): MetadataCodec<LmcacheMetadata> {
  for (const name of Object.keys(options ?? {})) {
    if (name === "groups" || name === "expectedRank") continue;
    const message = `unknown option "${name}"; the options are groups, expectedRank`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: name });
  }
  const groups = checkOption(options, "groups", Number.MAX_SAFE_INTEGER);
  const expectedRank = checkOption(options, "expectedRank", 4);
  const decode = (encoded: Uint8Array, byteLength: number) =>
    encoded.length < HEAD_LENGTH || readInt32(encoded, 0) !== byteLength
      ? undefined
      : decodeTensors(encoded, groups, expectedRank);
  return {
    encode,
    decode,
    byteLengthOf(encoded) {
      if (encoded.length < HEAD_LENGTH) return undefined;
      const length = readInt32(encoded, 0);
      return length >= 0 && decode(encoded, length) !== undefined ? length : undefined;
    },
  };
}

function encode(metadata: LmcacheMetadata, byteLength: number): Uint8Array {
  const { fmt, dtypes, shapes } = metadata ?? {};
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

function decodeTensors(
  encoded: Uint8Array,
  expectedGroups: number | undefined,
  expectedRank: number | undefined,
): LmcacheMetadata | undefined {
  const stored = Math.floor((encoded.length - HEAD_LENGTH) / GROUP_LENGTH);
  const groups = expectedGroups ?? stored;
  const fmt = FORMATS[readInt32(encoded, 4)];
  if (fmt === undefined || groups < 1 || groups > stored) return undefined;
  const padded = expectedRank !== undefined && TOKEN_FORMATS.has(fmt) ? 4 - expectedRank : 0;
  const dtypes: LmcacheDtype[] = [];
  const shapes: number[][] = [];
  for (let group = 0; group < groups; group++) {
    const at = HEAD_LENGTH + GROUP_LENGTH * group;
    const dtype = DTYPES[readInt32(encoded, at)];
    const shape = readShape(encoded, at + 4, BLOB_FORMATS.has(fmt));
    if (dtype === undefined || shape === undefined) return undefined;
    dtypes.push(dtype);
    shapes.push(padded > 0 ? withoutOnes(shape, padded) : shape);
  }
  return { fmt, dtypes, shapes };
}

/** Undefined when a dimension is negative. */
function readShape(encoded: Uint8Array, at: number, keepZeros: boolean): number[] | undefined {
  let rank = 4;
  if (!keepZeros) while (rank > 1 && readInt32(encoded, at + 4 * (rank - 1)) === 0) rank--;
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const size = readInt32(encoded, at + 4 * i);
    if (size < 0) return undefined;
    shape.push(size);
  }
  return shape;
}

/** The shape without `padded` ones in front, when it has all four dimensions and begins with that many. */
function withoutOnes(shape: number[], padded: number): number[] {
  const isPadded = shape.length === 4 && shape.slice(0, padded).every((size) => size === 1);
  return isPadded ? shape.slice(padded) : shape;
}

function checkOption(
  options: LmcacheMetadataOptions,
  name: "groups" | "expectedRank",
  max: number,
): number | undefined {
  if (typeof options !== "object" || options === null)
    throw new ConfigError("BAD_OPTION", "expected an object of options", { option: "options" });
  const value = options[name];
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? "from 1" : `from 1 to ${max}`;
  const message = `${name}: expected a whole number ${range}, got ${JSON.stringify(value)}`;
  throw new ConfigError("BAD_OPTION", message, { option: name });
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
  return new ConfigError("BAD_METADATA", `${field}: expected ${expected}, got ${show(got)}`, {
    option: field,
  });
}

function show(value: unknown): string {
  return `${JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part))}`;
}
