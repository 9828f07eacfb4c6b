import { BUFFER_FROM, type Bytes } from "./arg.ts";
import { inlineWords } from "./inline-words.ts";
import { parseInt64 } from "./int64.ts";
import { LargeBulk } from "./large-bulk.ts";
import { binaryString, nameString } from "./short-string.ts";

/** PROTO_INLINE_MAX_SIZE: the longest line. */
const LINE_LIMIT = 64 * 1024;
const INT_MAX = 2147483647;
const EMPTY = Buffer.alloc(0);

export interface ParserLimits {
  /** proto-max-bulk-len, bytes. */
  maxBulkLength: number;
  /** Not logged in yet: at most 10 arguments of 16 KB. */
  unauthenticated: boolean;
}

/**
 * Cuts a connection's bytes into commands, whatever pieces they come in. An argument below `BUFFER_FROM` bytes is copied out as a binary string, a
 * longer one is received into memory of its own; no byte is looked at twice because of where a chunk ended.
 */
export class RequestParser {
  readonly limits: ParserLimits;
  /** Why the connection has to be closed, without `ERR `: `Protocol error: …`. */
  error: string | undefined;

  #data: Buffer = EMPTY;
  /** Whether #data is ours to be written to. */
  #owned = false;
  #at = 0;
  #end = 0;
  /** How far a line end was looked for in vain. */
  #searched = 0;
  #args: Bytes[] = [];
  /** Arguments still to come; 0: between commands. */
  #missing = 0;
  /** Length of the argument that comes; -1: not known yet. */
  #length = -1;
  #large: LargeBulk | undefined;
  #argBytes = 0;

  constructor(limits: ParserLimits) {
    this.limits = limits;
  }

  /** Bytes received that belong to no whole argument yet. */
  get unparsedBytes(): number {
    return this.#end - this.#at + (this.#large?.filled ?? 0);
  }

  /** Bytes of the arguments that were read of an unfinished command. */
  get argumentBytes(): number {
    return this.#argBytes;
  }

