/** The group of each item, between the two passes of a call. */
let groups = new Uint16Array(256);

/**
 * Stable counting sort of items 0 … count - 1 by owning node, into `order`. Returns groupStart (nodeCount + 2 entries);
 * slots whose node index is not below `nodeCount` form the last group.
 */
export function groupBySlotOwner(
  slots: Uint16Array,
  count: number,
  nodeOfSlot: Uint16Array,
  nodeCount: number,
  order: Uint32Array,
): Uint32Array {
  const groupStart = new Uint32Array(nodeCount + 2);
  if (groups.length < count) groups = new Uint16Array(count * 2);
  const groupOf = groups;
  for (let i = 0; i < count; i++) {
    const group = Math.min(nodeOfSlot[slots[i]!]!, nodeCount);
    groupOf[i] = group;
    groupStart[group + 1]!++;
  }
  for (let group = 1; group <= nodeCount; group++) groupStart[group + 1]! += groupStart[group]!;
  // groupStart[g + 1] is the end of group g: filled from the back, it becomes the start.
  for (let i = count - 1; i >= 0; i--) order[--groupStart[groupOf[i]! + 1]!] = i;
  groupStart.copyWithin(0, 1);
  groupStart[nodeCount + 1] = count;
  return groupStart;
}
