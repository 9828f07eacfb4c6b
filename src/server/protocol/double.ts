/** A double as the server prints it in replies: `%.17g`, `inf`, `-inf`, `nan`. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "-0" : String(value);
  return formatGeneral(value, 17);
}

/** C's `%.{precision}g`. */
export function formatGeneral(value: number, precision: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const scientific = value.toExponential(precision - 1);
  const split = scientific.indexOf("e");
  const exponent = Number(scientific.slice(split + 1));
  if (exponent >= -4 && exponent < precision)
    return trimZeros(value.toFixed(Math.max(0, precision - 1 - exponent)));
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${trimZeros(scientific.slice(0, split))}e${exponent < 0 ? "-" : "+"}${digits}`;
}

function trimZeros(text: string): string {
  if (!text.includes(".")) return text;
  return text.replace(/\.?0+$/, "");
}
