const STAR = 0x2a;
const ANY = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const NOT = 0x5e;
const RANGE = 0x2d;
const ESCAPE = 0x5c;

/** What one byte of a key may be; null: any bytes, also none. */
type Part = Uint8Array | null;

/**
 * A glob pattern with the rules of Redis' KEYS and SCAN (stringmatchlen in its util.c), over the bytes of the UTF-8: `*` any bytes, `?` one byte, `[a-c]`
 * one of them, `[^a]` one that is not, `\` before what is meant literally. A range may run backwards, an unclosed class ends with the pattern, and an
 * empty one matches nothing. An empty key matches `*` and the empty pattern, and no other one, as there.
 */
export class Glob {
  readonly #parts: readonly Part[];
  readonly #matchesAll: boolean;

  constructor(pattern: string) {
    this.#parts = parse(Buffer.from(pattern));
    this.#matchesAll = pattern === "*";
  }

  /** Takes time in proportion to the key's length times the pattern's, at most. */
  matches(key: string): boolean {
    const parts = this.#parts;
    if (this.#matchesAll) return true;
    if (key === "") return parts.length === 0;
    const bytes = Buffer.from(key);
    let part = 0;
    let at = 0;
    let starPart = -1;
    let starAt = 0;
    while (at < bytes.length) {
      const allowed = parts[part];
      if (allowed === null) {
        starPart = part++;
        starAt = at;
      } else if (allowed !== undefined && allowed[bytes[at]!] === 1) {
        part++;
        at++;
      } else if (starPart !== -1) {
        // The last star takes one byte more; an earlier one need not, since what it would give up the last one can take.
        part = starPart + 1;
        at = ++starAt;
      } else return false;
    }
    while (parts[part] === null) part++;
    return part === parts.length;
  }
}

function parse(pattern: Uint8Array): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < pattern.length) {
    const byte = pattern[at]!;
    if (byte === STAR) {
      if (parts.at(-1) !== null) parts.push(null);
      at++;
    } else if (byte === OPEN) {
      const allowed = new Uint8Array(256);
      at = readClass(pattern, at + 1, allowed);
      parts.push(allowed);
    } else {
      if (byte === ESCAPE && at + 1 < pattern.length) at++;
      const literal = byte === ANY ? undefined : pattern[at]!;
      parts.push(new Uint8Array(256).fill(1, literal ?? 0, literal === undefined ? 256 : literal + 1));
      at++;
    }
  }
  return parts;
}

/** Reads from behind the bracket; returns where the pattern goes on. */
function readClass(pattern: Uint8Array, start: number, allowed: Uint8Array): number {
  const negated = pattern[start] === NOT;
  let at = negated ? start + 1 : start;
  while (at < pattern.length && pattern[at] !== CLOSE) {
    if (pattern[at] === ESCAPE && at + 1 < pattern.length) {
      allowed[pattern[at + 1]!] = 1;
      at += 2;
    } else if (pattern[at + 1] === RANGE && at + 2 < pattern.length) {
      const [from, to] = [pattern[at]!, pattern[at + 2]!].sort((a, b) => a - b) as [number, number];
      allowed.fill(1, from, to + 1);
      at += 3;
    } else allowed[pattern[at++]!] = 1;
  }
  if (negated) for (let byte = 0; byte < 256; byte++) allowed[byte] = 1 - allowed[byte]!;
  return at + 1;
}
