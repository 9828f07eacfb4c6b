import type { Bytes } from "../protocol/arg.ts";
import { fromBuffer } from "../protocol/bytes.ts";
import { decompressLzf } from "./lzf.ts";

/** The bytes are no valid RDB. */
export class RdbError extends Error {
  override readonly name = "RdbError";
}

const ENCODED = 3;
const LENGTH_32 = 0x80;
const LENGTH_64 = 0x81;

/** Reads the elements that RDB files and DUMP payloads are made of; throws an RdbError where they end early or make no sense. */
export class RdbReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#take(1)[0] as number;
  }

  /** A length as RDB writes them: in 6, 14, 32 or 64 bits. The sign of an encoded string means nothing here, as in the real server. */
  length(): number {
    return this.#lengthAfter(this.byte());
  }

  /** A string: as it stands, as an integer, or compressed. */
  string(): Bytes {
    const first = this.byte();
    if (first >> 6 !== ENCODED) return fromBuffer(Buffer.from(this.#take(this.#lengthAfter(first))));
    switch (first & 0x3f) {
      case 0:
        return String(this.#take(1).readInt8());
      case 1:
        return String(this.#take(2).readInt16LE());
      case 2:
        return String(this.#take(4).readInt32LE());
      case 3:
        return this.#compressed();
      default:
        throw new RdbError("an unknown encoding of a string");
    }
  }

  #compressed(): Bytes {
    const packedLength = this.length();
    const length = this.length();
    const packed = this.#take(packedLength);
    // No three bytes of LZF stand for more than 264.
    if (length > packedLength * 264) throw new RdbError("a compressed string that cannot be so long");
    const bytes = decompressLzf(packed, length);
    if (bytes === undefined) throw new RdbError("a compressed string that is damaged");
    return fromBuffer(bytes);
  }

  #lengthAfter(first: number): number {
    if (first >> 6 === 0 || first >> 6 === ENCODED) return first & 0x3f;
    if (first >> 6 === 1) return ((first & 0x3f) << 8) | this.byte();
    if (first === LENGTH_32) return this.#take(4).readUInt32BE();
    if (first === LENGTH_64) return Number(this.#take(8).readBigUInt64BE());
    throw new RdbError("an unknown kind of length");
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new RdbError("the payload ends early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
