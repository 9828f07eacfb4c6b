import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Compiles a TypeScript file of the repository, or all of a folder, for a process of its own. Types are the type checker's business. */
export function compileSources(source: string, target: string): void {
  const { options } = ts.convertCompilerOptionsFromJson(
    JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8")).compilerOptions,
    ROOT,
  );
  const from = join(ROOT, source);
  const files = statSync(from).isFile() ? [""] : readdirSync(from, { recursive: true, encoding: "utf8" });
  for (const file of files) {
    const fileName = file === "" ? from : join(from, file);
    if (!fileName.endsWith(".ts")) continue;
    const { outputText } = ts.transpileModule(readFileSync(fileName, "utf8"), {
      compilerOptions: {
        ...options,
        // One file at a time, the compiler does not look up the manifest that makes it a module.
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        noEmit: false,
        declaration: false,
        isolatedDeclarations: false,
      },
      fileName,
    });
    const written = (file === "" ? target : join(target, file)).replace(/\.ts$/, ".js");
    mkdirSync(dirname(written), { recursive: true });
    writeFileSync(written, outputText);
  }
}
