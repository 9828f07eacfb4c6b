import { ReceiveBuffer } from "./receive-buffer.ts";
import { type Reply, ReplyError } from "./reply.ts";

/** A bulk string of this many bytes or more is received into a buffer of its own, of its final size. */
const OWN_BUFFER_FROM = 32 * 1024;
/**
 * After a value that had its own buffer the next read asks for this little: the header of the next value and a bit of
 * it, so that the rest again goes straight to its final place. At 1 MB a value: 595 µs against 757 through chunks.
 */
const HEADER_READ = 1024;
const CHUNK_SIZE = 64 * 1024;
const MAX_DEPTH = 64;
/** Redis' own ceiling for proto-max-bulk-len is higher, but no Node Buffer of Node 20 is. */
const MAX_BULK = 4 * 1024 * 1024 * 1024;
const MAX_ARRAY = 2 ** 31 - 1;
/** Arrays up to here are allocated by their declared length; a longer one grows, lest a length alone take memory. */
const PREALLOCATED = 64;

const CR = 13;
const LF = 10;

/** The bytes are no RESP2: the connection that they came from is out of step and cannot be used again. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Where the decoder delivers; replies arrive in the order of the wire. */
export interface ReplySink {
  reply(value: Reply): void;
  /**
   * A bulk string of `length` bytes (32 KB or more) is about to be received as element `index` of the current reply
   * (0 when it is the reply). A returned buffer of exactly that length is filled by copying and delivered.
   */
  place(index: number, length: number): Buffer | undefined;
}

interface Frame {
  readonly items: Reply[];
  filled: number;
  readonly length: number;
}

/** Incremental RESP2 decoder that owns its read buffer: ask `space()`, read into it, call `received(n)`. */
export class ReplyDecoder {
  readonly #sink: ReplySink;
  readonly #buffer = new ReceiveBuffer(CHUNK_SIZE);
  readonly #frames: Frame[] = [];
  /** The large value being received; `#filled` bytes of it are there. */
  #value: Buffer | undefined;
  #filled = 0;
  /** Bytes of the large value are copied from the chunk (its place belongs to the caller) instead of read into it. */
  #copying = false;
  /** Set while nobody wants the large value any more: its bytes are skipped. */
  #dropping = false;
  #readingValue = false;
  #afterLarge = false;

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  /** Where the next bytes belong. Valid until the next call of any method. */
  space(): Buffer {
    this.#readingValue = this.#value !== undefined && !this.#copying;
    if (this.#readingValue) return this.#value!.subarray(this.#filled);
    const space = this.#buffer.space(0);
    return this.#afterLarge && space.length > HEADER_READ ? space.subarray(0, HEADER_READ) : space;
  }

  /** `count` bytes were read into what `space()` returned. Throws ProtocolError. */
  received(count: number): void {
    if (this.#readingValue) {
      this.#filled += count;
      if (this.#filled === this.#value!.length) this.#finishValue();
      return;
    }
    this.#buffer.end += count;
    this.#decode();
  }

  /** A chunk that somebody else read; it may be kept. Throws ProtocolError. */
  write(chunk: Buffer): void {
    let rest = chunk;
    if (this.#value !== undefined && !this.#copying) {
      const part = rest.subarray(0, this.#value.length - this.#filled);
      part.copy(this.#value, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === this.#value.length) this.#finishValue();
    }
    if (rest.length === 0) return;
    this.#buffer.adopt(rest);
    this.#decode();
  }

  /** The place that was given for the value being received is the caller's again: nothing more is written to it. */
  releasePlace(): void {
    if (this.#copying) this.#dropping = true;
  }

  #decode(): void {
    const buffer = this.#buffer;
    for (;;) {
      if (this.#value !== undefined && !this.#fillFromChunk()) return;
      const { bytes, end } = buffer;
      let at = buffer.start;
      if (at >= end) return;
      const type = bytes[at++]!;
      if (type === 0x2b /* + */ || type === 0x2d /* - */) {
        const lineEnd = bytes.indexOf(LF, at);
        if (lineEnd === -1 || lineEnd >= end) return this.#awaitLine(at);
        if (bytes[lineEnd - 1] !== CR) throw new ProtocolError("a status line without CRLF");
        buffer.start = lineEnd + 1;
        this.#deliverLine(type, at, lineEnd - 1);
        continue;
      }
      let negative = false;
      if (bytes[at] === 0x2d && at < end) {
        negative = true;
        at++;
      }
      let number = 0;
      const digits = at;
      let byte = 0;
      while (at < end) {
        byte = bytes[at]!;
        if (byte === CR) break;
        if (byte < 48 || byte > 57 || at - digits > 19)
          throw new ProtocolError(`a ${describe(type)} with the byte ${byte} where a digit is due`);
        number = number * 10 + (byte - 48);
        at++;
      }
      if (at + 1 >= end) {
        if (type !== 0x24 && type !== 0x2a && type !== 0x3a)
          throw new ProtocolError(`an unknown reply type, byte ${type}`);
        return;
      }
      if (at === digits || bytes[at + 1] !== LF) throw new ProtocolError(`a malformed ${describe(type)}`);
      at += 2;
      if (type === 0x24 /* $ */) {
        if (negative) {
          if (number !== 1) throw new ProtocolError(`a bulk string of length -${number}`);
          buffer.start = at;
          this.#deliver(null);
        } else if (at + number + 2 <= end) {
          if (bytes[at + number] !== CR || bytes[at + number + 1] !== LF)
            throw new ProtocolError("a bulk string longer than its length");
          buffer.start = at + number + 2;
          this.#afterLarge = number >= OWN_BUFFER_FROM;
          this.#deliver(number >= OWN_BUFFER_FROM ? this.#placed(at, number) : buffer.take(at, number));
        } else if (number >= OWN_BUFFER_FROM) {
          if (number > MAX_BULK) throw new ProtocolError(`a bulk string of ${number} bytes`);
          buffer.start = at;
          this.#begin(number);
        } else {
          buffer.space(at - buffer.start + number + 2);
          return;
        }
      } else if (type === 0x3a /* : */) {
        buffer.start = at;
        this.#deliver(negative ? -number : number);
      } else if (type === 0x2a /* * */) {
        if (number > MAX_ARRAY || (negative && number !== 1))
          throw new ProtocolError(`an array of ${negative ? "-" : ""}${number} elements`);
        buffer.start = at;
        if (negative) this.#deliver(null);
        else if (number === 0) this.#deliver([]);
        else if (this.#frames.length === MAX_DEPTH)
          throw new ProtocolError(`arrays nested deeper than ${MAX_DEPTH}`);
        else
          this.#frames.push({
            items: number <= PREALLOCATED ? new Array(number) : [],
            filled: 0,
            length: number,
          });
      } else throw new ProtocolError(`an unknown reply type, byte ${type}`);
    }
  }

  #awaitLine(at: number): void {
    const waiting = this.#buffer.end - at;
    if (waiting > CHUNK_SIZE) throw new ProtocolError(`a status line of more than ${CHUNK_SIZE} bytes`);
    this.#buffer.space(waiting + 1024);
  }

  #deliverLine(type: number, from: number, to: number): void {
    const { bytes } = this.#buffer;
    if (type === 0x2d) this.#deliver(new ReplyError(bytes.toString("utf8", from, to)));
    else if (to - from === 2 && bytes[from] === 0x4f && bytes[from + 1] === 0x4b) this.#deliver("OK");
    else this.#deliver(bytes.toString("utf8", from, to));
  }

  #deliver(value: Reply): void {
    const frames = this.#frames;
    let done = value;
    while (frames.length > 0) {
      const frame = frames[frames.length - 1]!;
      frame.items[frame.filled++] = done;
      if (frame.filled < frame.length) return;
      frames.pop();
      done = frame.items;
    }
    this.#sink.reply(done);
  }

  #place(length: number): Buffer | undefined {
    const depth = this.#frames.length;
    return depth > 1 ? undefined : this.#sink.place(depth === 0 ? 0 : this.#frames[0]!.filled, length);
  }

