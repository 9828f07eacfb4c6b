import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface ToolOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that a test started; it ends with the test at the latest. */
export class Tool implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stdout = "";
  #stderr = "";

  constructor(file: string, args: readonly string[]) {
    this.#child = spawn(file, args, { stdio: "pipe" });
    this.#ended = once(this.#child, "close");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    // A tool that has ended reads no more.
    this.#child.stdin?.on("error", () => {});
  }

  /** Everything so far. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  write(text: string | Buffer): void {
    this.#child.stdin?.write(text);
  }

  async end(input: string | Buffer = ""): Promise<ToolOutcome> {
    this.#child.stdin?.end(input);
    await this.#ended;
    return { code: this.#child.exitCode, stdout: this.#stdout, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/** Runs it to its end. */
export function runTool(
  file: string,
  args: readonly string[],
  input: string | Buffer = "",
): Promise<ToolOutcome> {
  return new Tool(file, args).end(input);
}