  /** Memory held for what came: at most twice the bytes of the unfinished command, and 256 KB for a long argument that has just begun. */
  get retainedBytes(): number {
    return (this.#owned ? this.#data.length : 0) + (this.#large?.taken ?? 0) + this.#argBytes;
  }

  /** Hands in the next piece; it is not kept beyond the calls of `next` that use it up. */
  push(chunk: Buffer): void {
    let start = 0;
    if (this.#large !== undefined && this.#at === this.#end) {
      start = this.#large.take(chunk, 0, chunk.length);
    }
    if (this.#at === this.#end) {
      this.#data = chunk;
      this.#owned = false;
      this.#at = this.#searched = start;
      this.#end = chunk.length;
    } else this.#append(chunk);
  }

  /** The next whole command; undefined: more bytes are needed, or `error` says why there will be none. Never empty. */
  next(): Bytes[] | undefined {
    while (this.error === undefined) {
      if (this.#missing === 0) {
        if (this.#at >= this.#end) break;
        if (this.#data[this.#at] !== 0x2a) {
          const words = this.#inline();
          if (words === undefined) break;
          if (words.length > 0) return words;
          continue;
        }
        if (!this.#header()) break;
        if (this.#missing === 0) continue;
      }
      if (!this.#arguments()) break;
      const args = this.#args;
      this.#args = [];
      this.#argBytes = 0;
      return args;
    }
    this.#keep();
    return undefined;
  }

  /** Makes the rest independent of the caller's chunk, and lets go of it. */
  #keep(): void {
    if (this.#at === this.#end) {
      this.#data = EMPTY;
      this.#owned = false;
      this.#at = this.#end = this.#searched = 0;
    } else if (!this.#owned && this.error === undefined) {
      const rest = this.#end - this.#at;
      const memory = Buffer.allocUnsafeSlow(Math.max(512, rest * 2));
      this.#data.copy(memory, 0, this.#at, this.#end);
      this.#searched -= this.#at;
      this.#data = memory;
      this.#owned = true;
      this.#at = 0;
      this.#end = rest;
    }
  }

  #append(chunk: Buffer): void {
    const rest = this.#end - this.#at;
    if (this.#end + chunk.length > this.#data.length || !this.#owned) {
      const fits = this.#owned && rest + chunk.length <= this.#data.length && this.#at > rest;
      const memory = fits ? this.#data : Buffer.allocUnsafeSlow((rest + chunk.length) * 2);
      this.#data.copy(memory, 0, this.#at, this.#end);
      this.#data = memory;
      this.#owned = true;
      this.#searched -= this.#at;
      this.#at = 0;
      this.#end = rest;
    }
    chunk.copy(this.#data, this.#end);
    this.#end += chunk.length;
  }

  #fail(text: string): undefined {
    this.error = `Protocol error: ${text}`;
    this.#large = undefined;
    this.#args = [];
    return undefined;
  }

  #inline(): string[] | undefined {
    const from = Math.max(this.#searched, this.#at);
    const found = this.#data.subarray(from, this.#end).indexOf(0x0a);
    if (found < 0 || this.#hasZero(from + found)) {
      this.#searched = this.#end;
      if (this.#end - this.#at > LINE_LIMIT) this.#fail("too big inline request");
      return undefined;
    }
    const end = from + found;
    const stop = end > this.#at && this.#data[end - 1] === 0x0d ? end - 1 : end;
    const words = inlineWords(binaryString(this.#data, this.#at, stop - this.#at));
    this.#at = this.#searched = end + 1;
    if (words === undefined) this.#fail("unbalanced quotes in request");
    return words;
  }

  /** The real server looks for line ends as in a C string: a line with a zero byte never ends. */
  #hasZero(lineEnd: number): boolean {
    return this.#data.subarray(this.#at, lineEnd).includes(0);
  }

  /** The number of a line `*…` or `$…`; undefined: the line is not whole. NaN: it is no number. */
  #number(tooBig: string): number | undefined {
    const data = this.#data;
    const end = this.#end;
    let at = this.#at + 1;
    let value = 0;
    // Up to 9 digits and their line end, which is what comes but for mistakes.
    for (const limit = Math.min(end, at + 9); at < limit; at += 1) {
      const digit = (data[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = at - this.#at - 1;
    const plain = digits === 1 || data[this.#at + 1] !== 0x30;
    if (plain && digits > 0 && at + 1 < end && data[at] === 0x0d && data[this.#at] !== 0) {
      this.#at = this.#searched = at + 2;
      return value;
    }
    const from = Math.max(this.#searched, this.#at);
    const found = data.subarray(from, end).indexOf(0x0d);
    if (found < 0 || this.#hasZero(from + found)) {
      this.#searched = end;
      if (end - this.#at > LINE_LIMIT) this.#fail(tooBig);
      return undefined;
    }
    const stop = from + found;
    if (stop + 1 >= end) {
      this.#searched = stop;
      return undefined;
    }
    const text = binaryString(data, this.#at + 1, stop - this.#at - 1);
    this.#at = this.#searched = stop + 2;
    return Number(parseInt64(text) ?? Number.NaN);
  }

  #header(): boolean {
    const count = this.#number("too big mbulk count string");
    if (count === undefined) return false;
    if (Number.isNaN(count) || count > INT_MAX) this.#fail("invalid multibulk length");
    else if (count > 10 && this.limits.unauthenticated) this.#fail("unauthenticated multibulk length");
    if (this.error !== undefined) return false;
    this.#missing = Math.max(0, count);
    return true;
  }

  /** True when all arguments are there. */
  #arguments(): boolean {
    while (this.#missing > 0) {
      if (this.#large !== undefined) {
        if (!this.#finishLarge(this.#large)) return false;
        continue;
      }
      if (this.#length < 0 && !this.#bulkHeader()) return false;
      const length = this.#length;
      if (length >= BUFFER_FROM) {
        this.#large = new LargeBulk(length);
        continue;
      }
      const start = this.#at;
      if (this.#end - start < length + 2) return false;
      const args = this.#args;
      const make = args.length === 0 ? nameString : binaryString;
      args.push(make(this.#data, start, length));
      this.#at = this.#searched = start + length + 2;
      this.#done(length);
    }
    return true;
  }

  #bulkHeader(): boolean {
    if (this.#at >= this.#end) return false;
    const first = this.#data[this.#at] as number;
    if (first !== 0x24) {
      // Whatever stands there, the real server waits for its line end before it complains.
      const line = this.#number("too big bulk count string");
      if (line !== undefined) this.#fail(`expected '$', got '${String.fromCharCode(first)}'`);
      return false;
    }
    const length = this.#number("too big bulk count string");
    if (length === undefined) return false;
    if (!(length >= 0 && length <= this.limits.maxBulkLength)) this.#fail("invalid bulk length");
    else if (length > 16384 && this.limits.unauthenticated) this.#fail("unauthenticated bulk length");
    if (this.error !== undefined) return false;
    this.#length = length;
    return true;
  }

  #finishLarge(large: LargeBulk): boolean {
    this.#at = this.#searched = large.take(this.#data, this.#at, this.#end);
    if (!large.done) return false;
    this.#args.push(large.value());
    this.#large = undefined;
    this.#done(large.length);
    return true;
  }

  #done(length: number): void {
    this.#argBytes += length;
    this.#length = -1;
    this.#missing -= 1;
  }
}
