import { Readable, Writable } from "node:stream";
import { runCommandLine } from "../../src/cli/command-line.ts";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process; its streams are no terminal unless `isTTY` says so. */
export async function run(
  args: readonly string[],
  input = "",
  env: Record<string, string> = {},
  isTTY = false,
): Promise<Outcome> {
  const stdout = new TextSink(isTTY);
  const stderr = new TextSink(isTTY);
  const stdin = Readable.from(input === "" ? [] : [Buffer.from(input)]);
  const code = await runCommandLine(args, { stdin, stdout, stderr, env });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class TextSink extends Writable {
  text = "";
  readonly isTTY: boolean;
  readonly columns = 120;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
