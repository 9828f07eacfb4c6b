import { NODE_OF_SLOT } from "../src/wasm/layout";

/** The item's group: its node, or the last group where no node below nodeCount serves the slot. */
// @ts-ignore: decorator
@inline
function groupOf(slot: u32, nodeCount: u32): u32 {
  const node = <u32>load<u16>(NODE_OF_SLOT + (slot << 1));
  return node < nodeCount ? node : nodeCount;
}

/** Stable counting sort by owning node: fills `order` and `slots` by position, and nodeCount + 2 group starts. */
export function groupItems(
  itemSlots: usize,
  count: u32,
  nodeCount: u32,
  cursors: usize,
  groupStart: usize,
  order: usize,
  slots: usize,
): void {
  memory.fill(cursors, 0, (nodeCount + 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const cursor = cursors + (groupOf(load<u16>(itemSlots + (i << 1)), nodeCount) << 2);
    store<u32>(cursor, load<u32>(cursor) + 1);
  }
  let start: u32 = 0;
  for (let group: u32 = 0; group <= nodeCount; group++) {
    const length = load<u32>(cursors + (group << 2));
    store<u32>(groupStart + (group << 2), start);
    store<u32>(cursors + (group << 2), start);
    start += length;
  }
  store<u32>(groupStart + ((nodeCount + 1) << 2), start);
  for (let i: u32 = 0; i < count; i++) {
    const slot = <u32>load<u16>(itemSlots + (i << 1));
    const cursor = cursors + (groupOf(slot, nodeCount) << 2);
    const position = load<u32>(cursor);
    store<u32>(cursor, position + 1);
    store<u32>(order + (position << 2), i);
    store<u16>(slots + (position << 1), <u16>slot);
  }
}

/** All items in one group, node 0's. */
export function groupAll(
  itemSlots: usize,
  count: u32,
  nodeCount: u32,
  groupStart: usize,
  order: usize,
  slots: usize,
): void {
  store<u32>(groupStart, 0);
  for (let group: u32 = 1; group < nodeCount + 2; group++) store<u32>(groupStart + (group << 2), count);
  for (let i: u32 = 0; i < count; i++) store<u32>(order + (i << 2), i);
  memory.copy(slots, itemSlots, count << 1);
}
