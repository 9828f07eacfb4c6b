import {
  ROUTE_BARE,
  ROUTE_FIXED,
  ROUTE_PREFIX_TAG,
  ROUTE_WHOLE,
  TEMPLATE_FIXED_SLOT,
  TEMPLATE_PREFIX_CRC,
  TEMPLATE_ROUTE_KIND,
  TEMPLATE_SUFFIX_CLOSE,
  TEMPLATE_SUFFIX_LENGTH,
  TEMPLATE_SUFFIX_OFFSET,
  TEMPLATE_SUFFIX_SLOT,
  TEMPLATE_TAG_CRC,
  TEMPLATE_TAG_LENGTH,
} from "../src/wasm/layout";
import { crc16, crc16From } from "./crc16";
import { indexOf } from "./search";

const OPEN: i8 = 0x7b;
const CLOSE: i8 = 0x7d;
const SLOT_MASK: u32 = 0x3fff;

/** Slot of the key at `key`: of its first non-empty tag, or of all of it. */
export function slotOfKey(key: usize, length: usize): u32 {
  const open = indexOf(key, length, OPEN);
  if (open >= 0) {
    const tag = key + open + 1;
    const tagLength = indexOf(tag, length - open - 1, CLOSE);
    if (tagLength > 0) return crc16(tag, tagLength) & SLOT_MASK;
  }
  return crc16(key, length) & SLOT_MASK;
}

/** Slot of the name prefix + key + suffix; the counterpart of slotOfName in src/wasm/route.ts. */
export function slotOfName(template: usize, key: usize, length: usize): u32 {
  const kind = load<i32>(template, TEMPLATE_ROUTE_KIND);
  if (kind == ROUTE_BARE) return slotOfKey(key, length);
  if (kind == ROUTE_FIXED) return load<u32>(template, TEMPLATE_FIXED_SLOT);
  if (kind == ROUTE_WHOLE) return slotOfWholeName(template, key, length);
  let crc: u32 = 0;
  let tagLength: usize = 0;
  let tag = key;
  let rest = length;
  if (kind == ROUTE_PREFIX_TAG) {
    crc = load<u32>(template, TEMPLATE_TAG_CRC);
    tagLength = load<u32>(template, TEMPLATE_TAG_LENGTH);
  } else {
    const open = indexOf(key, length, OPEN);
    if (open < 0) {
      const suffixSlot = load<i32>(template, TEMPLATE_SUFFIX_SLOT);
      return suffixSlot >= 0 ? <u32>suffixSlot : slotOfWholeName(template, key, length);
    }
    tag = key + open + 1;
    rest = length - open - 1;
  }
  const close = indexOf(tag, rest, CLOSE);
  if (close >= 0) {
    if (tagLength + close == 0) return slotOfWholeName(template, key, length);
    return crc16From(crc, tag, close) & SLOT_MASK;
  }
  const suffixClose = load<i32>(template, TEMPLATE_SUFFIX_CLOSE);
  if (suffixClose < 0 || tagLength + rest + suffixClose == 0) return slotOfWholeName(template, key, length);
  crc = crc16From(crc, tag, rest);
  if (suffixClose > 0) crc = crc16From(crc, template + load<u32>(template, TEMPLATE_SUFFIX_OFFSET), suffixClose);
  return crc & SLOT_MASK;
}

function slotOfWholeName(template: usize, key: usize, length: usize): u32 {
  const crc = crc16From(load<u32>(template, TEMPLATE_PREFIX_CRC), key, length);
  const suffix = template + load<u32>(template, TEMPLATE_SUFFIX_OFFSET);
  return crc16From(crc, suffix, load<u32>(template, TEMPLATE_SUFFIX_LENGTH)) & SLOT_MASK;
}
