import { type BinaryString, BUFFER_FROM, type Bytes } from "./arg.ts";

/** The longest result below `BUFFER_FROM` is put together here: a rope of strings would take 32 bytes a part until somebody reads it. */
const SCRATCH = Buffer.allocUnsafeSlow(BUFFER_FROM);

/** Up to where the memory behind a Buffer is taken. Only who stands at that mark may grow in place, so no view ever changes. */
const taken = new WeakMap<ArrayBufferLike, number>();

/** Up to here a value that grows doubles; from there on it grows by a quarter. */
const DOUBLES_TO = 1024 * 1024;

export function byteLength(bytes: Bytes): number {
  return bytes.length;
}

/** The byte at `index`, which must be below the length. */
export function byteAt(bytes: Bytes, index: number): number {
  return typeof bytes === "string" ? bytes.charCodeAt(index) : (bytes[index] as number);
}

/** A binary string for every length: names, option words, what a pattern is matched with. */
export function asString(bytes: Bytes): BinaryString {
  return typeof bytes === "string" ? bytes : bytes.toString("latin1");
}

/** For reading only: a Buffer is returned as it is. */
export function toBuffer(bytes: Bytes): Buffer {
  return typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
}

/** A Buffer that the caller may change. */
export function toOwnBuffer(bytes: Bytes): Buffer {
  if (typeof bytes === "string") return Buffer.from(bytes, "latin1");
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Takes the Buffer over: the caller changes it no more. */
export function fromBuffer(owned: Buffer): Bytes {
  return owned.length < BUFFER_FROM ? owned.toString("latin1") : owned;
}

/** Bytes `start` up to and without `end`; never a view of something longer. */
export function slice(bytes: Bytes, start: number, end: number): Bytes {
  if (start <= 0 && end >= bytes.length) return bytes;
  if (typeof bytes !== "string") {
    const view = bytes.subarray(start, end);
    return view.length < BUFFER_FROM ? view.toString("latin1") : toOwnBuffer(view);
  }
  const part = bytes.slice(start, end);
  // V8 makes a part of 13 characters or more a view that keeps the whole alive.
  return part.length < 13 ? part : flat(part, "");
}

/** Both in a row; repeated appending to a long value costs as much as what is appended. */
export function concat(first: Bytes, second: Bytes): Bytes {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  const length = first.length + second.length;
  if (typeof first === "string" && typeof second === "string" && length < BUFFER_FROM)
    return flat(first, second);
  if (typeof first !== "string") {
    const end = first.byteOffset + first.length;
    const behind = first.buffer.byteLength - end;
    if (behind >= second.length && taken.get(first.buffer) === end) {
      const grown = Buffer.from(first.buffer, first.byteOffset, length);
      copyInto(second, grown, first.length);
      taken.set(first.buffer, end + second.length);
      return grown;
    }
  }
  const memory = Buffer.allocUnsafeSlow(length + spare(length));
  copyInto(first, memory, 0);
  copyInto(second, memory, first.length);
  taken.set(memory.buffer, length);
  return memory.subarray(0, length);
}

/**
 * A Buffer with these bytes that the caller may change, at least `length` long: what is missing is zeros. `own` says that `bytes` is a Buffer
 * which nobody else has, so that it is changed itself, and grows in place where there is room.
 */
export function editable(bytes: Bytes, length: number, own = false): Buffer {
  if (own && typeof bytes !== "string") {
    if (bytes.length >= length) return bytes;
    if (bytes.buffer.byteLength - bytes.byteOffset >= length) {
      const grown = Buffer.from(bytes.buffer, bytes.byteOffset, length);
      return grown.fill(0, bytes.length);
    }
  }
  const wanted = Math.max(length, bytes.length);
  const memory = Buffer.allocUnsafeSlow(own ? wanted + spare(wanted) : wanted);
  copyInto(bytes, memory, 0);
  return memory.subarray(0, wanted).fill(0, bytes.length);
}

export function equal(first: Bytes, second: Bytes): boolean {
  if (first.length !== second.length) return false;
  if (typeof first === "string")
    return typeof second === "string" ? first === second : first === second.toString("latin1");
  return typeof second === "string" ? first.toString("latin1") === second : first.equals(second);
}

/** Writes the bytes into `target` from `offset` on. */
export function copyInto(bytes: Bytes, target: Buffer, offset: number): void {
  if (typeof bytes === "string") target.write(bytes, offset, "latin1");
  else target.set(bytes, offset);
}

function spare(length: number): number {
  return length < DOUBLES_TO ? length : length >> 2;
}

function flat(first: string, second: string): string {
  const middle = SCRATCH.write(first, 0, "latin1");
  return SCRATCH.toString("latin1", 0, middle + SCRATCH.write(second, middle, "latin1"));
}
