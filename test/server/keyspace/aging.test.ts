import { describe, expect, test } from "vitest";
import { Aging } from "../../../src/server/keyspace/aging.ts";
import { Draw } from "../draw.ts";

const NOW = 1_750_000_000_000;
const MINUTE = 60_000;

describe("the age of keys", () => {
  test("under LRU is counted in seconds, and wraps after 2^24 of them", () => {
    const aging = new Aging(() => 0);
    const access = aging.fresh(NOW);
    expect(aging.idleMs(access, NOW + 999)).toBe(0);
    expect(aging.idleMs(access, NOW + 90_000)).toBe(90_000);
    expect(aging.idleMs(aging.touched(access, NOW + 60_000), NOW + 90_000)).toBe(30_000);
    const wrap = 2 ** 24 * 1000;
    const late = Math.ceil(NOW / wrap) * wrap - 10_000;
    expect(aging.idleMs(aging.fresh(late), late + 30_000)).toBe(29_000);
    expect(aging.idleMs(aging.ofIdleSeconds(1000, NOW), NOW)).toBe(1_000_000);
  });

  test("under LFU starts at 5, rises the more seldom the higher it is, and ends at 255", () => {
    const draw = new Draw(3);
    const aging = new Aging(() => draw.fraction());
    aging.lfu = true;
    let access = aging.fresh(NOW);
    expect(aging.frequency(access, NOW)).toBe(5);
    const uses: number[] = [];
    for (let use = 1; use <= 1_000_000; use += 1) {
      access = aging.touched(access, NOW);
      if (Math.log10(use) % 1 === 0) uses.push(aging.frequency(access, NOW));
    }
    // The table in redis.conf for factor 10: 10 at 100 hits, 18 at 1000, 142 at 100,000, 255 at 1,000,000.
    const [, , hundred, thousand, , hundredThousand, million] = uses as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    expect(hundred).toBeGreaterThanOrEqual(8);
    expect(hundred).toBeLessThanOrEqual(13);
    expect(thousand).toBeGreaterThanOrEqual(15);
    expect(thousand).toBeLessThanOrEqual(24);
    expect(hundredThousand).toBeGreaterThan(120);
    expect(hundredThousand).toBeLessThan(165);
    expect(million).toBe(255);
  });

  test("under LFU falls by one for each `lfu-decay-time` minutes without use", () => {
    const aging = new Aging(() => 0);
    aging.lfu = true;
    const access = aging.ofFrequency(100, NOW);
    expect(aging.frequency(access, NOW + 30 * MINUTE)).toBe(70);
    expect(aging.frequency(access, NOW + 200 * MINUTE)).toBe(0);
    aging.decayMinutes = 10;
    expect(aging.frequency(access, NOW + 30 * MINUTE)).toBe(97);
    aging.decayMinutes = 0;
    expect(aging.frequency(access, NOW + 30 * MINUTE)).toBe(100);
    expect(aging.frequency(aging.touched(access, NOW), NOW)).toBe(101);
  });
});
