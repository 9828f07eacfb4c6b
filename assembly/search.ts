/** Offset of the first `byte` in `length` bytes at `from`, or -1. Reads up to 15 bytes past the end. */
// @ts-ignore: decorator
@inline
export function indexOf(from: usize, length: usize, byte: i8): isize {
  const wanted = i8x16.splat(byte);
  for (let at: usize = 0; at < length; at += 16) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(from + at), wanted));
    if (hits) {
      const found = at + ctz(hits);
      return found < length ? found : -1;
    }
  }
  return -1;
}

/**
 * Writes the start of every key behind each `separator` in [from, end), after `from` itself. Returns false when there
 * are not exactly `count` separators.
 */
export function splitKeys(from: usize, end: usize, separator: i8, starts: usize, count: u32): bool {
  const wanted = i8x16.splat(separator);
  const last = starts + (<usize>count << 2);
  let next = starts;
  store<u32>(next, <u32>from);
  for (let at = from; at < end; at += 16) {
    let hits = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
    if (end - at < 16) hits &= (1 << <i32>(end - at)) - 1;
    while (hits) {
      if (next == last) return false;
      next += 4;
      store<u32>(next, <u32>(at + ctz(hits) + 1));
      hits &= hits - 1;
    }
  }
  return next == last;
}
