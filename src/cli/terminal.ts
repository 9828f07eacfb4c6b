import type { Readable } from "node:stream";
import { styleText } from "node:util";

type TextStyle = Parameters<typeof styleText>[0];

/** Where a command reads and writes; tests bring their own. */
export interface Terminal {
  stdin: Readable;
  /** Takes results only: under `--json` exactly one object. */
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  /** Takes progress, notes and errors. */
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
}

/** Colours text for a stream; leaves it plain where the stream is no terminal or `NO_COLOR` is set. */
export function paint(
  terminal: Terminal,
  stream: "stdout" | "stderr",
  format: TextStyle,
  text: string,
): string {
  if (terminal[stream].isTTY !== true) return text;
  if (terminal.env.NO_COLOR || terminal.env.TERM === "dumb") return text;
  // Later versions of Node look at process.stdout by themselves, which may be another stream than this one.
  return styleText(format, text, { validateStream: false });
}

/** One line on stderr about something that does not end the run. */
export function note(terminal: Terminal, text: string): void {
  terminal.stderr.write(`${paint(terminal, "stderr", "yellow", "slotpack:")} ${text}\n`);
}
