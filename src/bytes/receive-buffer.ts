/** A value of this many bytes or more is a view of the chunk it came in; a smaller one is copied out of it. */
const VIEW_FROM = 1024;
/** A value up to here is copied byte by byte: for 28 bytes 20 ns against 70 for a native copy. */
const LOOP_UP_TO = 48;
/** Small values are copied in blocks of this size, so that one of them pins no more than Node's own pool would. */
const BLOCK_SIZE = 8192;

/**
 * The chunk that the socket reads into, and the rule by which values leave it: middle-sized ones as views, small ones as
 * copies that share blocks of 8 KB. A chunk is filled again from its start as long as nobody holds a view of it.
 */
export class ReceiveBuffer {
  /** The bytes; valid in `[start, end)`. */
  bytes: Buffer;
  start: number = 0;
  end: number = 0;
  readonly #chunkSize: number;
  #viewed = false;
  #block: Buffer | undefined;
  #blockFrom = 0;
  #pool: Buffer = Buffer.allocUnsafeSlow(BLOCK_SIZE);
  #poolUsed = 0;

  constructor(chunkSize: number) {
    this.#chunkSize = chunkSize;
    this.bytes = Buffer.allocUnsafeSlow(chunkSize);
  }

  /** Room for the next read; moves an unfinished rest to a fresh chunk when less than `needed` bytes are left behind it. */
  space(needed: number): Buffer {
    if (this.start === this.end && !this.#viewed) {
      this.start = 0;
      this.end = 0;
      this.#block = undefined;
    }
    const missing = this.start + needed > this.bytes.length;
    if (missing || this.bytes.length - this.end < this.#chunkSize >> 3) this.#renew(needed);
    return this.bytes.subarray(this.end);
  }

  /** Takes over a chunk that somebody else allocated; an unfinished rest is put in front of it. */
  adopt(chunk: Buffer): void {
    this.bytes =
      this.start === this.end ? chunk : Buffer.concat([this.bytes.subarray(this.start, this.end), chunk]);
    this.start = 0;
    this.end = this.bytes.length;
    this.#viewed = true;
    this.#block = undefined;
  }

  /** The value at `[from, from + length)`, as the caller may keep it. */
  take(from: number, length: number): Buffer {
    if (length >= VIEW_FROM) {
      this.#viewed = true;
      return this.bytes.subarray(from, from + length);
    }
    return length <= LOOP_UP_TO ? this.#copyTiny(from, length) : this.#copySmall(from, length);
  }

  #copyTiny(from: number, length: number): Buffer {
    if (this.#poolUsed + length > BLOCK_SIZE) {
      this.#pool = Buffer.allocUnsafeSlow(BLOCK_SIZE);
      this.#poolUsed = 0;
    }
    const { bytes } = this;
    const pool = this.#pool;
    const to = this.#poolUsed;
    for (let i = 0; i < length; i++) pool[to + i] = bytes[from + i]!;
    this.#poolUsed = to + length;
    return pool.subarray(to, to + length);
  }

  #copySmall(from: number, length: number): Buffer {
    let block = this.#block;
    let offset = from - this.#blockFrom;
    if (block === undefined || offset < 0 || offset + length > block.length) {
      block = Buffer.allocUnsafeSlow(Math.max(length, Math.min(BLOCK_SIZE, this.end - from)));
      this.bytes.copy(block, 0, from, from + block.length);
      this.#block = block;
      this.#blockFrom = from;
      offset = 0;
    }
    return block.subarray(offset, offset + length);
  }

  #renew(needed: number): void {
    const rest = this.end - this.start;
    const fits = !this.#viewed && needed <= this.bytes.length;
    const next = fits ? this.bytes : Buffer.allocUnsafeSlow(Math.max(this.#chunkSize, needed));
    this.bytes.copy(next, 0, this.start, this.end);
    this.bytes = next;
    this.start = 0;
    this.end = rest;
    this.#viewed = false;
    this.#block = undefined;
  }
}
