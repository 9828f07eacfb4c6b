import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockIdSet } from "../../src/cli/block-id-set.ts";
import { BlockValues } from "../../src/cli/block-values.ts";

describe("BlockValues", () => {
  test("gives a block the same bytes in every instance", () => {
    const one = new BlockValues(2048);
    const other = new BlockValues(2048);
    for (const id of [0, 1, 182_789, 2 ** 20, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER]) {
      expect(one.of(id).length).toBe(2048);
      expect(Buffer.compare(one.of(id), other.of(id))).toBe(0);
    }
  });

  test("gives 100,000 neighbouring blocks 100,000 different values of 16 bytes", () => {
    const values = new BlockValues(16);
    const seen = new Set<string>();
    for (let id = 0; id < 100_000; id++) seen.add(Buffer.from(values.of(id)).toString("latin1"));
    expect(seen.size).toBe(100_000);
  });

  test("notices one changed bit anywhere, a missing byte and an extra one", () => {
    const values = new BlockValues(300);
    fc.assert(
      fc.property(fc.nat(), fc.nat(299), fc.nat(7), (id, at, bit) => {
        const bytes = Buffer.from(values.of(id));
        expect(values.firstWrongByte(id, bytes)).toBe(-1);
        expect(values.firstWrongByte(id, bytes.subarray(0, at))).toBe(at);
        expect(values.firstWrongByte(id, Buffer.concat([bytes, Buffer.of(0)]))).toBe(300);
        bytes[at]! ^= 1 << bit;
        expect(values.firstWrongByte(id, bytes)).toBe(at);
      }),
    );
  });

  test("tells another block's bytes from its own", () => {
    const values = new BlockValues(64);
    expect(values.firstWrongByte(7, values.of(8))).not.toBe(-1);
    expect(values.firstWrongByte(7, values.of(7 + 2 ** 20))).not.toBe(-1);
  });
});

describe("BlockIdSet", () => {
  test("holds what a Set holds, for dense and for scattered ids", () => {
    const id = fc.oneof(fc.nat(3000), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(id), (ids) => {
        const set = new BlockIdSet();
        const model = new Set<number>();
        for (const one of ids) {
          expect(set.add(one)).toBe(!model.has(one));
          model.add(one);
        }
        expect(set.size).toBe(model.size);
        expect([...set].sort((a, b) => a - b)).toEqual([...model].sort((a, b) => a - b));
      }),
    );
  });
});
