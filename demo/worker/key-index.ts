import { crc16, hashTag, kernel, keySlots, SLOT_COUNT } from "../../src/slots/index.ts";
import type { HotTag, KeySummary } from "../model/key-summary.ts";
import type { KeysInSlot } from "./protocol.ts";

const SAMPLE = 240;
const HOT_TAGS = 8;
const SHOWN_OF_SLOT = 6;

/** The keys of the page by slot. */
export class KeyIndex {
  readonly keys: readonly string[];
  readonly #counts: Uint32Array = new Uint32Array(SLOT_COUNT);
  /** Key indexes slot after slot; slot s has those from `#starts[s]` to `#starts[s + 1]`. */
  readonly #order: Uint32Array;
  readonly #starts: Uint32Array = new Uint32Array(SLOT_COUNT + 1);
  readonly #slots: Uint16Array;
  readonly #slotsMs: number;
  readonly #splitMs: number;

  constructor(keys: readonly string[], splitMs: number) {
    this.keys = keys;
    this.#splitMs = splitMs;
    const start = performance.now();
    this.#slots = keySlots(keys);
    this.#slotsMs = performance.now() - start;
    for (const slot of this.#slots) this.#counts[slot]!++;
    for (let slot = 0; slot < SLOT_COUNT; slot++)
      this.#starts[slot + 1] = this.#starts[slot]! + this.#counts[slot]!;
    this.#order = new Uint32Array(keys.length);
    const next = this.#starts.slice();
    for (let i = 0; i < keys.length; i++) this.#order[next[this.#slots[i]!]!++] = i;
  }

  summary(): KeySummary {
    const tags = this.#tags();
    return {
      count: this.keys.length,
      counts: this.#counts.slice(),
      slotCount: this.#counts.reduce((sum, keys) => sum + (keys > 0 ? 1 : 0), 0),
      ...tags,
      sample: this.keys.slice(0, SAMPLE),
      sampleSlots: this.#slots.slice(0, SAMPLE),
      splitMs: this.#splitMs,
      slotsMs: this.#slotsMs,
      backend: kernel.backend,
    };
  }

  inSlot(slot: number): KeysInSlot {
    const start = this.#starts[slot]!;
    const end = Math.min(this.#starts[slot + 1]!, start + SHOWN_OF_SLOT);
    const keys = Array.from(this.#order.subarray(start, end), (i) => this.keys[i]!);
    return { slot, count: this.#counts[slot]!, keys };
  }

  #tags(): Pick<KeySummary, "tagged" | "slotCountWithoutTags" | "hotTags"> {
    const counts = new Map<string, HotTag>();
    const whole = new Uint8Array(SLOT_COUNT);
    let tagged = 0;
    for (let i = 0; i < this.keys.length; i++) {
      const key = this.keys[i]!;
      const tag = hashTag(key);
      const slot = this.#slots[i]!;
      if (tag.length === key.length) {
        whole[slot] = 1;
        continue;
      }
      tagged++;
      whole[crc16(key) % SLOT_COUNT] = 1;
      counts.set(tag, { tag, slot, keys: (counts.get(tag)?.keys ?? 0) + 1 });
    }
    const hotTags = [...counts.values()].sort((a, b) => b.keys - a.keys).slice(0, HOT_TAGS);
    const slotCountWithoutTags = whole.reduce((sum, used) => sum + used, 0);
    return { tagged, slotCountWithoutTags, hotTags };
  }
}
