import { SLOT_COUNT } from "../slots/index.ts";
import { keySlotOfRange } from "../wasm/key-slot.ts";
import type { KeyLines } from "./key-lines.ts";
import { TagTally } from "./tag-tally.ts";

const OPEN = 0x7b;
const CLOSE = 0x7d;
/** Keys kept as examples. */
const EXAMPLES = 64;

/** How many keys fall into each slot, and which tags bring them together: no more of a key is kept. */
export class KeyCensus {
  readonly keysOfSlot: Uint32Array = new Uint32Array(SLOT_COUNT);
  readonly bytesOfSlot: Float64Array = new Float64Array(SLOT_COUNT);
  /** The first keys. */
  readonly examples: { readonly slot: number; readonly key: Buffer }[] = [];
  readonly #tags: TagTally = new TagTally();
  keys = 0;
  keyBytes = 0;

  add(lines: KeyLines, slots: Uint16Array): void {
    const { bytes, starts, ends, count } = lines;
    // The next brace of the batch, so that keys without one cost no search.
    let brace = bytes.indexOf(OPEN, starts[0] ?? 0);
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const start = starts[i]!;
      const end = ends[i]!;
      this.keysOfSlot[slot]!++;
      this.bytesOfSlot[slot]! += end - start;
      this.keyBytes += end - start;
      if (this.examples.length < EXAMPLES) this.examples.push({ slot, key: Buffer.from(lines.key(i)) });
      if (brace !== -1 && brace < start) brace = bytes.indexOf(OPEN, start);
      if (brace === -1 || brace >= end) continue;
      const close = bytes.indexOf(CLOSE, brace + 1);
      if (close > brace + 1 && close < end) this.#tags.add(bytes.toString("latin1", brace + 1, close));
    }
    this.keys += count;
  }

  /** The tags with the most keys, at most so many. */
  hotTags(limit: number): { readonly tag: Buffer; readonly slot: number; readonly keys: number }[] {
    return this.#tags.largest(limit).map(([text, keys]) => {
      const tag = Buffer.from(text, "latin1");
      return { tag, slot: keySlotOfRange(tag, 0, tag.length), keys };
    });
  }
}
