import { keySlots, SLOT_COUNT } from "../slots/index.ts";
import { keySlotOfRange } from "../wasm/key-slot.ts";
import type { KeyLines } from "./key-lines.ts";

/**
 * Mean bytes of a key from which it is faster to make an array of keys for the kernel than to hash them where they lie: a million keys of 27 bytes
 * take 0.38 s of CPU against 0.55, of 122 bytes 1.1 s against 0.8 (Node 20, reading and writing included).
 */
const KERNEL_FROM_BYTES = 64;

/** Slots of key batches, in an array that is used again. */
export class KeyLineSlots {
  #slots: Uint16Array = new Uint16Array(4096);

  /** The slot of each key, at its index; valid until the next call. */
  of(lines: KeyLines): Uint16Array {
    const { bytes, starts, ends, count } = lines;
    if (count > this.#slots.length) this.#slots = new Uint16Array(2 * count);
    const slots = this.#slots;
    if (count > 0 && ends[count - 1]! - starts[0]! > count * KERNEL_FROM_BYTES) {
      const keys: Buffer[] = new Array(count);
      for (let i = 0; i < count; i++) keys[i] = lines.key(i);
      return keySlots(keys, slots);
    }
    for (let i = 0; i < count; i++) slots[i] = keySlotOfRange(bytes, starts[i]!, ends[i]!);
    return slots;
  }
}

/** Digits of every slot and a tab, eight bytes each, the last one their number. */
let labels: Uint8Array | undefined;
const LABEL_STRIDE = 8;
/** Up to this many bytes a loop beats a call of `copy`. */
const LOOP_UP_TO = 48;

/** `slot<TAB>key<LF>` for every key of a batch, as bytes. */
export function slotLines({ bytes, starts, ends, count }: KeyLines, slots: Uint16Array): Buffer {
  labels ??= slotLabels();
  const longest = count === 0 ? 0 : ends[count - 1]! - starts[0]!;
  const out = Buffer.allocUnsafe(longest + count * LABEL_STRIDE);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let label = slots[i]! * LABEL_STRIDE;
    for (const labelEnd = label + labels[label + LABEL_STRIDE - 1]!; label < labelEnd; label++)
      out[at++] = labels[label]!;
    const start = starts[i]!;
    const end = ends[i]!;
    if (end - start > LOOP_UP_TO) {
      bytes.copy(out, at, start, end);
      at += end - start;
    } else for (let from = start; from < end; from++) out[at++] = bytes[from]!;
    out[at++] = 0x0a;
  }
  return out.subarray(0, at);
}

function slotLabels(): Uint8Array {
  const made = new Uint8Array(SLOT_COUNT * LABEL_STRIDE);
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const label = Buffer.from(`${slot}\t`);
    made.set(label, slot * LABEL_STRIDE);
    made[slot * LABEL_STRIDE + LABEL_STRIDE - 1] = label.length;
  }
  return made;
}
