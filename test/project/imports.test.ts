import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { breaches, importCycles, MAY_IMPORT, roomOf } from "./import-rules.ts";
import { parseSource, ROOT, readSources } from "./source-tree.ts";

/** 250 is the aim; a fifth more is no reason to split a noun. */
const LONGEST = 300;
const GENERATED = new Set(["src/wasm/binary.ts"]);

const sources = readSources("src");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

describe("the sources", () => {
  test("import only what the table of the design allows", () => {
    expect(sources.flatMap((file) => breaches(file, packages))).toEqual([]);
  });

  test("have no import cycle, types included", () => {
    expect(importCycles(sources)).toEqual([]);
  });

  test("live in rooms that the table knows", () => {
    const known = new Set([...Object.keys(MAY_IMPORT), "cli", "index"]);
    expect(sources.map((file) => file.path).filter((path) => !known.has(roomOf(path)))).toEqual([]);
  });

  test("import files that exist", () => {
    const paths = new Set(sources.map((file) => file.path));
    const missing = sources.flatMap((file) =>
      file.imports
        .filter((item) => item.file?.endsWith(".ts") && !paths.has(item.file))
        .map((item) => `${file.path}:${item.line}: ${item.specifier}`),
    );
    expect(missing).toEqual([]);
  });

  test(`have at most ${LONGEST} lines a file`, () => {
    const long = sources
      .filter((file) => !GENERATED.has(file.path))
      .map((file) => ({ path: file.path, lines: file.text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > LONGEST);
    expect(long).toEqual([]);
  });
});

describe("the rules", () => {
  const check = (path: string, text: string): string[] => breaches(parseSource(path, text), packages);

  test.each([
    ["src/slots/a.ts", 'import { x } from "../cluster/b.ts";', /slots may not import cluster/],
    ["src/slots/a.ts", 'import type { X } from "../cluster/b.ts";', /slots may not import cluster/],
    ["src/slots/a.ts", 'export { x } from "../records/b.ts";', /slots may not import records/],
    ["src/slots/a.ts", 'let x: import("../cluster/b.ts").X;', /slots may not import cluster/],
    ["src/records/a.ts", 'await import("../server/b.ts");', /records may not import server/],
    ["src/records/a.ts", 'import { x } from "./index.ts";', /own folder's index/],
    ["src/cluster/a.ts", 'import { x } from "../../test/rig/b.ts";', /src imports test/],
    ["src/slots/a.ts", 'import { x } from "node:fs";', /run in browsers/],
    ["src/records/a.ts", 'import { Redis } from "ioredis";', /src\/cluster only/],
    ["src/cli/a.ts", 'await import("ioredis");', /src\/cluster only/],
    ["src/cluster/a.ts", 'import x from "left-pad";', /no dependency/],
    ["src/cluster/a.ts", 'await import("../server/index.ts");', /cluster may not import server/],
    ["src/cluster/embedded.ts", 'import { x } from "../server/index.ts";', /imported dynamically/],
    ["src/cluster/embedded.ts", 'await import("../server/clock.ts");', /cluster may not import server/],
    ["src/server/a.ts", 'import { x } from "../cluster/b.ts";', /server may not import cluster/],
    ["src/cluster/a.ts", 'export * from "./b.ts";', /export \*/],
    ["src/cluster/utils.ts", "", /says nothing/],
    ["src/cluster/slotMap.ts", "", /kebab-case/],
  ])("find a breach in %s: %s", (path, text, reason) => {
    expect(check(path, text)).toEqual([expect.stringMatching(reason)]);
  });

  test.each([
    ["src/cluster/a.ts", 'import { Redis } from "ioredis"; import { x } from "../slots/index.ts";'],
    ["src/cluster/embedded.ts", 'await import("../server/index.ts");'],
    ["src/cli/a.ts", 'import { x } from "../records/store.ts"; import { y } from "./b.ts";'],
    ["src/slots/a.ts", 'import type { X } from "node:net"; import { x } from "../wasm/load.ts";'],
    ["src/records/a.ts", 'import { encode } from "@msgpack/msgpack";'],
  ])("find nothing in %s: %s", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  test("find a cycle of three files, one edge of it a type", () => {
    const files = [
      parseSource("src/a.ts", 'import { b } from "./b.ts";'),
      parseSource("src/b.ts", 'import type { c } from "./c.ts";'),
      parseSource("src/c.ts", 'export { a } from "./a.ts";'),
    ];
    expect(importCycles(files)).toEqual([["src/a.ts", "src/b.ts", "src/c.ts", "src/a.ts"]]);
  });
});
