import type { Bytes } from "../protocol/arg.ts";
import { toBuffer } from "../protocol/bytes.ts";
import { parseInt64 } from "../protocol/int64.ts";

/** Beyond this the text of a number is no 32-bit integer. */
const LONGEST_INTEGER = 11;

/** A length as RDB writes it, in as few bytes as hold it. */
export function rdbLength(length: number): Buffer {
  if (length < 64) return Buffer.from([length]);
  if (length < 16_384) return Buffer.from([0x40 | (length >> 8), length & 0xff]);
  const bytes = Buffer.alloc(length < 2 ** 32 ? 5 : 9);
  if (bytes.length === 5) {
    bytes[0] = 0x80;
    bytes.writeUInt32BE(length, 1);
  } else {
    bytes[0] = 0x81;
    bytes.writeBigUInt64BE(BigInt(length), 1);
  }
  return bytes;
}

/** A string's pieces: an integer of up to 32 bits where it is the text of one, else length and bytes, never compressed. */
export function rdbString(value: Bytes): Buffer[] {
  const integer = value.length <= LONGEST_INTEGER ? parseInt64(value) : undefined;
  const packed = typeof integer === "number" ? packedInteger(integer) : undefined;
  return packed === undefined ? [rdbLength(value.length), toBuffer(value)] : [packed];
}

function packedInteger(value: number): Buffer | undefined {
  const bits = [8, 16, 32].findIndex((width) => value >= -(2 ** (width - 1)) && value < 2 ** (width - 1));
  if (bits < 0) return undefined;
  const bytes = Buffer.alloc(1 + 2 ** bits);
  bytes[0] = 0xc0 | bits;
  bytes.writeIntLE(value, 1, 2 ** bits);
  return bytes;
}
