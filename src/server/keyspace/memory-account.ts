import type { BinaryString } from "../protocol/arg.ts";
import { byteLength } from "../protocol/bytes.ts";
import { ENCODING, type StringEncoding, type Value } from "./value.ts";

/** What an empty server is said to use. */
const EMPTY_SERVER_BYTES = 1024 * 1024;
const ENTRY_BYTES = 24;
const CLUSTER_ENTRY_BYTES = 16;
const OBJECT_BYTES = 16;
const EXPIRY_BYTES = 32;

/**
 * `used_memory`: not what the process takes, but what the same keys and strings take in redis-server 7.0 on 64 bits, so that a `maxmemory`
 * holds as many keys here as there. It is the sum of `keyBytes` and `valueBytes` over all keys (a key's sum is its MEMORY USAGE, equal to
 * the real server's for strings that were SET), 32 bytes for each expiry, 1 MiB for the server and what `other` says.
 */
export class MemoryAccount {
  /** Bytes of keys, values and expiries. */
  dataset = 0;
  /** Bytes that other parts of the server hold and count: output buffers and the like. */
  other = 0;
  /** The server itself. */
  readonly startup: number = EMPTY_SERVER_BYTES;
  #peak = 0;

  get used(): number {
    const used = EMPTY_SERVER_BYTES + this.dataset + this.other;
    if (used > this.#peak) this.#peak = used;
    return used;
  }

  /** The most that `used` was when it was asked for; CONFIG RESETSTAT sets it back. */
  get peak(): number {
    return Math.max(this.#peak, this.used);
  }

  resetPeak(): void {
    this.#peak = 0;
  }

  addExpiries(count: number): void {
    this.dataset += count * EXPIRY_BYTES;
  }
}

export function keyBytes(key: BinaryString, cluster: boolean): number {
  return stringBytes(key.length) + ENTRY_BYTES + (cluster ? CLUSTER_ENTRY_BYTES : 0);
}

export function valueBytes(value: Value, encoding: StringEncoding): number {
  return typeof value === "string" || value instanceof Uint8Array
    ? textBytes(byteLength(value), encoding)
    : value.memoryBytes;
}

/** A string value of `length` bytes. */
export function textBytes(length: number, encoding: StringEncoding): number {
  if (encoding === ENCODING.int || encoding === ENCODING.copiedInt) return OBJECT_BYTES;
  // The object, a header of three bytes, the text and a NUL in one piece.
  if (encoding === ENCODING.embstr) return allocated(OBJECT_BYTES + 4 + length);
  return OBJECT_BYTES + stringBytes(length);
}

/** A dynamic string: a header of 1, 3, 5 or 9 bytes by its length, the text and a NUL. */
function stringBytes(length: number): number {
  const header = length < 32 ? 1 : length < 256 ? 3 : length < 65_536 ? 5 : 9;
  return allocated(length + header + 1);
}

/** What jemalloc hands out for so many bytes: multiples of 16 up to 128, then four sizes to a doubling. */
function allocated(bytes: number): number {
  if (bytes <= 8) return 8;
  const step = bytes <= 128 ? 16 : 1 << (29 - Math.clz32(bytes - 1));
  return Math.ceil(bytes / step) * step;
}
