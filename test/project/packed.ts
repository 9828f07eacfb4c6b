import { execFile } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./source-tree.ts";

const run = promisify(execFile);

/** The package as its users get it: packed, unpacked under `node_modules` of an empty project. */
export class PackedProject {
  readonly folder: string;
  /** Paths inside the package. */
  readonly files: readonly string[];

  private constructor(folder: string, files: readonly string[]) {
    this.folder = folder;
    this.files = files;
  }

  /** `npm pack` of what is built, and links to the dependencies in `packages`. Needs `npm run build` before. */
  static async make(packages: readonly string[]): Promise<PackedProject> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "slotpack-packed-")));
    const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
    const { stdout } = await run("npm", args, { cwd: ROOT });
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    const target = join(folder, "node_modules", "slotpack");
    await mkdir(target, { recursive: true });
    await run("tar", ["-xzf", join(folder, packed.filename), "-C", target, "--strip-components", "1"]);
    const project = new PackedProject(
      folder,
      packed.files.map(({ path }) => path),
    );
    for (const name of packages) await project.link(name);
    return project;
  }

  async link(name: string): Promise<void> {
    const target = join(this.folder, "node_modules", name);
    await mkdir(join(target, ".."), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), target);
  }

  /** Runs a script of the project; resolves with what it printed, rejects with its stderr. */
  async node(script: string, type: "module" | "commonjs" = "module"): Promise<string> {
    const args = [`--input-type=${type}`, "--no-warnings", "--eval", script];
    const { stdout } = await run(process.execPath, args, { cwd: this.folder });
    return stdout.trim();
  }

  /**
   * Type-checks files of the project as a strict project does, the package's own declarations included; resolves with
   * the complaints. Those about the linked dependencies, which lie outside, are not ours.
   */
  async check(files: readonly string[]): Promise<string> {
    const options =
      "--noEmit --strict --exactOptionalPropertyTypes --module NodeNext --target ES2023 --types node";
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const args = [compiler, ...options.split(" "), "--lib", "ES2023,ESNext.Disposable", ...files];
    try {
      await run(process.execPath, args, { cwd: this.folder });
      return "";
    } catch (error) {
      const lines = (error as { stdout: string }).stdout.split("\n");
      return lines.filter((line) => /^[^.\s]/.test(line)).join("\n");
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
