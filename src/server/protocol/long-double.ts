/** `mantissa` times 2 to the `exponent`; at most 64 bits of mantissa, as the x87 format of C's `long double` holds. */
export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
  /** 1 or -1 for an infinity. */
  readonly infinite?: 1 | -1;
}

const MANTISSA_BITS = 64;
/** Above this power of two there is infinity. */
const TOP_EXPONENT = 16384;
/** What the last bit of the smallest numbers is worth. */
const BOTTOM_EXPONENT = -16445;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const FRACTION_DIGITS = 17;
const LONGEST_TEXT = 5 * 1024;

/**
 * A text as glibc's strtold reads it, rounded to the nearest, ties to even. Undefined where it is no number, `nan`, too large or too small to be
 * told from zero: what the server calls "not a valid float".
 */
export function parseLongDouble(text: string): LongDouble | undefined {
  if (text.length >= LONGEST_TEXT) return undefined;
  const infinity = INFINITY.exec(text);
  if (infinity !== null) return { mantissa: 0n, exponent: 0, infinite: infinity[1] === "-" ? -1 : 1 };
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) return fromDigits(decimal, 10);
  const hexadecimal = HEXADECIMAL.exec(text);
  return hexadecimal === null ? undefined : fromDigits(hexadecimal, 16);
}

export function longDoubleOf(value: number | bigint): LongDouble {
  return { mantissa: BigInt(value), exponent: 0 };
}

/** Undefined where the sum is infinite or no number. */
export function addLongDoubles(first: LongDouble, second: LongDouble): LongDouble | undefined {
  if (first.infinite !== undefined || second.infinite !== undefined) return undefined;
  const exponent = Math.min(first.exponent, second.exponent);
  const sum =
    (first.mantissa << BigInt(first.exponent - exponent)) +
    (second.mantissa << BigInt(second.exponent - exponent));
  return rounded(sum, 1n, exponent);
}

/** C's `%.17Lf` without the zeros at its end, as INCRBYFLOAT stores numbers. */
export function formatLongDouble(value: LongDouble): string {
  const magnitude = value.mantissa < 0n ? -value.mantissa : value.mantissa;
  const scaled = magnitude * 10n ** BigInt(FRACTION_DIGITS);
  const units =
    value.exponent >= 0
      ? scaled << BigInt(value.exponent)
      : dividedToEven(scaled, 1n << BigInt(-value.exponent));
  if (units === 0n) return "0";
  const digits = units.toString().padStart(FRACTION_DIGITS + 1, "0");
  const point = digits.length - FRACTION_DIGITS;
  const fraction = digits.slice(point).replace(/0+$/, "");
  return `${value.mantissa < 0n ? "-" : ""}${digits.slice(0, point)}${fraction === "" ? "" : `.${fraction}`}`;
}

function fromDigits(match: RegExpExecArray, base: 10 | 16): LongDouble | undefined {
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(`${base === 16 ? "0x" : ""}${whole}${fraction}`);
  if (digits === 0n) return { mantissa: 0n, exponent: 0 };
  const signed = sign === "-" ? -digits : digits;
  const exponent = Number(power);
  if (base === 16) return fromPowerOfTwo(signed, exponent - 4 * fraction.length);
  const tens = exponent - fraction.length;
  const magnitude = tens + (whole + fraction).replace(/^0+/, "").length;
  if (magnitude > 5000 || magnitude < -5000) return undefined;
  const value =
    tens >= 0 ? rounded(signed * 10n ** BigInt(tens), 1n, 0) : rounded(signed, 10n ** BigInt(-tens), 0);
  return value?.mantissa === 0n ? undefined : value;
}

function fromPowerOfTwo(signed: bigint, exponent: number): LongDouble | undefined {
  if (exponent > 2 * TOP_EXPONENT || exponent < -2 * TOP_EXPONENT - 4 * LONGEST_TEXT) return undefined;
  const value = rounded(signed, 1n, exponent);
  return value?.mantissa === 0n ? undefined : value;
}

/** `numerator / denominator * 2^exponent` in 64 bits of mantissa; undefined where that is too large. */
function rounded(numerator: bigint, denominator: bigint, exponent: number): LongDouble | undefined {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  const magnitude = numerator < 0n ? -numerator : numerator;
  // The quotient has this many bits or one fewer; take the lower, so that it never has too many.
  let shift = bits(magnitude) - bits(denominator) - MANTISSA_BITS;
  const reach = shift + MANTISSA_BITS;
  if (reach >= 0 ? magnitude >= denominator << BigInt(reach) : magnitude << BigInt(-reach) >= denominator)
    shift += 1;
  shift = Math.max(shift, BOTTOM_EXPONENT - exponent);
  const mantissa =
    shift >= 0
      ? dividedToEven(magnitude, denominator << BigInt(shift))
      : dividedToEven(magnitude << BigInt(-shift), denominator);
  if (bits(mantissa) + shift + exponent > TOP_EXPONENT) return undefined;
  return { mantissa: numerator < 0n ? -mantissa : mantissa, exponent: exponent + shift };
}

function dividedToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const up = twice > denominator || (twice === denominator && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

function bits(value: bigint): number {
  return value.toString(16).length * 4 - Math.clz32(Number.parseInt(value.toString(16).charAt(0), 16)) + 28;
}
