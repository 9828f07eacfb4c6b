import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyIndex } from "../../../src/server/keyspace/key-index.ts";
import { Draw } from "../draw.ts";

/** Scans from 0 to 0, with something happening between two steps. */
function scanAll(index: KeyIndex, between: () => void): Map<string, number> {
  const seen = new Map<string, number>();
  let cursor = 0;
  do {
    cursor = index.scan(cursor, (place) => {
      const name = index.names[place] as string;
      seen.set(name, (seen.get(name) ?? 0) + 1);
    });
    between();
  } while (cursor !== 0);
  return seen;
}

describe("the index of keys", () => {
  test("finds what was added and not removed, and keeps it in a row", () => {
    const operation = fc.record({ name: fc.string({ maxLength: 3 }), add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
        const index = new KeyIndex();
        const model = new Set<string>();
        for (const { name, add } of operations) {
          const place = index.find(name);
          expect(place >= 0).toBe(model.has(name));
          if (add && place < 0) index.add(name);
          if (!add && place >= 0) index.remove(place);
          if (add) model.add(name);
          else model.delete(name);
        }
        expect(index.size).toBe(model.size);
        expect([...index.names].sort()).toEqual([...model].sort());
        for (const [place, name] of index.names.entries()) expect(index.find(name)).toBe(place);
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  test("shows every name once in a scan during which nothing changes", () => {
    const index = new KeyIndex();
    for (let number = 0; number < 5000; number += 1) index.add(`key:${number}`);
    const seen = scanAll(index, () => {});
    expect(seen.size).toBe(5000);
    expect(Math.max(...seen.values())).toBe(1);
  });

  test("shows in a scan every name that is there all the time, whatever comes and goes and moves", () => {
    for (let seed = 0; seed < 25; seed += 1) {
      const draw = new Draw(seed);
      const index = new KeyIndex();
      const stays = Array.from({ length: draw.integer(300) }, (_, number) => `stays:${number}`);
      const passing: string[] = [];
      let made = 0;
      const come = (count: number): void => {
        for (; count > 0; count -= 1) {
          passing.push(`passes:${made}`);
          index.add(`passes:${made}`);
          made += 1;
        }
      };
      const go = (count: number): void => {
        for (; count > 0 && passing.length > 0; count -= 1) {
          const place = draw.integer(passing.length);
          index.remove(index.find(passing[place] as string));
          const last = passing.pop() as string;
          if (place < passing.length) passing[place] = last;
        }
      };
      // Those that stay and those that go lie mixed, so that removing moves the former.
      for (const name of stays) {
        come(draw.integer(20));
        index.add(name);
      }
      let steps = 0;
      const seen = scanAll(index, () => {
        steps += 1;
        // Grows and shrinks by more than the table's thresholds; ends, since what comes is limited.
        if (draw.chance(0.1) && steps < 600) come(draw.integer(2000));
        if (draw.chance(0.1)) go(draw.integer(3000));
        if (draw.chance(0.02)) go(passing.length);
      });
      expect(stays.filter((name) => !seen.has(name))).toEqual([]);
    }
  });

  test("gives memory back when most names are gone", () => {
    const index = new KeyIndex();
    for (let number = 0; number < 100_000; number += 1) index.add(String(number));
    const { buckets } = index;
    while (index.size > 10) index.remove(index.size >> 1);
    expect(index.buckets).toBeLessThan(buckets / 1000);
    expect(index.names.every((name, place) => index.find(name) === place)).toBe(true);
  });
});
