/** About what one of the objects below takes in V8's heap, with its string and its place in the array. */
const BYTES_PER_OBJECT = 96;

/**
 * Live objects, as an application has them. In a process with a heap of 9 MB V8 answers each 36 MB of received values with a mark-compact, which
 * is a tenth to a half of what a read costs; from some 20 MB on it hardly ever does (`--heap 32` against the default shows it).
 */
export function fillHeap(megabytes: number): readonly object[] {
  return Array.from({ length: Math.round((megabytes * 1e6) / BYTES_PER_OBJECT) }, (_, i) => ({
    i,
    name: `object ${i}`,
  }));
}
