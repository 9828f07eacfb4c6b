import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { AbortError } from "../../src/errors.ts";
import { untilAborted } from "../../src/recipes/abort-wait.ts";

const never = new Promise<never>(() => {});

// Node warns of a leak from the eleventh listener of one signal on.
test("however many calls wait with one signal, it has one listener, and none when they are done", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const waits = Array.from({ length: 30 }, (_, i) => untilAborted("wrap", Promise.resolve(i), signal));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  expect(await Promise.all(waits)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("an abort ends every wait, also one that begins after it", async () => {
  const controller = new AbortController();
  const waits = Array.from({ length: 3 }, () => untilAborted("wrap", never, controller.signal));
  controller.abort(new Error("enough"));
  waits.push(untilAborted("wrap", never, controller.signal));
  for (const outcome of await Promise.allSettled(waits)) {
    const { reason } = outcome as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(AbortError);
    expect(reason.cause).toMatchObject({ message: "enough" });
  }
});
