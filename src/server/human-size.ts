/** `1.09M`: bytes as INFO's `_human` fields print them. */
export function humanSize(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  let value = bytes;
  for (const unit of "KMGTP") {
    value /= 1024;
    if (value < 1024 || unit === "P") return `${value.toFixed(2)}${unit}`;
  }
  return `${bytes}B`;
}
