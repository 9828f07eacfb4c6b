import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

export interface SourceImport {
  /** As written: `../slots/plan.ts`, `node:fs`, `ioredis`. */
  readonly specifier: string;
  /** Path from the repository's root for a relative import. */
  readonly file: string | undefined;
  readonly line: number;
  readonly typeOnly: boolean;
  /** `import()` at run time. */
  readonly dynamic: boolean;
}

export interface SourceFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
  /** Lines of `export * from`. */
  readonly starExports: readonly number[];
}

/** All TypeScript files under a folder of the repository, parsed. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(ROOT, path), "utf8")));
}

export function parseSource(path: string, text: string): SourceFile {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: SourceImport[] = [];
  const starExports: number[] = [];
  const add = (node: ts.Node, name: ts.Node | undefined, typeOnly: boolean, dynamic: boolean): void => {
    if (name === undefined || !ts.isStringLiteralLike(name)) return;
    const specifier = name.text;
    const file = specifier.startsWith(".") ? posix.join(dirname(path), specifier) : undefined;
    imports.push({ specifier, file, line: lineOf(source, node), typeOnly, dynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, isTypeOnly(node), false);
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly, false);
      if (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause)) {
        starExports.push(lineOf(source, node));
      }
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true, false);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, text, imports, starExports };
}

function isTypeOnly(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  if (clause.name !== undefined || names === undefined || !ts.isNamedImports(names)) return false;
  return names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly);
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}
