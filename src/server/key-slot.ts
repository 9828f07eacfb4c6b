import { keySlot } from "../slots/key-slot.ts";
import type { BinaryString } from "./protocol/arg.ts";

/** The cluster's slot of a key, 0 to 16383. */
export function slotOfKey(key: BinaryString): number {
  for (let index = 0; index < key.length; index += 1) {
    // The characters are bytes here, not a text whose UTF-8 bytes are meant.
    if (key.charCodeAt(index) > 0x7f) return keySlot(Buffer.from(key, "latin1"));
  }
  return keySlot(key);
}
