// The kernel: pointers in, pointers out, no imports, nothing allocated. src/wasm/layout.ts draws its memory.

import { MISMATCH, SEPARATOR } from "../src/wasm/layout";
import { splitKeys } from "./search";
import { slotOfKey } from "./slot";

export { crc16From, prepare } from "./crc16";
export { pack } from "./pack";

/**
 * Slots of `count` keys, as u16 at `slots`. With `splitEnd` the keys lie in [keys, splitEnd), each followed by a
 * separator; without it starts[] is filled already.
 */
export function keySlots(keys: usize, splitEnd: usize, starts: usize, count: u32, slots: usize): i32 {
  if (splitEnd && !splitKeys(keys, splitEnd, <i8>SEPARATOR, starts, count)) return MISMATCH;
  let start: usize = load<u32>(starts);
  for (let i: u32 = 0; i < count; i++) {
    const next: usize = load<u32>(starts + ((i + 1) << 2));
    store<u16>(slots + (i << 1), <u16>slotOfKey(start, next - start - 1));
    start = next;
  }
  return 0;
}
