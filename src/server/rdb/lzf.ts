/**
 * Unpacks LZF, the compression of strings in RDB files and DUMP payloads; undefined where the input is no LZF of exactly `length` bytes.
 * A control byte below 32 is followed by that many bytes and one more; any other holds three bits of a length and the high bits of how far back to copy from.
 */
export function decompressLzf(packed: Uint8Array, length: number): Buffer | undefined {
  const output = Buffer.allocUnsafeSlow(length);
  let from = 0;
  let to = 0;
  while (from < packed.length) {
    const control = packed[from] as number;
    from += 1;
    if (control < 32) {
      const count = control + 1;
      if (from + count > packed.length || to + count > length) return undefined;
      output.set(packed.subarray(from, from + count), to);
      from += count;
      to += count;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) {
      if (from >= packed.length) return undefined;
      count += packed[from] as number;
      from += 1;
    }
    if (from >= packed.length) return undefined;
    let source = to - ((control & 31) << 8) - (packed[from] as number) - 1;
    from += 1;
    if (source < 0 || to + count > length) return undefined;
    // Byte by byte: what is copied may reach into what the copy makes.
    for (const end = to + count; to < end; to += 1, source += 1) output[to] = output[source] as number;
  }
  return to === length ? output : undefined;
}
