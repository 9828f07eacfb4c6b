import { untilZero } from "../errors-text.ts";

/** Bits of notify-keyspace-events by their letters. `m` and `n` are not part of `A`. */
export const NOTIFY: Readonly<Record<string, number>> = {
  g: 1,
  $: 2,
  l: 4,
  s: 8,
  h: 16,
  z: 32,
  x: 64,
  e: 128,
  t: 256,
  d: 512,
  n: 1024,
  K: 2048,
  E: 4096,
  m: 8192,
};

export const NOTIFY_ALL = 1023;

/** The bits of a flag string, or undefined for an unknown letter. */
export function parseNotifyFlags(text: string): number | undefined {
  let bits = 0;
  for (const letter of untilZero(text)) {
    const bit = letter === "A" ? NOTIFY_ALL : NOTIFY[letter];
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  return bits;
}

/** As CONFIG GET prints them: `KEA` as `AKE`, and `n` not at all beside `A` (so does 7.0). */
export function formatNotifyFlags(bits: number): string {
  const letters = (from: string) => [...from].filter((letter) => bits & (NOTIFY[letter] as number)).join("");
  return ((bits & NOTIFY_ALL) === NOTIFY_ALL ? "A" : letters("g$lshzxetdn")) + letters("KEm");
}
