import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { compileSources } from "../rig/compiled-sources.ts";
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
    compileSources("src", join(this.#folder, "dist"));
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
