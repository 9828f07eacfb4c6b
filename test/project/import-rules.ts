import type { SourceFile, SourceImport } from "./source-tree.ts";

/** The table of the design: a room, and the rooms that it may import. `errors` is src/errors.ts. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  bytes: [],
  wasm: ["errors", "bytes"],
  slots: ["wasm", "errors"],
  cluster: ["slots", "wasm", "bytes", "errors"],
  records: ["cluster", "wasm", "slots", "bytes", "errors"],
  connector: ["records", "cluster", "slots", "bytes", "errors"],
  cache: ["records", "cluster", "slots", "bytes", "errors"],
  adapters: ["cache", "records", "cluster", "errors"],
  recipes: ["cache", "records", "cluster", "errors"],
  insight: ["cluster", "slots", "errors"],
  server: ["slots", "bytes", "errors"],
};

/** Who starts an embedded server, and only when it is asked for: by `import()` of the room's index. */
const EMBEDDER = "src/cluster/embedded.ts";
/** `cli` and the package's face may import every room. */
const UNBOUND = new Set(["cli", "index"]);
/** Rooms that run in browsers and workers. */
const BROWSER_SAFE = new Set(["errors", "bytes", "wasm", "slots"]);
const FORBIDDEN_NAMES = new Set(["utils", "util", "helpers", "helper", "common", "types", "misc"]);

/** `src/slots/plan.ts` is in `slots`, `src/errors.ts` is `errors`. */
export function roomOf(path: string): string {
  const [top, second = ""] = path.split("/");
  return top === "src" ? second.replace(/\.ts$/, "") : (top ?? "");
}

/** What a file breaks, each as `path:line: reason`. */
export function breaches(file: SourceFile, packages: readonly string[]): string[] {
  const found = file.imports.flatMap((item) => {
    const reason =
      item.file === undefined ? foreignBreach(file, item, packages) : ownBreach(file, item, item.file);
    return reason === undefined ? [] : [`${file.path}:${item.line}: ${reason}`];
  });
  for (const line of file.starExports) found.push(`${file.path}:${line}: export *`);
  const name = file.path.split("/").at(-1) ?? "";
  if (FORBIDDEN_NAMES.has(name.replace(/\.ts$/, ""))) found.push(`${file.path}: a name that says nothing`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.test(-d)?)?\.ts$/.test(name)) found.push(`${file.path}: not kebab-case`);
  return found;
}

/** Cycles of relative imports, types included, each as the list of its files. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(files.map((file) => [file.path, file.imports.flatMap((item) => item.file ?? [])]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path]);
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return cycles;
}

function ownBreach(file: SourceFile, item: SourceImport, target: string): string | undefined {
  const from = roomOf(file.path);
  const to = roomOf(target);
  if (!target.endsWith(".ts") && !target.endsWith(".json")) return `${target} has no extension`;
  if (!target.startsWith("src/")) return `src imports ${target}`;
  if (from === to) {
    const isIndex = target === `src/${from}/index.ts`;
    return isIndex ? `imports its own folder's index` : undefined;
  }
  if (UNBOUND.has(from) || MAY_IMPORT[from]?.includes(to)) return undefined;
  if (file.path === EMBEDDER && target === "src/server/index.ts") {
    return item.dynamic ? undefined : "the embedded server is imported dynamically";
  }
  return `${from} may not import ${to} (${target})`;
}

function foreignBreach(
  file: SourceFile,
  item: SourceImport,
  packages: readonly string[],
): string | undefined {
  const room = roomOf(file.path);
  if (item.specifier.startsWith("node:")) {
    // A type is gone after compilation.
    const allowed = !BROWSER_SAFE.has(room) || item.typeOnly;
    return allowed ? undefined : `${room} has to run in browsers, imports ${item.specifier}`;
  }
  const name = item.specifier.split("/", item.specifier.startsWith("@") ? 2 : 1).join("/");
  if (!packages.includes(name)) return `${name} is no dependency`;
  if (name === "ioredis" && room !== "cluster") return "ioredis belongs to src/cluster only";
  return undefined;
}