  /** A large value that has arrived whole with its chunk: it still must not pin the chunk. */
  #placed(at: number, length: number): Buffer {
    const place = this.#place(length) ?? Buffer.allocUnsafeSlow(length);
    this.#buffer.bytes.copy(place, 0, at, at + length);
    return place;
  }

  #begin(length: number): void {
    const place = this.#place(length);
    this.#copying = place !== undefined;
    this.#dropping = false;
    this.#value = place ?? Buffer.allocUnsafeSlow(length);
    this.#filled = 0;
  }

  /** Moves what the chunk holds of the large value; true when the value and its CRLF are complete. */
  #fillFromChunk(): boolean {
    const value = this.#value!;
    const buffer = this.#buffer;
    const part = Math.min(value.length - this.#filled, buffer.end - buffer.start);
    if (part > 0) {
      if (!this.#dropping) buffer.bytes.copy(value, this.#filled, buffer.start, buffer.start + part);
      this.#filled += part;
      buffer.start += part;
    }
    if (this.#filled < value.length) return false;
    this.#finishValue();
    if (buffer.end - buffer.start < 2) return false;
    if (buffer.bytes[buffer.start] !== CR || buffer.bytes[buffer.start + 1] !== LF)
      throw new ProtocolError("a bulk string longer than its length");
    buffer.start += 2;
    this.#value = undefined;
    this.#copying = false;
    this.#deliver(value);
    return true;
  }

  /** All bytes of the large value are there; its CRLF comes with a chunk, maybe the next one. */
  #finishValue(): void {
    this.#copying = true;
    this.#dropping = false;
    this.#afterLarge = true;
  }
}

function describe(type: number): string {
  if (type === 0x24) return "bulk string length";
  if (type === 0x2a) return "array length";
  if (type === 0x3a) return "integer";
  return `reply of unknown type (byte ${type})`;
}
