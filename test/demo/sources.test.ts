import { expect, test } from "vitest";
import { readSources } from "../project/source-tree.ts";

const LONGEST = 300;
const sources = readSources("demo").filter(({ path }) => !path.startsWith("demo/dist/"));

test("the page imports slotpack/slots and nothing else of the package", () => {
  const outside = sources
    .filter(({ path }) => path !== "demo/vite.config.ts")
    .flatMap(({ path, imports }) => imports.map(({ specifier, file }) => ({ path, specifier, file })))
    .filter(({ file }) => file !== "src/slots/index.ts" && !file?.startsWith("demo/"));
  expect(outside).toEqual([]);
});

test(`the page's sources have at most ${LONGEST} lines a file`, () => {
  const long = sources.filter(({ text }) => text.trimEnd().split("\n").length > LONGEST);
  expect(long.map(({ path }) => path)).toEqual([]);
});
