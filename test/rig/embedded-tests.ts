import { beforeEach, type RunnerTask } from "vitest";
import { APART_FILES, APART_TESTS, type ApartTest } from "../embedded-apart.ts";

/** With SLOTPACK_APART=run only what stands apart is run, and a test that passes there fails: it need not stand apart. */
const INVERTED = process.env.SLOTPACK_APART === "run";

/** Skips what the embedded server cannot do yet. */
beforeEach((context) => {
  const { task } = context;
  const path = task.file.filepath.split("\\").join("/");
  const inFile = ({ file }: { readonly file: string }) => path.endsWith(`/${file}`);
  const entries = APART_TESTS.filter(inFile);
  const titles = titlesOf(task.file.tasks);
  for (const entry of entries) expectHonest(entry, titles);
  const apart = APART_FILES.find(inFile) ?? entries.find(({ test }) => test.test(task.fullTestName));
  if (!INVERTED) {
    if (apart !== undefined) context.skip(`needs ${apart.needs}`);
  } else if (apart === undefined || ("follows" in apart && apart.follows)) {
    context.skip("does not stand apart by itself");
  } else {
    Object.assign(task, { fails: true });
  }
});

/** An alternative that finds no test is left over from a test that has gone. */
function expectHonest({ file, test }: ApartTest, titles: readonly string[]): void {
  for (const alternative of test.source.split("|")) {
    const found = new RegExp(alternative);
    if (!titles.some((title) => found.test(title)))
      throw new Error(`test/embedded-apart.ts: no test of ${file} is found by /${alternative}/`);
  }
}

function titlesOf(tasks: readonly RunnerTask[]): string[] {
  return tasks.flatMap((task) => (task.type === "suite" ? titlesOf(task.tasks) : [task.fullTestName]));
}
