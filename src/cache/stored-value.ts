import { decode, encode } from "@msgpack/msgpack";
import type { CacheMetadata } from "./cache-backend.ts";
import { type CompressionAlgorithm, METHODS } from "./compression.ts";

/** 0xC1 begins neither UTF-8 text, nor JSON, nor MessagePack, where it is the one byte that is never used. */
const MAGIC = Buffer.from([0xc1, 0x73, 0x70, 0x76]);
const VERSION = 1;
const HEAD_LENGTH = 9;
const COMPRESSION_MASK = 0b0000_0111;
const RESERVED_MASK = 0b0000_1000;

const ALGORITHMS: ReadonlyMap<number, CompressionAlgorithm> = new Map(
  Object.entries(METHODS).map(([name, { id }]) => [id, name as CompressionAlgorithm]),
);

/** A value as it lies in one key. */
export interface StoredValue {
  /** The encoded value, compressed where `compression` says so. */
  readonly payload: Uint8Array;
  readonly compression: CompressionAlgorithm | null;
  /** MessagePack; null where there are none. */
  readonly metadata: Uint8Array | null;
}

/** Fields as MessagePack. Throws where one has no such form. */
export function encodeMetadata(metadata: CacheMetadata): Uint8Array {
  return encode(metadata, { ignoreUndefined: true });
}

/** Throws where the bytes are no map. */
export function decodeMetadata(bytes: Uint8Array): CacheMetadata {
  const metadata = decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  if (typeof metadata === "object" && metadata !== null) return metadata as CacheMetadata;
  throw new TypeError("the metadata are no map");
}

/**
 * The bytes of one key. A value with neither metadata nor compression is its encoded bytes and nothing else, so that `GET` gives them to anybody.
 * Otherwise, and where such bytes happen to begin like one, it is an envelope:
 *
 *     ┌─────────────────┬────────────┬──────────────────────────┬───────────────────────┬───────────┐
 *     │ c1 73 70 76     │ flags, u8  │ length of metadata, u32  │ metadata, MessagePack │ payload … │
 *     └─────────────────┴────────────┴──────────────────────────┴───────────────────────┴───────────┘
 *
 *     flags   7..4  version, 1        3  reserved, 0        2..0  compression: 0 none, 1 deflate, 2 gzip, 3 brotli
 *
 * The length is big-endian, and 0 where there are no metadata. The payload reaches to the end.
 */
export function writeStored({ payload, compression, metadata }: StoredValue): Uint8Array {
  if (compression === null && metadata === null && !hasMagic(payload)) return payload;
  const metadataLength = metadata?.length ?? 0;
  const stored = Buffer.allocUnsafe(HEAD_LENGTH + metadataLength + payload.length);
  stored.set(MAGIC, 0);
  stored[4] = (VERSION << 4) | (compression === null ? 0 : METHODS[compression].id);
  stored.writeUInt32BE(metadataLength, 5);
  if (metadata !== null) stored.set(metadata, HEAD_LENGTH);
  stored.set(payload, HEAD_LENGTH + metadataLength);
  return stored;
}

/** Reads what `writeStored` wrote; the parts are views. Throws where an envelope is of another version, or damaged. */
export function readStored(stored: Uint8Array): StoredValue {
  if (!hasMagic(stored)) return { payload: stored, compression: null, metadata: null };
  const flags = stored[4] ?? 0;
  if (flags >> 4 !== VERSION || (flags & RESERVED_MASK) !== 0)
    throw new RangeError(
      `an envelope with the flags 0x${flags.toString(16)}, which this version does not know`,
    );
  if (stored.length < HEAD_LENGTH) throw new RangeError("an envelope that is cut short");
  const compression = ALGORITHMS.get(flags & COMPRESSION_MASK) ?? null;
  if (compression === null && (flags & COMPRESSION_MASK) !== 0)
    throw new RangeError(`a compression ${flags & COMPRESSION_MASK}, which this version does not know`);
  const end = HEAD_LENGTH + new DataView(stored.buffer, stored.byteOffset).getUint32(5);
  if (end > stored.length) throw new RangeError("an envelope that is cut short");
  const metadata = end === HEAD_LENGTH ? null : stored.subarray(HEAD_LENGTH, end);
  return { payload: stored.subarray(end), compression, metadata };
}

function hasMagic(bytes: Uint8Array): boolean {
  return bytes[0] === MAGIC[0] && bytes[1] === MAGIC[1] && bytes[2] === MAGIC[2] && bytes[3] === MAGIC[3];
}
