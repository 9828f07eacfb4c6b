import { ConfigError } from "../errors.ts";
import { addByte } from "../wasm/crc16.ts";
import { SLOT_COUNT } from "../wasm/key-slot.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SLOT_MASK = SLOT_COUNT - 1;

/** Up to four characters of a tag, the last one in the low byte; built by the first call in about 2 ms. */
let tags: Uint32Array | undefined;

/**
 * The shortest tag of `[0-9A-Za-z]` whose slot is `slot`; among equally short ones the first in ASCII order. A key
 * `{tag}…` lands in that slot.
 *
 * @throws ConfigError `BAD_SLOT` unless `slot` is an integer from 0 to 16383
 */
export function tagForSlot(slot: number): string {
  if (!Number.isInteger(slot) || slot < 0 || slot >= SLOT_COUNT) {
    throw new ConfigError("BAD_SLOT", `slot: expected an integer from 0 to 16383, got ${String(slot)}`, {
      option: "slot",
    });
  }
  tags ??= buildTags();
  let text = "";
  for (let rest = tags[slot]!; rest > 0; rest >>>= 8) text = String.fromCharCode(rest & 0xff) + text;
  return text;
}

function buildTags(): Uint32Array {
  const found = new Uint32Array(SLOT_COUNT);
  let missing = SLOT_COUNT;
  const add = (prefix: number, prefixCrc: number, length: number): void => {
    for (let i = 0; i < ALPHABET.length && missing > 0; i++) {
      const char = ALPHABET.charCodeAt(i);
      const tag = ((prefix << 8) | char) >>> 0;
      const crc = addByte(prefixCrc, char);
      if (length > 1) add(tag, crc, length - 1);
      else if (found[crc & SLOT_MASK] === 0) {
        found[crc & SLOT_MASK] = tag;
        missing--;
      }
    }
  };
  for (let length = 1; missing > 0; length++) add(0, 0, length);
  return found;
}
