import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs, mayRepeat } from "../../src/cluster/retry-policy.ts";

// Rows 11, 19, 40 and 41: what may be sent again after a lost reply, and when.

describe("repeating a command whose reply was lost", () => {
  test.each([
    ["safe", "read", true],
    ["safe", "repeatable", true],
    ["safe", "write", false],
    ["at-least-once", "read", true],
    ["at-least-once", "repeatable", true],
    ["at-least-once", "write", true],
    ["never", "read", false],
    ["never", "repeatable", false],
    ["never", "write", false],
  ] as const)("in mode %s a %s is repeated: %s", (mode, effect, repeated) => {
    expect(mayRepeat(effect, mode)).toBe(repeated);
  });
});

describe("the wait before a repetition", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test("is a whole number of milliseconds up to 200, so that the end of a migration is met within that", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), random, (attempt, chance) => {
        const wait = backoffMs(attempt, chance);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(8);
        expect(wait).toBeLessThanOrEqual(200);
      }),
    );
  });

  test("grows until its ceiling and is spread over half of it", () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(attempt, 1 - Number.EPSILON));
    expect(ceilings).toEqual([16, 32, 64, 128, 200, 200]);
    expect([1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(attempt, 0))).toEqual([8, 16, 32, 64, 100, 100]);
  });
});
