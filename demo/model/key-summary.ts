export interface HotTag {
  readonly tag: string;
  readonly keys: number;
  readonly slot: number;
}

/** What the page knows of a batch; the keys themselves stay in the worker. */
export interface KeySummary {
  readonly count: number;
  /** Keys per slot, 16,384 entries. */
  readonly counts: Uint32Array;
  /** Slots with a key in them. */
  readonly slotCount: number;
  /** Keys with a tag, and the slots that there would be if the whole keys were hashed. */
  readonly tagged: number;
  readonly slotCountWithoutTags: number;
  /** Tags with the most keys, at most eight. */
  readonly hotTags: readonly HotTag[];
  /** The first keys and their slots. */
  readonly sample: readonly string[];
  readonly sampleSlots: Uint16Array;
  /** Milliseconds for splitting the text, and for the slots of all keys. */
  readonly splitMs: number;
  readonly slotsMs: number;
  readonly backend: "wasm" | "js";
}
