import ts from "typescript";
import { expect, test } from "vitest";
import { readSources, type SourceFile } from "../project/source-tree.ts";

const NODE_GLOBALS = new Set([
  "Buffer",
  "process",
  "global",
  "require",
  "module",
  "__dirname",
  "__filename",
  "setImmediate",
]);

const sources = new Map([...readSources("src")].map((file) => [file.path, file]));

/** A file and everything that it needs at run time. */
function closure(path: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const { file, typeOnly } of sources.get(path)!.imports)
    if (file !== undefined && !typeOnly) closure(file, found);
  return found;
}

/** Identifiers that are neither members nor keys nor declared in the file. */
function globalsOf({ path, text }: SourceFile): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const names: string[] = [];
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      if (ts.isParameter(parent) || ts.isVariableDeclaration(parent) || ts.isBindingElement(parent)) {
        if (parent.name === node) declared.add(node.text);
      }
      const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
      if (!isMember && !ts.isPropertyAssignment(parent)) names.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names.filter((name) => !declared.has(name));
}

const files = [...closure("src/slots/index.ts")];

test("slotpack/slots is the slots and the kernel, and needs nothing else of the package", () => {
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((path) => !/^src\/(slots\/|wasm\/|bytes\/|errors\.ts$)/.test(path))).toEqual([]);
});

test("slotpack/slots imports no package and no Node built-in, not even its types", () => {
  const foreign = files.flatMap((path) =>
    sources
      .get(path)!
      .imports.filter(({ file }) => file === undefined)
      .map(({ specifier }) => `${path}: ${specifier}`),
  );
  expect(foreign).toEqual([]);
});

test("slotpack/slots uses no global that only Node has", () => {
  const used = files.flatMap((path) =>
    globalsOf(sources.get(path)!)
      .filter((name) => NODE_GLOBALS.has(name))
      .map((name) => `${path}: ${name}`),
  );
  expect(used).toEqual([]);
  const breach = {
    path: "a.ts",
    text: "export const x = Buffer.from('a'); const module = 1; use(module);",
  } as SourceFile;
  expect(globalsOf(breach).filter((name) => NODE_GLOBALS.has(name))).toEqual(["Buffer"]);
});
