import { expect, test } from "vitest";
import { APART_FILES, APART_TESTS } from "../embedded-apart.ts";
import { embeddedSuites, suitesWithServers } from "../embedded-suites.ts";

// That each pattern finds a test is checked where the tests are known, in test/rig/embedded-tests.ts; that what it finds cannot pass, by
// SLOTPACK_APART=run npx vitest run --project embedded
test("what stands apart of the embedded servers' suites is there", () => {
  const suites = suitesWithServers();
  expect(APART_FILES.map(({ file }) => file).filter((file) => !suites.includes(file))).toEqual([]);
  const run = embeddedSuites();
  expect(APART_TESTS.map(({ file }) => file).filter((file) => !run.includes(file))).toEqual([]);
});

test("no pattern of what stands apart finds everything, or has groups, which the check cannot take apart", () => {
  for (const { test: pattern } of APART_TESTS) {
    expect(pattern.source).not.toMatch(/[()]/);
    expect(pattern.test("")).toBe(false);
  }
});
