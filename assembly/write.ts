/**
 * Copies `length` bytes in vectors of sixteen: reads and writes up to 15 bytes past the end. Output is written front to
 * back, so what is written past the end is overwritten or lies in the region's padding.
 */
// @ts-ignore: decorator
@inline
export function copyAhead(to: usize, from: usize, length: usize): void {
  if (length > 256) {
    memory.copy(to, from, length);
    return;
  }
  for (let at: usize = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
}

/** Writes `value` in decimal digits; returns the end. */
// @ts-ignore: decorator
@inline
export function writeDecimal(to: usize, value: u32): usize {
  if (value < 100) {
    if (value < 10) {
      store<u8>(to, 48 + value);
      return to + 1;
    }
    const tens = (value * 205) >> 11;
    store<u16>(to, (48 + tens) | ((48 + value - tens * 10) << 8));
    return to + 2;
  }
  return writeLongDecimal(to, value);
}

function writeLongDecimal(to: usize, value: u32): usize {
  let digits = 3;
  for (let bound: u64 = 1000; bound <= value; bound *= 10) digits++;
  const end = to + digits;
  let at = end;
  let rest = value;
  while (at > to) {
    const quotient = rest / 10;
    store<u8>(--at, 48 + rest - quotient * 10);
    rest = quotient;
  }
  return end;
}
