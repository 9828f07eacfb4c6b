import { endianness } from "node:os";
import { EmbeddingError } from "./embedding-error.ts";

/*
 *   0             4                 8                          40
 *   +-------------+-----------------+--------------------------+---------------------------------+
 *   | 53 50 45 01 | dimensions,     | sha256 of the text's     | dimensions × float32 LE         |
 *   | "SPE", 1    | u32 LE          | UTF-8, 32 bytes          |                                 |
 *   +-------------+-----------------+--------------------------+---------------------------------+
 */

const MAGIC = 0x01455053;
const DIMENSIONS_AT = 4;
const DIGEST_AT = 8;
const VECTOR_AT = 40;
const DIGEST_BYTES = 32;
const FLOAT_BYTES = 4;
/** From here on a number is rounded to infinity: the greatest float32 and half a step. */
const FLOAT32_END = 2 ** 128 - 2 ** 103;
const LITTLE_ENDIAN = endianness() === "LE";

/** What stored bytes turned out to be: a vector of this text, one of another text, or nothing of ours. */
export type StoredEmbedding = Float32Array | "collision" | "unreadable";

/** Bytes of a stored vector. */
export function embeddingByteLength(dimensions: number): number {
  return VECTOR_AT + dimensions * FLOAT_BYTES;
}

/** Writes the header in front of a vector of `checkVector`, where there is room for it; of another vector the bytes are a copy. */
export function encodeEmbedding(vector: Float32Array, digest: Uint8Array): Buffer {
  const { buffer, byteOffset, byteLength, length } = vector;
  const hasRoom = byteOffset === VECTOR_AT && buffer.byteLength === VECTOR_AT + byteLength;
  const bytes =
    hasRoom && LITTLE_ENDIAN ? Buffer.from(buffer) : Buffer.allocUnsafe(embeddingByteLength(length));
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(length, DIMENSIONS_AT);
  bytes.set(digest, DIGEST_AT);
  if (bytes.buffer !== buffer) bytes.set(new Uint8Array(buffer, byteOffset, byteLength), VECTOR_AT);
  if (!LITTLE_ENDIAN) bytes.subarray(VECTOR_AT).swap32();
  return bytes;
}

/** The vector is a copy, whatever the alignment of the bytes. */
export function decodeEmbedding(stored: Uint8Array, digest: Uint8Array): StoredEmbedding {
  if (stored.length < VECTOR_AT) return "unreadable";
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const dimensions = bytes.readUInt32LE(DIMENSIONS_AT);
  if (bytes.readUInt32LE(0) !== MAGIC || bytes.length !== embeddingByteLength(dimensions))
    return "unreadable";
  if (bytes.compare(digest, 0, DIGEST_BYTES, DIGEST_AT, VECTOR_AT) !== 0) return "collision";
  const vector = new Float32Array(dimensions);
  const raw = Buffer.from(vector.buffer);
  bytes.copy(raw, 0, VECTOR_AT);
  if (!LITTLE_ENDIAN) raw.swap32();
  return vector;
}

/** A vector as float32, a copy. Throws EmbeddingError `BAD_EMBEDDING` with its index among those that `embed` returned. */
export function checkVector(given: unknown, keyIndex: number): Float32Array {
  const typed = given instanceof Float32Array || given instanceof Float64Array;
  if (!typed && !Array.isArray(given)) throw badVector(keyIndex, "an array of numbers or a Float32Array");
  if (given.length === 0) throw badVector(keyIndex, "at least one number");
  const vector = new Float32Array(
    new ArrayBuffer(embeddingByteLength(given.length)),
    VECTOR_AT,
    given.length,
  );
  if (!fill(vector, given)) {
    const at = Array.from(given).findIndex((number) => !isFloat32(number));
    throw badVector(keyIndex, `a finite float32 at ${at}, got ${String(given[at])}`);
  }
  return vector;
}

/** A comparison per number, and no running sum that NaN would stay in: its additions wait for each other, 2.4 µs for 1,536. */
function fill(vector: Float32Array, numbers: ArrayLike<unknown>): boolean {
  const { length } = vector;
  for (let i = 0; i < length; i++) {
    const number = numbers[i];
    if (typeof number !== "number" || !(Math.abs(number) < FLOAT32_END)) return false;
    vector[i] = number;
  }
  return true;
}

function isFloat32(number: unknown): boolean {
  return typeof number === "number" && Math.abs(number) < FLOAT32_END;
}

function badVector(keyIndex: number, expected: string): EmbeddingError {
  return new EmbeddingError("BAD_EMBEDDING", `the vector of text ${keyIndex}: expected ${expected}`, {
    keyIndex,
  });
}
