import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll } from "vitest";
import { describeWithServer } from "../rig/gate.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Exit {
  /** `null` when a signal ended the process. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process of the command line that still runs. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
}

/** The sources as they are now, compiled into a folder of their own, for tests that need a process and its signals. */
export class BuiltCli implements Disposable {
  readonly #folder: string;

  /** Compiles; about a second. Types are the type checker's business. */
  constructor() {
    mkdirSync(join(ROOT, "build"), { recursive: true });
    // Inside the project, so that the packages it depends on resolve.
    this.#folder = mkdtempSync(join(ROOT, "build", "cli-"));
    cpSync(join(ROOT, "package.json"), join(this.#folder, "package.json"));
    const source = join(ROOT, "src");
    const { options } = ts.convertCompilerOptionsFromJson(
      JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8")).compilerOptions,
      ROOT,
    );
    for (const entry of readdirSync(source, { recursive: true, encoding: "utf8" })) {
      if (!entry.endsWith(".ts")) continue;
      const { outputText } = ts.transpileModule(readFileSync(join(source, entry), "utf8"), {
        compilerOptions: {
          ...options,
          // One file at a time, the compiler does not look up the manifest that makes it a module.
          module: ts.ModuleKind.ESNext,
          moduleResolution: ts.ModuleResolutionKind.Bundler,
          noEmit: false,
          declaration: false,
          isolatedDeclarations: false,
        },
        fileName: join(source, entry),
      });
      const target = join(this.#folder, "dist", entry.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }

  get main(): string {
    return join(this.#folder, "dist", "cli", "main.js");
  }

  /** Starts `slotpack` with arguments. */
  start(args: readonly string[], env: Record<string, string> = {}): RunningCli {
    const child = spawn(process.execPath, [this.main, ...args], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const exit = once(child, "close").then(([code]) => ({ code, stdout, stderr }));
    return { child, exit };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What a suite runs beside: the built command line and its servers. */
export interface BesideServers<S extends RunningServers> {
  readonly cli: BuiltCli;
  readonly servers: S;
}

interface RunningServers {
  readonly url: string;
  stop(): Promise<void>;
}

/** A suite that starts the command line as a process, beside servers of its own. */
export function describeBuiltCli<S extends RunningServers>(
  title: string,
  startServers: () => Promise<S>,
  suite: (on: BesideServers<S>) => void,
): void {
  describeWithServer(title, () => {
    let cli: BuiltCli | undefined;
    let servers: S | undefined;
    beforeAll(async () => {
      cli = new BuiltCli();
      servers = await startServers();
    });
    afterAll(async () => {
      cli?.[Symbol.dispose]();
      await servers?.stop();
    });
    suite({
      get cli() {
        return cli!;
      },
      get servers() {
        return servers!;
      },
    });
  });
}
