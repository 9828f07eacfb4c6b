import { Decoder, Encoder } from "@msgpack/msgpack";
import { FlatMemo } from "./flat-memo.ts";
import type { MetadataCodec } from "./metadata-codec.ts";

/** `fixarray(2)` and `uint 32` in the MessagePack specification; the four bytes of the length follow, then the metadata. */
const PAIR = 0x92;
const UINT32 = 0xce;
const HEAD_LENGTH = 6;

export interface MsgpackMetadataOptions {
  /**
   * Whether small flat metadata that repeat from record to record are encoded and decoded once and copied from then on. Default true:
   * the blocks of one model have the same metadata, and a copy costs 25 ns instead of 250.
   */
  remember?: boolean | undefined;
}

/**
 * Metadata as MessagePack: any plain value that @msgpack/msgpack encodes (objects, arrays, strings, numbers, booleans, null, bytes, dates).
 * Stored as the array `[byteLength, metadata]`, which any MessagePack library reads; what such a library writes is read as well, however
 * long its length is.
 *
 *     ┌──────┬──────┬────────────────┬───────────────┐
 *     │ 0x92 │ 0xce │ length, u32 BE │ metadata …    │
 *     └──────┴──────┴────────────────┴───────────────┘
 */
export function msgpackMetadata<M = unknown>({
  remember = true,
}: MsgpackMetadataOptions = {}): MetadataCodec<M> {
  const encoder = new Encoder();
  const decoder = new Decoder();
  const written = remember ? new FlatMemo() : undefined;
  const read = remember ? new FlatMemo() : undefined;
  return {
    encode(metadata, byteLength) {
      const known = written?.encoded(metadata);
      if (known !== undefined && readU32(known, 2) === byteLength) return known;
      const body = encoder.encodeSharedRef(metadata);
      const encoded = Buffer.allocUnsafe(HEAD_LENGTH + body.length);
      encoded[0] = PAIR;
      encoded[1] = UINT32;
      encoded[2] = byteLength >>> 24;
      encoded[3] = byteLength >>> 16;
      encoded[4] = byteLength >>> 8;
      encoded[5] = byteLength;
      encoded.set(body, HEAD_LENGTH);
      written?.keep(metadata, encoded);
      return encoded;
    },
    decode(encoded, byteLength) {
      if (encoded[0] !== PAIR) return undefined;
      try {
        if (encoded[1] === UINT32) {
          if (readU32(encoded, 2) !== byteLength) return undefined;
          const known = read?.decoded(encoded, HEAD_LENGTH);
          if (known !== undefined) return known as M;
          const metadata = decoder.decode(encoded.subarray(HEAD_LENGTH)) as M;
          read?.keep(metadata, encoded);
          return metadata;
        }
        const [length, metadata] = decoder.decode(encoded) as [unknown, M];
        return length === byteLength ? metadata : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** NaN when the bytes end before. */
function readU32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}
