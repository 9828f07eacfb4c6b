import type { Bytes } from "./arg.ts";
import { formatDouble } from "./double.ts";

/** From here on a piece of text is set aside, so that no rope of strings becomes long to flatten. */
const TEXT_LIMIT = 64 * 1024;

/**
 * Collects one connection's replies as RESP2 or RESP3 until they are written, once for all that one read brought.
 * Small replies are joined as binary strings (one byte a character); Buffers are handed on without being copied.
 */
export class ReplyWriter {
  resp: 2 | 3 = 2;
  /** CLIENT REPLY OFF and SKIP: everything is dropped. Pushes are written with `push` and are not muted. */
  muted = false;
  /** Error replies since the start. */
  errors = 0;
  /** Called with every error text (its code first). */
  onError: ((text: string) => void) | undefined;
  /** Called when the first byte after a `take` was added. */
  onPending: (() => void) | undefined;

  #text = "";
  #chunks: (string | Buffer)[] = [];
  #chunkBytes = 0;

  /** Bytes written and not taken yet. */
  get byteLength(): number {
    return this.#chunkBytes + this.#text.length;
  }

  /** Number of pieces that wait, as CLIENT LIST's `oll` counts them. */
  get pieces(): number {
    return this.#chunks.length;
  }

  /** RESP as it stands, binary string. */
  raw(text: string): void {
    if (this.muted) return;
    if (this.#text === "" && this.#chunks.length === 0) this.onPending?.();
    this.#text += text;
    if (this.#text.length > TEXT_LIMIT) this.#setAside();
  }

  ok(): void {
    this.raw("+OK\r\n");
  }

  status(text: string): void {
    this.raw(`+${text}\r\n`);
  }

  /** `text` starts with its code: `ERR syntax error`. Line breaks in it become blanks. */
  error(text: string): void {
    this.errors += 1;
    this.onError?.(text);
    this.raw(`-${/[\r\n]/.test(text) ? text.replace(/[\r\n]/g, " ") : text}\r\n`);
  }

  integer(value: number | bigint): void {
    this.raw(`:${value}\r\n`);
  }

  bulk(value: Bytes | null): void {
    if (value === null) this.null();
    else if (typeof value === "string") this.raw(`$${value.length}\r\n${value}\r\n`);
    else this.#buffer(`$${value.length}\r\n`, value);
  }

  /** A string of characters beyond U+00FF, as UTF-8. */
  utf8(value: string): void {
    this.bulk(Buffer.from(value, "utf8").toString("latin1"));
  }

  /** Nil: `$-1` in RESP2, `_` in RESP3. */
  null(): void {
    this.raw(this.resp === 2 ? "$-1\r\n" : "_\r\n");
  }

  /** Nil where an array was asked for: `*-1` in RESP2, `_` in RESP3. */
  nullArray(): void {
    this.raw(this.resp === 2 ? "*-1\r\n" : "_\r\n");
  }

  array(length: number): void {
    this.raw(`*${length}\r\n`);
  }

  /** `pairs` keys and values follow. */
  map(pairs: number): void {
    this.raw(this.resp === 2 ? `*${pairs * 2}\r\n` : `%${pairs}\r\n`);
  }

  set(length: number): void {
    this.raw(this.resp === 2 ? `*${length}\r\n` : `~${length}\r\n`);
  }

  /** Out of band; an ordinary array in RESP2. Ends a `muted` state for nothing else: the caller writes `outOfBand` around it. */
  push(length: number): void {
    this.raw(this.resp === 2 ? `*${length}\r\n` : `>${length}\r\n`);
  }

  /** Runs `write` even while muted: pub/sub messages, invalidations and MONITOR lines are no replies. */
  outOfBand(write: (reply: ReplyWriter) => void): void {
    const { muted } = this;
    this.muted = false;
    write(this);
    this.muted = muted;
  }

  double(value: number): void {
    const text = formatDouble(value);
    if (this.resp === 2) this.bulk(text);
    else this.raw(`,${text}\r\n`);
  }

  boolean(value: boolean): void {
    if (this.resp === 2) this.integer(value ? 1 : 0);
    else this.raw(value ? "#t\r\n" : "#f\r\n");
  }

  /** `format` is three letters: `txt`, `mkd`. */
  verbatim(text: string, format = "txt"): void {
    if (this.resp === 2) this.bulk(text);
    else this.raw(`=${text.length + 4}\r\n${format}:${text}\r\n`);
  }

  bigNumber(value: bigint | string): void {
    if (this.resp === 2) this.bulk(String(value));
    else this.raw(`(${value}\r\n`);
  }

  /** An array of bulk strings. */
  bulks(values: readonly (Bytes | null)[]): void {
    this.array(values.length);
    for (const value of values) this.bulk(value);
  }

  /** An array of simple strings, as the HELP subcommands answer. */
  statuses(values: readonly string[]): void {
    this.array(values.length);
    for (const value of values) this.status(value);
  }

  /** A place to come back to by `takeFrom`; valid until the next `take`. */
  mark(): number {
    return this.byteLength;
  }

  /** Everything written so far, in order; the writer is empty then. */
  take(): (string | Buffer)[] {
    const taken = this.#chunks;
    if (this.#text !== "") taken.push(this.#text);
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#text = "";
    return taken;
  }

  /** Takes back what was written since `mark`. */
  takeFrom(mark: number): (string | Buffer)[] {
    const all = this.take();
    let kept = 0;
    let index = 0;
    for (; index < all.length && kept + (all[index] as string).length <= mark; index += 1) {
      kept += (all[index] as string).length;
    }
    const tail = all.splice(index);
    const first = tail[0];
    // A mark never lies inside a Buffer.
    if (typeof first === "string" && kept < mark) {
      all.push(first.slice(0, mark - kept));
      tail[0] = first.slice(mark - kept);
    }
    for (const piece of all) {
      this.#chunks.push(piece);
      this.#chunkBytes += piece.length;
    }
    return tail;
  }

  /** Puts pieces (of another writer, or taken back) at the end. */
  append(pieces: readonly (string | Buffer)[]): void {
    for (const piece of pieces) {
      if (typeof piece === "string") this.raw(piece);
      else this.#buffer("", piece, "");
    }
  }

  #buffer(head: string, value: Buffer, end = "\r\n"): void {
    if (this.muted) return;
    if (this.#text === "" && this.#chunks.length === 0) this.onPending?.();
    this.#text += head;
    if (this.#text !== "") this.#setAside();
    this.#chunks.push(value);
    this.#chunkBytes += value.length;
    this.#text = end;
  }

  #setAside(): void {
    this.#chunks.push(this.#text);
    this.#chunkBytes += this.#text.length;
    this.#text = "";
  }
}
