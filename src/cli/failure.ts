import { inspect } from "node:util";
import { ConfigError } from "../errors.ts";
import { paint, type Terminal } from "./terminal.ts";

/** The command ran and failed. */
export const EXIT_FAILURE = 1;
/** The command line was wrong; nothing ran. */
export const EXIT_USAGE = 2;

/** Codes of errors in the command line, for the exit code. */
const USAGE_CODES: ReadonlySet<string> = new Set(["BAD_OPTION", "BAD_COMMAND"]);

/** Writes an error to stderr as one line with its code (with the stack under `DEBUG`); returns the exit code. */
export function reportFailure(terminal: Terminal, error: unknown): number {
  const code = codeOf(error);
  const label = paint(terminal, "stderr", ["red", "bold"], "slotpack: error");
  terminal.stderr.write(`${label} [${code}] ${describe(error)}\n`);
  if (terminal.env.DEBUG) terminal.stderr.write(`${inspect(error)}\n`);
  return error instanceof ConfigError && USAGE_CODES.has(code) ? EXIT_USAGE : EXIT_FAILURE;
}

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && code !== "" ? code : "UNEXPECTED";
}

/** The message on one line; what caused it is told by the message itself and, under `DEBUG`, by the stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.message || error.name).replace(/\s*[\r\n]+\s*/g, " ");
}
