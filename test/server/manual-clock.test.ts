import { expect, test } from "vitest";
import { ManualClock } from "../../src/server/index.ts";

test("an advance that is asked for during another one goes on where that ends", async () => {
  const clock = new ManualClock(0);
  const times: number[] = [];
  clock.every(400, () => times.push(clock.nowMs()));
  await Promise.all([clock.advance(1000), clock.advance(1000)]);
  expect(clock.nowMs()).toBe(2000);
  expect(times).toEqual([400, 800, 1200, 1600, 2000]);
});

test("a timer that throws rejects its advance, and the next one goes on", async () => {
  const clock = new ManualClock(0);
  clock.after(5, () => {
    throw new Error("as it was told");
  });
  await expect(clock.advance(10)).rejects.toThrow("as it was told");
  await clock.advance(10);
  expect(clock.nowMs()).toBe(15);
});

test("a time that is none is refused", () => {
  const clock = new ManualClock(0);
  for (const ms of [-1, Number.NaN, "5"]) {
    expect(() => clock.skip(ms as number)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
  }
  expect(() => new ManualClock(Number.NaN)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
  expect(clock.nowMs()).toBe(0);
});
