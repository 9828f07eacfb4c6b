import type { Key } from "../bytes/key.ts";
import { badKey } from "./input-error.ts";

/** Up to this many characters a loop beats a call of the encoder (16 ns against 73 at 6, equal near 30). */
const LOOP_UP_TO = 30;

const encoder = new TextEncoder();

/** The keys of a batch as bytes behind one another, in buffers that the next batch uses again. */
export class KeyBytes {
  bytes: Uint8Array = new Uint8Array(4096);
  /** Key i is `bytes[starts[i] .. starts[i + 1])`. */
  starts: Uint32Array = new Uint32Array(256);

  /** Takes over `keys`, or those at the indexes `items`; returns how many. */
  load(keys: readonly Key[], items?: Uint32Array): number {
    const count = items === undefined ? keys.length : items.length;
    if (this.starts.length <= count) this.starts = new Uint32Array(count * 2 + 1);
    let end = 0;
    for (let i = 0; i < count; i++) {
      const index = items === undefined ? i : items[i]!;
      const key = keys[index];
      this.starts[i] = end;
      if (typeof key === "string") end = this.#appendText(key, end);
      else if (key instanceof Uint8Array) {
        if (this.bytes.length < end + key.length) this.#grow(end + key.length, end);
        this.bytes.set(key, end);
        end += key.length;
      } else throw badKey(key, index);
    }
    this.starts[count] = end;
    return count;
  }

  #appendText(key: string, start: number): number {
    const { length } = key;
    if (this.bytes.length < start + length) this.#grow(start + length, start);
    if (length <= LOOP_UP_TO) {
      const { bytes } = this;
      let i = 0;
      for (; i < length; i++) {
        const unit = key.charCodeAt(i);
        if (unit > 0x7f) break;
        bytes[start + i] = unit;
      }
      if (i === length) return start + length;
    }
    const written = encoder.encodeInto(key, this.bytes.subarray(start));
    if (written.read === length) return start + written.written;
    // Three bytes per UTF-16 unit always suffice.
    this.#grow(start + length * 3, start);
    return start + encoder.encodeInto(key, this.bytes.subarray(start)).written;
  }

  #grow(needed: number, used: number): void {
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, used));
    this.bytes = grown;
  }
}
