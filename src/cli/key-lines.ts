import { ConfigError, SlotpackError } from "../errors.ts";

/** Longest key taken from a line, in bytes; input without line breaks stays bounded. */
export const MAX_KEY_BYTES: number = 16 * 1024 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BACKSLASH = 0x5c;
const FIRST_CAPACITY = 128 * 1024;
const FIRST_LINES = 4096;

/** Keys as bytes behind one another. Its arrays are used again for the next batch. */
export class KeyLines {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  starts: Uint32Array = new Uint32Array(FIRST_LINES);
  ends: Uint32Array = new Uint32Array(FIRST_LINES);
  /** Keys in this batch. */
  count = 0;

  /** The bytes of key `i`, valid until the next batch. */
  key(i: number): Buffer {
    return this.bytes.subarray(this.starts[i]!, this.ends[i]!);
  }

  add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }
}

export interface KeyLineOptions {
  /** Whether `\n`, `\r`, `\t`, `\0`, `\\` and `\xHH` stand for bytes. */
  readonly escapes: boolean;
  /** Called with the bytes read so far. */
  readonly onBytes?: ((total: number) => void) | undefined;
}

/**
 * The keys of a byte stream, one a line, in batches of about a chunk. A line ends with LF or CRLF; blank lines are passed over. Nothing
 * else is changed: a key may hold any other byte, UTF-8 or not.
 *
 * Throws SlotpackError `KEY_TOO_LONG`, ConfigError `BAD_ESCAPE` with the number of the line.
 */
export async function* readKeyLines(
  source: AsyncIterable<Uint8Array>,
  { escapes, onBytes }: KeyLineOptions,
): AsyncGenerator<KeyLines, void, undefined> {
  const lines = new KeyLines();
  let total = 0;
  let length = 0;
  let lineNumber = 0;
  for await (const chunk of source) {
    reserve(lines, length, length + chunk.length);
    lines.bytes.set(chunk, length);
    const searched = length;
    length += chunk.length;
    total += chunk.length;
    const used = splitLines(lines, searched, length);
    if (length - used > MAX_KEY_BYTES) throw tooLong();
    lineNumber = finish(lines, escapes, lineNumber);
    onBytes?.(total);
    if (lines.count > 0) yield lines;
    lines.bytes.copyWithin(0, used, length);
    length -= used;
  }
  if (length === 0) return;
  lines.count = 0;
  addLine(lines, 0, length);
  finish(lines, escapes, lineNumber);
  if (lines.count > 0) yield lines;
}

/** Keys of the command line as one batch; an empty one is a key here. Throws ConfigError `BAD_ESCAPE`. */
export function keysAsLines(keys: readonly string[], escapes: boolean): KeyLines {
  const lines = new KeyLines();
  const parts = keys.map((key) => Buffer.from(key));
  lines.bytes = Buffer.concat(parts);
  let at = 0;
  for (const { length } of parts) {
    lines.add(at, at + length);
    at += length;
  }
  if (escapes) for (let i = 0; i < lines.count; i++) decodeEscapes(lines, i, `key ${i + 1}`);
  return lines;
}

/** Lines of `bytes[0, length)`, whose first `searched` bytes have no line break; where the rest begins. */
function splitLines(lines: KeyLines, searched: number, length: number): number {
  const { bytes } = lines;
  lines.count = 0;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE, searched); end !== -1 && end < length; ) {
    addLine(lines, start, end);
    start = end + 1;
    end = bytes.indexOf(NEWLINE, start);
  }
  return start;
}

function addLine(lines: KeyLines, start: number, end: number): void {
  lines.add(start, end > start && lines.bytes[end - 1] === RETURN ? end - 1 : end);
}

/** Leaves blank lines out and decodes the others; the number of the last line. */
function finish(lines: KeyLines, escapes: boolean, lineNumber: number): number {
  const { starts, ends, count } = lines;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (ends[i] === starts[i]) continue;
    starts[kept] = starts[i]!;
    ends[kept] = ends[i]!;
    if (escapes) decodeEscapes(lines, kept, `line ${lineNumber + i + 1}`);
    kept++;
  }
  lines.count = kept;
  return lineNumber + count;
}

/** In place: what an escape stands for is shorter than the escape. */
function decodeEscapes(lines: KeyLines, i: number, where: string): void {
  const { bytes } = lines;
  const end = lines.ends[i]!;
  let from = lines.starts[i]!;
  let to = from;
  while (from < end) {
    const byte = bytes[from++]!;
    if (byte !== BACKSLASH) {
      bytes[to++] = byte;
      continue;
    }
    const letter = String.fromCharCode(from < end ? bytes[from++]! : 0x20);
    const hex = letter === "x" ? bytes.toString("latin1", from, Math.min(from + 2, end)) : "";
    const value = letter === "x" ? hexByte(hex) : PLAIN_ESCAPES[letter];
    if (value === undefined) throw badEscape(where, letter + hex);
    from += hex.length;
    bytes[to++] = value;
  }
  lines.ends[i] = to;
}

const PLAIN_ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, "0": 0, "\\": BACKSLASH };

function hexByte(hex: string): number | undefined {
  return /^[0-9a-f]{2}$/i.test(hex) ? Number.parseInt(hex, 16) : undefined;
}

/** Makes room for `length` bytes, the first `used` of which are kept. */
function reserve(lines: KeyLines, used: number, length: number): void {
  if (length <= lines.bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * lines.bytes.length));
  lines.bytes.copy(larger, 0, 0, used);
  lines.bytes = larger;
}

function doubled(list: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * list.length);
  larger.set(list);
  return larger;
}

function tooLong(): SlotpackError {
  return new SlotpackError("KEY_TOO_LONG", `a line of the input is longer than ${MAX_KEY_BYTES} bytes`);
}

function badEscape(where: string, text: string): ConfigError {
  const known = "\\n, \\r, \\t, \\0, \\\\ and \\xHH";
  return new ConfigError("BAD_ESCAPE", `${where}: \\${text.trim()} is no escape; they are ${known}`);
}
