import { expect, test } from "vitest";
import { OutputQueue } from "../../src/server/output-queue.ts";

/** An eviction by a timer would otherwise evict more to make room for what it has to tell tracking clients. */
test("what a timer added is written before the next commands are run, theirs after them", () => {
  const happened: string[] = [];
  const queue = new OutputQueue();
  const named = (name: string) => ({ flush: () => happened.push(name) });
  queue.add(named("of a timer"));
  const own = named("own replies");
  queue.batch(
    own,
    () => {
      queue.add(own);
      happened.push("run");
    },
    () => happened.push("before writing"),
  );
  queue.stop();
  expect(happened).toEqual(["of a timer", "run", "before writing", "own replies"]);
});
