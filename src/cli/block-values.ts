/** Distinct places at which a value may begin in the pattern; a power of two. */
const STARTS = 1 << 20;

/**
 * The bytes that the replay stores for a block: a window of a pseudo-random pattern that begins at a place which only
 * the block id decides. Ids that differ modulo 2^20 begin at different places, so their bytes differ; making a value
 * costs no copy and checking it is one comparison, so that the client under test dominates the CPU figures.
 */
export class BlockValues {
  /** Bytes of every value. */
  readonly byteLength: number;
  readonly #pattern: Buffer;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
    this.#pattern = pseudoRandomBytes(byteLength + STARTS);
  }

  /** The value of a block, as a view: not to be written to. */
  of(id: number): Uint8Array {
    // An odd factor makes a bijection modulo 2^20; the bits above them turn the place as well.
    const low = id % STARTS;
    const high = Math.floor(id / STARTS) % STARTS;
    const start = (Math.imul(low, 0x9e3b5) + Math.imul(high, 0x5bd1e)) & (STARTS - 1);
    return this.#pattern.subarray(start, start + this.byteLength);
  }

  /** Index of the first byte of `bytes` that is not the block's (its length, when it ends early); -1 when all are. */
  firstWrongByte(id: number, bytes: Uint8Array): number {
    const expected = this.of(id);
    if (Buffer.compare(expected, bytes) === 0) return -1;
    const shared = Math.min(expected.length, bytes.length);
    for (let i = 0; i < shared; i++) if (expected[i] !== bytes[i]) return i;
    return shared;
  }
}

/** Marsaglia's xorshift32 (shifts 13, 17, 5) from a fixed seed: the same bytes in every run and on every machine. */
function pseudoRandomBytes(byteLength: number): Buffer {
  const bytes = Buffer.allocUnsafe(byteLength + 3);
  let state = 0x2545f491;
  for (let at = 0; at < byteLength; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
    bytes[at + 1] = state >>> 8;
    bytes[at + 2] = state >>> 16;
    bytes[at + 3] = state >>> 24;
  }
  return bytes.subarray(0, byteLength);
}
