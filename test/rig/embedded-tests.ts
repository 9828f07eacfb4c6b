import { beforeEach } from "vitest";
import { APART_TESTS } from "../embedded-apart.ts";

/** Skips what the embedded server cannot do yet. */
beforeEach((context) => {
  const { task } = context;
  const file = task.file.filepath.split("\\").join("/");
  const apart = APART_TESTS.find(
    (entry) => file.endsWith(`/${entry.file}`) && entry.test.test(task.fullTestName),
  );
  if (apart !== undefined) context.skip(`needs ${apart.needs}`);
});
