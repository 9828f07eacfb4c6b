import { describe, expect, test } from "vitest";
import { SLAB_MAX_BYTES, Slab } from "../../../src/server/keyspace/slab.ts";
import { Draw } from "../draw.ts";

describe("the slab of values", () => {
  test("keeps every length up to its longest, byte for byte", () => {
    const slab = new Slab();
    const draw = new Draw(1);
    const kept = [0, 1, 5, 6, 7, 24, 25, 125, 126, 127, 128, 255, 4095, 32_000, SLAB_MAX_BYTES].map(
      (length) => {
        const value = draw
          .bytes(Math.min(length, 1000))
          .repeat(Math.ceil(length / 1000))
          .slice(0, length);
        return { value, reference: slab.store(value) };
      },
    );
    for (const { value, reference } of kept) {
      expect(slab.read(reference)).toBe(value);
      expect(slab.length(reference)).toBe(value.length);
    }
  });

  test("returns what was stored last, whatever else was stored, replaced and released", () => {
    const slab = new Slab();
    const draw = new Draw(2);
    const live: { reference: number; value: string }[] = [];
    const value = () => {
      const length = draw.chance(0.95) ? draw.integer(300) : draw.integer(SLAB_MAX_BYTES + 1);
      return String.fromCharCode(draw.integer(256)).repeat(length);
    };
    for (let turn = 0; turn < 60_000; turn += 1) {
      const entry = live[draw.integer(live.length)];
      const fresh = value();
      if (entry === undefined || draw.chance(0.4)) live.push({ reference: slab.store(fresh), value: fresh });
      else if (draw.chance(0.5)) {
        entry.reference = slab.replace(entry.reference, fresh);
        entry.value = fresh;
      } else {
        slab.release(entry.reference);
        const last = live.pop() as typeof entry;
        if (last !== entry) Object.assign(entry, last);
      }
    }
    expect(live.length).toBeGreaterThan(1000);
    expect(live.filter(({ reference, value }) => slab.read(reference) !== value)).toEqual([]);
    for (const { reference } of live) slab.release(reference);
    expect(slab.pageBytes).toBeLessThan(1024 * 1024);
  });

  test("does not grow while values of the same size come and go", () => {
    const slab = new Slab();
    let references = Array.from({ length: 10_000 }, () => slab.store("x".repeat(100)));
    const { pageBytes } = slab;
    for (let round = 0; round < 5; round += 1) {
      for (const reference of references) slab.release(reference);
      references = references.map(() => slab.store("y".repeat(97)));
    }
    expect(slab.pageBytes).toBeLessThanOrEqual(pageBytes + 2 ** 18);
  });
});
