const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
const INTEGER = /^(0|-?[1-9]\d{0,18})$/;

/** A signed 64-bit number as the server reads it: no blanks, no `+`, no leading zeros. */
export function parseLong(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text);
  return value >= LOWEST && value <= HIGHEST ? value : undefined;
}

/** The same where a double is exact enough: undefined beyond `low` and `high`. */
export function parseInteger(text: string, low: number, high: number): number | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = Number(text);
  return value >= low && value <= high ? value : undefined;
}
