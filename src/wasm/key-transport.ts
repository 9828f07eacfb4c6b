import type { Arena } from "./arena.ts";
import { badKey } from "./input-error.ts";
import type { Key } from "./kernel.ts";
import { SEPARATOR } from "./layout.ts";

/*
 * How keys get into kernel memory, ns per key for 1,000 keys (Node 20):
 *
 *   characters                           6     30    64    100   126   300
 *   join, one encodeInto                 16    19    22    24    42    229
 *   join in pieces, an encodeInto each   17    19    23    24    28    67
 *   encodeInto per key                   73    83    77    78    82    91
 *
 * The joined string turns slow where it passes 128 KB and becomes a large object; in pieces below that, it stays ahead
 * up to JOIN_UP_TO.
 */
const PIECE_UNITS = 48 * 1024;
const JOIN_UP_TO = 400;

/** Up to this many bytes a loop beats a call of `set`, 27 ns. */
const LOOP_UP_TO = 12;

const SEPARATOR_TEXT = String.fromCharCode(SEPARATOR);

const encoder = new TextEncoder();

/** Writes a batch's keys into an arena, each followed by one byte: the separator where the kernel is to find it. */
export class KeyTransport {
  readonly #arena: Arena;
  /** Where each key starts, and the end; used when the keys are written one by one. */
  #starts: Uint32Array = new Uint32Array(64);
  /** The arena's bytes from `keys` on. A call of `subarray` takes half as long as encoding a short key. */
  #view: Uint8Array<ArrayBuffer>;
  /** Address of the first key. */
  keys = 0;
  /** Address behind the last key's separator. */
  end = 0;
  /** Address of count + 1 u32, to be filled by the kernel when `joined`. */
  starts = 0;
  /** The kernel has to find the separators. */
  joined = false;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#view = arena.u8;
  }

  /** Writes `keys`, or those at the indexes `items`, in the way that is fastest for them. */
  load(keys: readonly Key[], items: Uint32Array | undefined): void {
    const count = items === undefined ? keys.length : items.length;
    const chosen = items === undefined ? keys : choose(keys, items);
    let units = 0;
    let texts = 0;
    for (let i = 0; i < count; i++) {
      const key = chosen[i]!;
      if (typeof key === "string") texts++;
      else if (!(key instanceof Uint8Array)) throw badKey(key, items === undefined ? i : items[i]!);
      units += key.length;
    }
    this.keys = this.#arena.reserve(units + count);
    if (texts === count && units <= count * JOIN_UP_TO) this.#join(chosen as readonly string[], units);
    else this.#writeEach(chosen);
  }

  /** Writes the same keys one by one, for keys that hold the separator. */
  loadAgain(keys: readonly Key[], items: Uint32Array | undefined): void {
    this.keys = this.#arena.reserve(0);
    this.#writeEach(items === undefined ? keys : choose(keys, items));
  }

  #join(keys: readonly string[], units: number): void {
    const arena = this.#arena;
    const count = keys.length;
    const byteLength = units + count;
    let end = this.keys;
    if (byteLength <= PIECE_UNITS) end = this.#append(keys.join(SEPARATOR_TEXT), end, byteLength);
    else {
      const step = Math.max(1, Math.floor((PIECE_UNITS * count) / byteLength));
      for (let from = 0; from < count; from += step) {
        end = this.#append(keys.slice(from, from + step).join(SEPARATOR_TEXT), end, byteLength);
      }
    }
    this.end = end;
    this.joined = true;
    this.starts = arena.reserve((count + 1) * 4);
  }

  /** Writes `text` and a separator at `at`; `reserved` bytes suffice for what follows as long as it is ASCII. */
  #append(text: string, at: number, reserved: number): number {
    const arena = this.#arena;
    const { length } = text;
    let result = encoder.encodeInto(text, this.#viewAt(at));
    if (result.read < length) {
      // Three bytes per UTF-16 unit always suffice.
      arena.extend(this.keys, at - this.keys + length * 3 + reserved);
      result = encoder.encodeInto(text, this.#viewAt(at));
    }
    const end = at + result.written;
    arena.extend(this.keys, end + 1 - this.keys);
    arena.u8[end] = SEPARATOR;
    return end + 1;
  }

  /** All memory from `at` on: what is encoded past the region lies in memory that no other region has yet. */
  #viewAt(at: number): Uint8Array<ArrayBuffer> {
    const { u8 } = this.#arena;
    const view = this.#view;
    if (view.byteOffset !== at || view.buffer !== u8.buffer) this.#view = u8.subarray(at);
    return this.#view;
  }

  #writeEach(keys: readonly Key[]): void {
    const arena = this.#arena;
    const count = keys.length;
    if (this.#starts.length <= count) this.#starts = new Uint32Array(count * 2);
    const starts = this.#starts;
    let at = this.keys;
    for (let i = 0; i < count; i++) {
      const key = keys[i]!;
      const { length } = key;
      starts[i] = at;
      if (typeof key === "string") {
        arena.extend(this.keys, at - this.keys + length * 3 + 1);
        at += encoder.encodeInto(key, arena.u8.subarray(at, at + length * 3)).written;
      } else {
        arena.extend(this.keys, at - this.keys + length + 1);
        const { u8 } = arena;
        if (length > LOOP_UP_TO) u8.set(key, at);
        else for (let j = 0; j < length; j++) u8[at + j] = key[j]!;
        at += length;
      }
      at++;
    }
    starts[count] = at;
    arena.extend(this.keys, at - this.keys);
    this.end = at;
    this.joined = false;
    this.starts = arena.reserve((count + 1) * 4);
    arena.u32.set(starts.subarray(0, count + 1), this.starts >> 2);
  }
}

function choose(keys: readonly Key[], items: Uint32Array): Key[] {
  const chosen = new Array<Key>(items.length);
  for (let i = 0; i < items.length; i++) chosen[i] = keys[items[i]!]!;
  return chosen;
}
