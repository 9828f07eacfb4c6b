import { codeOf } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { note, type Terminal } from "./terminal.ts";

/**
 * Runs a command that Ctrl-C may end; returns the exit code. A failure that a signal brought about is told in one line beginning with
 * `interrupted`, and what was done by then.
 */
export async function interruptible(
  terminal: Terminal,
  work: (interruption: Interruption) => Promise<number>,
  done: () => string = () => "",
): Promise<number> {
  using interruption = new Interruption();
  try {
    const code = await work(interruption);
    if (interruption.exitCode === undefined) return code;
  } catch (error) {
    if (interruption.exitCode === undefined) throw error;
    if (!EXPECTED.has(codeOf(error))) {
      note(terminal, `interrupted: [${codeOf(error)}] ${(error as Error).message}`);
      return interruption.exitCode;
    }
  }
  const figures = done();
  note(terminal, figures === "" ? "interrupted" : `interrupted: ${figures}`);
  return interruption.exitCode;
}

/** What ends waiting when a signal comes: our own calls, and a stream that is destroyed while it is read. */
const EXPECTED: ReadonlySet<string> = new Set([
  "INTERRUPTED",
  "ABORTED",
  "ABORT_ERR",
  "ERR_STREAM_PREMATURE_CLOSE",
]);
