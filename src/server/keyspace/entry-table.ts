import type { Bytes } from "../protocol/arg.ts";
import { byteLength } from "../protocol/bytes.ts";
import { ACCESS_MASK } from "./aging.ts";
import { giveBack } from "./given-back.ts";
import { KeyIndex } from "./key-index.ts";
import { keyBytes, type MemoryAccount, textBytes } from "./memory-account.ts";
import { SLAB_MAX_BYTES, Slab } from "./slab.ts";
import { isString, type StringEncoding, type Value } from "./value.ts";

const ENCODING_SHIFT = 24;
const VOLATILE = 1 << 26;
const OWN = 1 << 27;
const SMALLEST = 16;

/**
 * The keys of one database and what they hold, in columns: a key, a value and one word of 32 bits (24 for LRU or LFU, 2 for the encoding of a
 * string, one for "has an expiry", one for "nobody else has this Buffer"). There is no object per key: strings lie in a Slab and their column
 * holds the reference, a number; only Buffers and compound values are objects. Methods take the place of a key, valid until the next `remove`.
 */
export class EntryTable {
  readonly keys: KeyIndex = new KeyIndex();
  readonly #account: MemoryAccount;
  readonly #cluster: boolean;
  #slab = new Slab();
  #values: (number | Buffer | Exclude<Value, Bytes>)[] = [];
  #words = new Uint32Array(SMALLEST);
  #bytes = 0;

  constructor(account: MemoryAccount, cluster: boolean) {
    this.#account = account;
    this.#cluster = cluster;
  }

  /** Adds a key that is not there and returns its place. */
  insert(key: string, value: Value, encoding: StringEncoding, access: number): number {
    const place = this.keys.add(key);
    if (place === this.#words.length) this.#reserve(place + (place >> 1));
    this.#values.push(this.#keep(value));
    this.#words[place] = access | (encoding << ENCODING_SHIFT);
    this.#count(keyBytes(key, this.#cluster) + this.#valueBytes(place));
    return place;
  }

  /** Gives a key another value; its expiry and its access word stay. */
  replace(place: number, value: Value, encoding: StringEncoding): void {
    const before = this.#valueBytes(place);
    const old = this.#values[place] as number | Value;
    if (typeof old !== "number") this.#values[place] = this.#keep(value);
    else if (typeof value === "string" && value.length <= SLAB_MAX_BYTES) {
      this.#values[place] = this.#slab.replace(old, value);
    } else {
      this.#slab.release(old);
      this.#values[place] = this.#keep(value);
    }
    const word = this.#words[place] as number;
    this.#words[place] = (word & (ACCESS_MASK | VOLATILE)) | (encoding << ENCODING_SHIFT);
    this.#count(this.#valueBytes(place) - before);
  }

  /** Removes a key; the key that stood last takes its place. */
  remove(place: number): void {
    this.#count(-this.bytes(place));
    const value = this.#values[place] as number | Value;
    if (typeof value === "number") this.#slab.release(value);
    else if (value instanceof Uint8Array) giveBack(value.length);
    this.keys.remove(place);
    const last = this.#values.pop() as number | Buffer;
    const size = this.#values.length;
    if (place < size) {
      this.#values[place] = last;
      this.#words[place] = this.#words[size] as number;
    }
    if (this.#words.length > SMALLEST && size < this.#words.length >> 3)
      this.#reserve(this.#words.length >> 2);
  }

  clear(): void {
    giveBack(this.#bytes);
    this.#count(-this.#bytes);
    this.keys.clear();
    this.#slab = new Slab();
    this.#values = [];
    this.#words = new Uint32Array(SMALLEST);
  }

  /** A Buffer is handed out for good: it will not change. */
  value(place: number): Value {
    this.#words[place] = (this.#words[place] as number) & ~OWN;
    return this.valueForNow(place);
  }

  /** Like `value`, but a Buffer may be changed in place by the next command. */
  valueForNow(place: number): Value {
    const value = this.#values[place] as number | Value;
    return typeof value === "number" ? this.#slab.read(value) : value;
  }

  /** True where the Buffer at `place` may be changed in place. */
  isOwn(place: number): boolean {
    return ((this.#words[place] as number) & OWN) !== 0;
  }

  /** The Buffer that was just stored is known to nobody else. */
  markOwn(place: number): void {
    if (typeof this.#values[place] === "number") return;
    this.#words[place] = (this.#words[place] as number) | OWN;
  }

  /** Undefined for a string. */
  compound(place: number): Exclude<Value, Bytes> | undefined {
    const value = this.#values[place] as number | Value;
    return typeof value === "number" || isString(value) ? undefined : value;
  }

  encoding(place: number): StringEncoding {
    return (((this.#words[place] as number) >>> ENCODING_SHIFT) & 3) as StringEncoding;
  }

  access(place: number): number {
    return (this.#words[place] as number) & ACCESS_MASK;
  }

  setAccess(place: number, access: number): void {
    this.#words[place] = ((this.#words[place] as number) & ~ACCESS_MASK) | access;
  }

  isVolatile(place: number): boolean {
    return ((this.#words[place] as number) & VOLATILE) !== 0;
  }

  setVolatile(place: number, on: boolean): void {
    const word = this.#words[place] as number;
    this.#words[place] = on ? word | VOLATILE : word & ~VOLATILE;
  }

  /** The key's share of `used_memory`. */
  bytes(place: number): number {
    return keyBytes(this.keys.names[place] as string, this.#cluster) + this.#valueBytes(place);
  }

  /** A compound value grew (or shrank) by so many bytes. */
  resized(bytes: number): void {
    this.#count(bytes);
  }

  #keep(value: Value): number | Buffer | Exclude<Value, Bytes> {
    if (typeof value !== "string") return value;
    return value.length <= SLAB_MAX_BYTES ? this.#slab.store(value) : Buffer.from(value, "latin1");
  }

  #valueBytes(place: number): number {
    const value = this.#values[place] as number | Value;
    if (typeof value === "number") return textBytes(this.#slab.length(value), this.encoding(place));
    return isString(value) ? textBytes(byteLength(value), this.encoding(place)) : value.memoryBytes;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#account.dataset += bytes;
  }

  #reserve(capacity: number): void {
    const words = new Uint32Array(Math.max(SMALLEST, capacity));
    words.set(this.#words.length > words.length ? this.#words.subarray(0, words.length) : this.#words);
    this.#words = words;
  }
}
