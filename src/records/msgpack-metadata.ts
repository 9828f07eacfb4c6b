import { Decoder, Encoder } from "@msgpack/msgpack";
import { FlatDecoder, FlatEncoder } from "./flat-msgpack.ts";
import type { MetadataCodec } from "./metadata-codec.ts";

/** `fixarray(2)` and `uint 32` in the MessagePack specification; the four bytes of the length follow, then the metadata. */
const PAIR = 0x92;
const UINT32 = 0xce;
const HEAD_LENGTH = 6;

/**
 * Metadata as MessagePack: any plain value that @msgpack/msgpack encodes (objects, arrays, strings, numbers, booleans, null, bytes, dates).
 * Stored as the array `[byteLength, metadata]`, which any MessagePack library reads; what such a library writes is read as well, however
 * long its length is.
 *
 *     ┌──────┬──────┬────────────────┬───────────────┐
 *     │ 0x92 │ 0xce │ length, u32 BE │ metadata …    │
 *     └──────┴──────┴────────────────┴───────────────┘
 */
export function msgpackMetadata<M = unknown>(): MetadataCodec<M> {
  const encoder = new Encoder();
  const decoder = new Decoder();
  const flatEncoder = new FlatEncoder();
  const flatDecoder = new FlatDecoder();
  const encodeAny = (metadata: M): Uint8Array => {
    const body = encoder.encodeSharedRef(metadata);
    const encoded = Buffer.allocUnsafe(HEAD_LENGTH + body.length);
    encoded.set(body, HEAD_LENGTH);
    return encoded;
  };
  return {
    encode(metadata, byteLength) {
      const encoded = flatEncoder.encode(metadata, HEAD_LENGTH) ?? encodeAny(metadata);
      encoded[0] = PAIR;
      encoded[1] = UINT32;
      encoded[2] = byteLength >>> 24;
      encoded[3] = byteLength >>> 16;
      encoded[4] = byteLength >>> 8;
      encoded[5] = byteLength;
      return encoded;
    },
    decode(encoded, byteLength) {
      if (encoded[0] !== PAIR) return undefined;
      try {
        if (encoded[1] === UINT32) {
          if (readU32(encoded, 2) !== byteLength) return undefined;
          const flat = flatDecoder.decode(encoded, HEAD_LENGTH) as M | undefined;
          return flat ?? (decoder.decode(encoded.subarray(HEAD_LENGTH)) as M);
        }
        const [length, metadata] = decoder.decode(encoded) as [unknown, M];
        return length === byteLength ? metadata : undefined;
      } catch {
        return undefined;
      }
    },
    byteLengthOf(encoded) {
      if (encoded[0] !== PAIR) return undefined;
      try {
        const [length] = decoder.decode(encoded) as [unknown];
        return typeof length === "number" && Number.isInteger(length) && length >= 0 ? length : undefined;
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
