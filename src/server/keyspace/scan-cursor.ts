/**
 * The next bucket of a scan over a table of `mask + 1` buckets: the bits of the cursor are counted up from the highest that the mask has to the
 * lowest. So all buckets that a visited one came from, or will be split into, count as visited when the table shrinks or grows between two
 * steps. (The idea is Pieter Noordhuis', as in Redis' own SCAN.)
 */
export function advanceCursor(cursor: number, mask: number): number {
  return reversed((reversed(cursor | ~mask) + 1) | 0) >>> 0;
}

/** The 32 bits from right to left. */
function reversed(bits: number): number {
  let word = bits;
  word = ((word >>> 1) & 0x55555555) | ((word & 0x55555555) << 1);
  word = ((word >>> 2) & 0x33333333) | ((word & 0x33333333) << 2);
  word = ((word >>> 4) & 0x0f0f0f0f) | ((word & 0x0f0f0f0f) << 4);
  word = ((word >>> 8) & 0x00ff00ff) | ((word & 0x00ff00ff) << 8);
  return (word >>> 16) | (word << 16);
}
