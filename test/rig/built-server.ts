import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileSources } from "./compiled-sources.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the embedded server is made of. */
const ROOMS = ["errors.ts", "bytes", "wasm", "slots", "server"];

/** The embedded server as it is now, and some files of the tests, compiled side by side, for tests that need a thread or a process of its own. */
export class BuiltServer implements Disposable {
  readonly #folder: string;

  /** Compiles; about a second. Types are the type checker's business. Paths are from the repository's root. */
  constructor(...files: readonly string[]) {
    mkdirSync(join(ROOT, "build"), { recursive: true });
    // Inside the project, so that the packages it depends on resolve.
    this.#folder = mkdtempSync(join(ROOT, "build", "sources-"));
    cpSync(join(ROOT, "package.json"), join(this.#folder, "package.json"));
    for (const room of ROOMS) compileSources(`src/${room}`, this.path(`src/${room}`));
    for (const file of files) compileSources(file, this.path(file));
  }

  /** Where a source file's compiled form lies. */
  path(file: string): string {
    return join(this.#folder, file.replace(/\.ts$/, ".js"));
  }

  /** Loads a source file's compiled form. */
  async load<Module>(file: string): Promise<Module> {
    return import(/* @vite-ignore */ pathToFileURL(this.path(file)).href);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
