import { fstatSync } from "node:fs";
import type { Interruption } from "./interruption.ts";
import { type KeyLines, keysAsLines, readKeyLines } from "./key-lines.ts";
import { openMeter, showsMeter } from "./meter.ts";
import { note, type Terminal } from "./terminal.ts";

export interface KeySourceOptions {
  /** Keys of the command line; without any they come from the standard input, one a line. */
  readonly keys: readonly string[];
  readonly escapes: boolean;
  /** Whether results are printed while keys are read. */
  readonly resultsStream: boolean;
  readonly interruption: Interruption;
}

/** The keys that a command is to work on, a batch at a time, with a bar where a file is read that has an end. */
export async function* readKeys(
  terminal: Terminal,
  { keys, escapes, resultsStream, interruption }: KeySourceOptions,
): AsyncGenerator<KeyLines, void, undefined> {
  if (keys.length > 0) {
    yield keysAsLines(keys, escapes);
    return;
  }
  const { stdin } = terminal;
  if ((stdin as { isTTY?: boolean }).isTTY === true) note(terminal, "keys, one a line; Ctrl-D ends them");
  const stop = () => void stdin.destroy();
  interruption.signal.addEventListener("abort", stop, { once: true });
  const total = fileLength(stdin);
  using meter = await openMeter(terminal, total > 0 && showsMeter(terminal, resultsStream), {
    format: "{bar} {percentage}% · {keys} keys · {duration_formatted}",
    total,
    first: { keys: 0 },
  });
  let read = 0;
  let count = 0;
  try {
    for await (const lines of readKeyLines(stdin, { escapes, onBytes: (bytes) => (read = bytes) })) {
      count += lines.count;
      meter.update(read, { keys: count });
      yield lines;
    }
  } finally {
    interruption.signal.removeEventListener("abort", stop);
  }
}

/** Bytes of the file that stdin is; 0 for a pipe, a terminal and a stream of a test. */
function fileLength(stdin: Terminal["stdin"]): number {
  const { fd } = stdin as { fd?: number };
  if (typeof fd !== "number") return 0;
  try {
    const stats = fstatSync(fd);
    return stats.isFile() ? stats.size : 0;
  } catch {
    return 0;
  }
}
