import assert from "node:assert/strict";
import { createKernel, keySlots } from "../../src/slots/index.ts";
import type { Comparison } from "./comparison.ts";
import { COUNTS, KEY_SHAPES, keysOf } from "./key-shapes.ts";

/** What one writes by hand: an array of indexes per node. */
function groupByHand(slots: Uint16Array, nodeOfSlot: Uint16Array, nodeCount: number): number[][] {
  const groups: number[][] = [];
  for (let node = 0; node < nodeCount; node++) groups.push([]);
  for (let i = 0; i < slots.length; i++) groups[nodeOfSlot[slots[i]!]!]!.push(i);
  return groups;
}

/** Stable grouping of slots that are known already. */
export function compareGrouping(): Comparison[] {
  const kernel = createKernel("wasm");
  return [3, 30].flatMap((nodeCount) => {
    const nodeOfSlot = Uint16Array.from({ length: 16384 }, (_, slot) =>
      Math.floor((slot * nodeCount) / 16384),
    );
    return COUNTS.map((count): Comparison => {
      const slots = keySlots(keysOf(KEY_SHAPES[2]!, count));
      const order = new Uint32Array(count);
      const own = (): Uint32Array => kernel.group(slots, count, nodeOfSlot, nodeCount, order);
      const byHand = (): number[][] => groupByHand(slots, nodeOfSlot, nodeCount);
      const check = (): void => {
        const starts = own();
        const groups = byHand();
        groups.forEach((group, node) => {
          assert.deepEqual(Array.from(order.subarray(starts[node], starts[node + 1])), group);
        });
        assert.equal(starts[nodeCount], count);
      };
      const contestants = [
        { name: "slotpack", run: own },
        { name: "plain loop", run: byHand },
      ];
      return { section: "grouping", shape: `${nodeCount} nodes`, count, contestants, check };
    });
  });
}
