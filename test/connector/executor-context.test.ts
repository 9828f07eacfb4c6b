import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { Priority, PriorityExecutor } from "../../src/connector/priority-executor.ts";

test("a job of a PriorityExecutor runs in the async context of its submitter, at once or after a wait", async () => {
  const executor = new PriorityExecutor({ workers: 1 });
  const caller = new AsyncLocalStorage<number>();
  const jobs = Array.from({ length: 5 }, (_, i) =>
    caller.run(i, () => executor.submit(Priority.GET, async () => caller.getStore())),
  );
  expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3, 4]);
});
