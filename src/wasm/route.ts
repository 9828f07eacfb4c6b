import { crc16OfBytes } from "./crc16.ts";
import { indexOfByte, keySlotOfRange, SLOT_COUNT } from "./key-slot.ts";

/**
 * How a name prefix + key + suffix is routed. The hash tag may begin in one piece and end in another, so the three
 * pieces are searched and hashed where they lie; the name itself is never put together.
 */
export interface Route {
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
  /** No prefix and no suffix: the name is the key. */
  readonly bare: boolean;
  /** Index of the first `{` in the prefix, -1 without one. */
  readonly prefixOpen: number;
  /** CRC of the prefix behind that `{`. */
  readonly prefixTagCrc: number;
  /** CRC of the whole prefix. */
  readonly prefixCrc: number;
  /** The slot when a whole tag lies in the prefix, -1 otherwise. */
  readonly fixedSlot: number;
  /** The prefix holds `{}`: the name is hashed whole, whatever the key is. */
  readonly alwaysWhole: boolean;
  /** Index of the first `}` in the suffix, -1 without one. */
  readonly suffixClose: number;
  /** A whole tag in the suffix, for names without an earlier `{`: its slot; -1 without one. */
  readonly suffixSlot: number;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const SLOT_MASK = SLOT_COUNT - 1;

/** Works out once what a prefix and a suffix say about the slot of every name made with them. */
export function routeOf(prefix: Uint8Array, suffix: Uint8Array): Route {
  const prefixOpen = indexOfByte(prefix, OPEN, 0, prefix.length);
  const prefixClose = prefixOpen < 0 ? -1 : indexOfByte(prefix, CLOSE, prefixOpen + 1, prefix.length);
  const suffixOpen = indexOfByte(suffix, OPEN, 0, suffix.length);
  const tagEnd = suffixOpen < 0 ? -1 : indexOfByte(suffix, CLOSE, suffixOpen + 1, suffix.length);
  return {
    prefix,
    suffix,
    bare: prefix.length === 0 && suffix.length === 0,
    prefixOpen,
    prefixTagCrc: prefixOpen < 0 ? 0 : crc16OfBytes(prefix, prefixOpen + 1, prefix.length, 0),
    prefixCrc: crc16OfBytes(prefix, 0, prefix.length, 0),
    fixedSlot:
      prefixClose > prefixOpen + 1 ? crc16OfBytes(prefix, prefixOpen + 1, prefixClose, 0) & SLOT_MASK : -1,
    alwaysWhole: prefixClose >= 0 && prefixClose === prefixOpen + 1,
    suffixClose: indexOfByte(suffix, CLOSE, 0, suffix.length),
    suffixSlot: tagEnd > suffixOpen + 1 ? crc16OfBytes(suffix, suffixOpen + 1, tagEnd, 0) & SLOT_MASK : -1,
  };
}

/** Slot of prefix + `bytes[start .. end)` + suffix. */
export function slotOfName(route: Route, bytes: Uint8Array, start: number, end: number): number {
  if (route.bare) return keySlotOfRange(bytes, start, end);
  if (route.fixedSlot >= 0) return route.fixedSlot;
  if (route.alwaysWhole) return slotOfWholeName(route, bytes, start, end);
  let tagCrc = route.prefixTagCrc;
  let tagLength = route.prefix.length - route.prefixOpen - 1;
  let tagStart = start;
  if (route.prefixOpen < 0) {
    const open = indexOfByte(bytes, OPEN, start, end);
    if (open < 0) return route.suffixSlot >= 0 ? route.suffixSlot : slotOfWholeName(route, bytes, start, end);
    tagCrc = 0;
    tagLength = 0;
    tagStart = open + 1;
  }
  const close = indexOfByte(bytes, CLOSE, tagStart, end);
  const tagEnd = close < 0 ? end : close;
  tagLength += tagEnd - tagStart;
  if (close < 0) {
    if (route.suffixClose < 0) return slotOfWholeName(route, bytes, start, end);
    tagLength += route.suffixClose;
  }
  if (tagLength === 0) return slotOfWholeName(route, bytes, start, end);
  tagCrc = crc16OfBytes(bytes, tagStart, tagEnd, tagCrc);
  if (close < 0) tagCrc = crc16OfBytes(route.suffix, 0, route.suffixClose, tagCrc);
  return tagCrc & SLOT_MASK;
}

function slotOfWholeName(route: Route, bytes: Uint8Array, start: number, end: number): number {
  const crc = crc16OfBytes(bytes, start, end, route.prefixCrc);
  return crc16OfBytes(route.suffix, 0, route.suffix.length, crc) & SLOT_MASK;
}
