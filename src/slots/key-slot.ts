import { ConfigError } from "../errors.ts";
import { crc16OfBytes, crc16OfText } from "../wasm/crc16.ts";
import { badKey } from "../wasm/input-error.ts";
import type { Key } from "../wasm/kernel.ts";
import { keySlotOfBytes, keySlotOfText } from "../wasm/key-slot.ts";
import { defaultKernel } from "../wasm/load.ts";
import { SINGLE_KEY_UP_TO } from "../wasm/plain-choice.ts";

/**
 * CRC-16/XMODEM of the bytes, 0 to 65535; of a string, its UTF-8 bytes.
 *
 * @throws ConfigError `BAD_KEY`
 */
export function crc16(data: Key): number {
  if (typeof data === "string") return crc16OfText(data, 0, data.length, 0);
  if (data instanceof Uint8Array) return crc16OfBytes(data, 0, data.length, 0);
  throw badKey(data, 0);
}

/**
 * The slot of a key in a Redis Cluster, 0 to 16383. Allocates nothing.
 *
 * @throws ConfigError `BAD_KEY`
 */
export function keySlot(key: Key): number {
  if (typeof key === "string") return keySlotOfText(key);
  if (key instanceof Uint8Array) return keySlotOfBytes(key);
  throw badKey(key, 0);
}

/**
 * The slots of many keys at once, written to `target` (at least as long as `keys`) or to a new array.
 *
 * @throws ConfigError `BAD_KEY` with the key's index, `TARGET_TOO_SHORT`
 */
export function keySlots(
  keys: readonly Key[],
  target: Uint16Array = new Uint16Array(keys.length),
): Uint16Array {
  if (target.length < keys.length) throw targetTooShort(keys.length, target.length);
  if (keys.length === 1) {
    // Before a kernel has decided how: its decision costs as much as a short key.
    const key = keys[0]!;
    if (typeof key === "string") {
      if (key.length <= SINGLE_KEY_UP_TO) {
        target[0] = keySlotOfText(key);
        return target;
      }
    } else if (key instanceof Uint8Array && key.length <= SINGLE_KEY_UP_TO) {
      target[0] = keySlotOfBytes(key);
      return target;
    }
  }
  defaultKernel().keySlots(keys, target);
  return target;
}

function targetTooShort(needed: number, length: number): ConfigError {
  return new ConfigError("TARGET_TOO_SHORT", `target: expected at least ${needed} entries, got ${length}`, {
    option: "target",
  });
}
