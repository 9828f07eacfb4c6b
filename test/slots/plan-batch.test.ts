import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keySlot, planBatch, SlotMap } from "../../src/slots/index.ts";
import { keys } from "../kernel/batches.ts";

/** Three primaries with every third slot each; slots from 16,000 on have no owner. */
const map = new SlotMap(
  [0, 1, 2].map((node) => ({
    primary: { id: `n${node}`, host: "h", port: 7000 + node, role: "primary" as const, replicas: [] },
    ranges: Array.from({ length: 16000 }, (_, slot) => [slot, slot] as const).filter(
      ([slot]) => slot % 3 === node,
    ),
  })),
);

describe("planBatch", () => {
  test("gives every key once to the node that owns it, in the batch's order", () => {
    fc.assert(
      fc.property(keys, (batch) => {
        const groups = planBatch(batch, map);
        expect(groups.length).toBeLessThanOrEqual(4);
        expect(groups.flatMap(({ indexes }) => Array.from(indexes)).sort((a, b) => a - b)).toEqual([
          ...batch.keys(),
        ]);
        for (const { node, indexes, slots, byteLength } of groups) {
          const own = Array.from(indexes, (index) => batch[index]!);
          expect(Array.from(slots)).toEqual(own.map(keySlot));
          for (const slot of slots) expect(map.owner(slot)).toBe(node);
          expect(Array.from(indexes)).toEqual(Array.from(indexes).sort((a, b) => a - b));
          expect(byteLength).toBe(own.reduce((sum, key) => sum + Buffer.from(key as string).length, 0));
        }
      }),
    );
  });

  test("puts keys of uncovered slots into a last group without a node", () => {
    const [uncovered, covered] = [12, 5]
      .map((digit) => Array.from({ length: 99 }, (_, i) => `${digit}:${i}`))
      .map((batch, i) => batch.filter((key) => keySlot(key) >= 16000 === (i === 0)));
    const groups = planBatch([...uncovered!, ...covered!], map);
    const last = groups.at(-1)!;
    expect(last.node).toBeUndefined();
    expect(last.indexes.length).toBe(uncovered!.length);
    expect(uncovered!.length).toBeGreaterThan(0);
    expect(groups.slice(0, -1).every(({ node }) => node !== undefined)).toBe(true);
  });

  test("cuts a node's share by the number of keys", () => {
    const batch = Array.from({ length: 10 }, (_, i) => `{foo}${i}`);
    const groups = planBatch(batch, map, { maxKeys: 4 });
    expect(groups.map(({ indexes }) => Array.from(indexes))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  test("cuts it by bytes of UTF-8, and gives a longer key a group of its own", () => {
    const batch = ["{t}aa", "{t}é", "{t}", `{t}${"x".repeat(50)}`, "{t}💀", "{t}\ud800"];
    const groups = planBatch(batch, map, { maxBytes: 10 });
    expect(groups.map(({ indexes, byteLength }) => [Array.from(indexes), byteLength])).toEqual([
      [[0, 1], 10],
      [[2], 3],
      [[3], 53],
      [[4], 7],
      [[5], 6],
    ]);
  });

  test("plans nothing for no keys", () => {
    expect(planBatch([], map)).toEqual([]);
  });

  test.each([0, -1, Number.NaN, "5"])("rejects the limit %j", (limit) => {
    for (const option of ["maxKeys", "maxBytes"]) {
      expect(() => planBatch(["a"], map, { [option]: limit })).toThrow(
        expect.objectContaining({ code: "BAD_LIMIT", option }),
      );
    }
  });

  test("rejects what is no key, with its index", () => {
    expect(() => planBatch(["a", undefined as unknown as string], map)).toThrow(
      expect.objectContaining({ code: "BAD_KEY", keyIndex: 1 }),
    );
  });
});
