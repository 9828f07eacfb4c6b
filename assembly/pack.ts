import {
  ACTION_END,
  ACTION_KEY,
  ACTION_NAME_LENGTH,
  ACTION_RECORD_LENGTH,
  ACTION_VALUE,
  ACTION_VALUE_LENGTH,
  CALL_COUNT,
  CALL_CURSORS,
  CALL_ENDS,
  CALL_GAP_BELOW,
  CALL_GATHER_FROM,
  CALL_GROUP_START,
  CALL_GROUPED,
  CALL_ITEM_SLOTS,
  CALL_KEYS,
  CALL_LENGTHS,
  CALL_NODE_COUNT,
  CALL_ORDER,
  CALL_OUTPUT,
  CALL_PLACES,
  CALL_SLOTS,
  CALL_SPLIT_END,
  CALL_STARTS,
  CALL_TEMPLATE,
  MISMATCH,
  SEPARATOR,
  STEP_LENGTH,
  TEMPLATE_STEPS,
} from "../src/wasm/layout";
import { groupAll, groupItems } from "./group";
import { splitKeys } from "./search";
import { slotOfName } from "./slot";
import { copyAhead, writeDecimal } from "./write";

// "SPR", version 1; see src/wasm/record-header.ts.
const RECORD_MAGIC: u32 = 0x01525053;
const RECORD_HEADER_LENGTH: u32 = 16;

// @ts-ignore: decorator
@inline
function call(field: i32): u32 {
  return load<u32>(field);
}

/** Plans and packs what the call block describes. Returns the packed bytes' length without values that have no gap. */
export function pack(): i32 {
  const count = call(CALL_COUNT);
  const starts: usize = call(CALL_STARTS);
  const splitEnd: usize = call(CALL_SPLIT_END);
  if (splitEnd && !splitKeys(call(CALL_KEYS), splitEnd, <i8>SEPARATOR, starts, count)) return MISMATCH;

  const template: usize = call(CALL_TEMPLATE);
  const itemSlots: usize = call(CALL_ITEM_SLOTS);
  let start: usize = load<u32>(starts);
  for (let i: u32 = 0; i < count; i++) {
    const next: usize = load<u32>(starts + ((i + 1) << 2));
    store<u16>(itemSlots + (i << 1), <u16>slotOfName(template, start, next - start - 1));
    start = next;
  }

  const nodeCount = call(CALL_NODE_COUNT);
  const groupStart: usize = call(CALL_GROUP_START);
  const order: usize = call(CALL_ORDER);
  const slots: usize = call(CALL_SLOTS);
  if (call(CALL_GROUPED)) groupItems(itemSlots, count, nodeCount, call(CALL_CURSORS), groupStart, order, slots);
  else groupAll(itemSlots, count, nodeCount, groupStart, order, slots);
  return packItems(template, starts, count, order, load<u32>(groupStart + (nodeCount << 2)));
}

function packItems(template: usize, starts: usize, count: u32, order: usize, packedCount: u32): i32 {
  const output: usize = call(CALL_OUTPUT);
  const ends: usize = call(CALL_ENDS);
  const lengths: usize = call(CALL_LENGTHS);
  const gapBelow = call(CALL_GAP_BELOW);
  const gatherFrom = call(CALL_GATHER_FROM);
  let place: usize = call(CALL_PLACES);
  let to = output;
  // Bytes that the caller will put in without a gap: they count in ends[], and not in what is returned.
  let absent: u32 = 0;
  for (let position: u32 = 0; position < packedCount; position++) {
    const item = load<u32>(order + (position << 2));
    const key: usize = load<u32>(starts + (item << 2));
    const keyLength: usize = <usize>load<u32>(starts + (item << 2), 4) - key - 1;
    let step = template + TEMPLATE_STEPS;
    while (true) {
      const literalLength: usize = load<u32>(step, 4);
      copyAhead(to, template + load<u32>(step), literalLength);
      to += literalLength;
      const action = load<i32>(step, 8);
      const argument = load<u32>(step, 12);
      step += STEP_LENGTH;
      if (action == ACTION_KEY) {
        copyAhead(to, key, keyLength);
        to += keyLength;
      } else if (action == ACTION_NAME_LENGTH) {
        to = writeDecimal(to, argument + <u32>keyLength);
      } else if (action == ACTION_END) {
        break;
      } else if (action == ACTION_VALUE_LENGTH) {
        to = writeDecimal(to, lengthOf(lengths, argument, count, item));
      } else if (action == ACTION_VALUE) {
        const length = lengthOf(lengths, argument, count, item);
        store<u32>(place, <u32>(to - output));
        place += 4;
        if (length < gapBelow) to += length;
        else if (length < gatherFrom) absent += length;
      } else {
        const metadata = lengthOf(lengths, argument & 0xffff, count, item);
        const bytes = lengthOf(lengths, argument >> 16, count, item);
        if (action == ACTION_RECORD_LENGTH) to = writeDecimal(to, RECORD_HEADER_LENGTH + metadata + bytes);
        else {
          store<u32>(to, RECORD_MAGIC);
          store<u32>(to, metadata, 4);
          store<u32>(to, bytes, 8);
          store<u32>(to, 0, 12);
          to += RECORD_HEADER_LENGTH;
        }
      }
    }
    store<u32>(ends + (position << 2), <u32>(to - output) + absent);
  }
  const end = <u32>(to - output) + absent;
  for (let position = packedCount; position < count; position++) store<u32>(ends + (position << 2), end);
  return <i32>(to - output);
}

// @ts-ignore: decorator
@inline
function lengthOf(lengths: usize, column: u32, count: u32, item: u32): u32 {
  return load<u32>(lengths + ((column * count + item) << 2));
}
