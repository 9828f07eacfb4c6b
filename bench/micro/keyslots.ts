import assert from "node:assert/strict";
import calculateSlot from "cluster-key-slot";
import { createKernel, type Key, keySlots } from "../../src/slots/index.ts";
import type { Comparison, Contestant } from "./comparison.ts";
import { COUNTS, KEY_SHAPES, keysOf } from "./key-shapes.ts";
import { plainJoinedSlots, plainSlots } from "./plain-slots.ts";

function packageSlots(keys: readonly Key[], slots: Uint16Array): Uint16Array {
  for (let i = 0; i < keys.length; i++) slots[i] = calculateSlot(keys[i] as string);
  return slots;
}

/** `keySlots` beside the package that everybody uses and plain loops. */
export function compareKeySlots(): Comparison[] {
  const javascript = createKernel("js");
  return KEY_SHAPES.flatMap((shape) =>
    COUNTS.map((count): Comparison => {
      const keys = keysOf(shape, count);
      const ways: [name: string, fill: (slots: Uint16Array) => unknown][] = [
        ["slotpack", (slots) => keySlots(keys, slots)],
        ["slotpack, js kernel", (slots) => javascript.keySlots(keys, slots)],
        ["cluster-key-slot", (slots) => packageSlots(keys, slots)],
        ["plain loop", (slots) => plainSlots(keys, slots)],
      ];
      if (typeof keys[0] === "string" && count > 1) {
        ways.push(["plain, joined", (slots) => plainJoinedSlots(keys as string[], slots)]);
      }
      const target = new Uint16Array(count);
      const contestants: Contestant[] = ways.map(([name, fill]) => ({ name, run: () => fill(target) }));
      const check = (): void => {
        const [own, ...others] = ways.map(([, fill]) => {
          const slots = new Uint16Array(count);
          fill(slots);
          return slots;
        });
        for (const other of others) assert.deepEqual(other, own);
      };
      return { section: "keyslots", shape: shape.name, count, contestants, check };
    }),
  );
}
