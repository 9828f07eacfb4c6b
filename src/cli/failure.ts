import { inspect } from "node:util";
import { ConfigError } from "../errors.ts";
import { paint, type Terminal } from "./terminal.ts";

/** The command ran and failed. */
export const EXIT_FAILURE = 1;
/** The command line was wrong; nothing ran. */
export const EXIT_USAGE = 2;

/** Codes of errors in the command line, for the exit code. */
const USAGE_CODES: ReadonlySet<string> = new Set(["BAD_OPTION", "BAD_COMMAND", "BAD_SLOT", "BAD_URL"]);

/** What may help, by what a message or a code says; the first that fits is told. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/NOAUTH|WRONGPASS/, "put user and password into the URL: redis://user:password@host"],
  [/NOPERM/, "the user's ACL does not allow it"],
  [/certificate|wrong version number/, "rediss:// is TLS and redis:// is not"],
  [/BAD_URL/, "a target is written redis://host:port, redis-cluster://… or redis-sentinel://…/name"],
  [/CONNECT_FAILED/, "is a server running there?"],
  [/EADDRINUSE/, "another server listens there; --port 0 takes any free port"],
  [/CLUSTERDOWN/, "the cluster has slots without a node; see slotpack plan"],
];

/** Writes an error to stderr as one line with its code (with the stack under `DEBUG`); returns the exit code. */
export function reportFailure(terminal: Terminal, error: unknown): number {
  const code = codeOf(error);
  const label = paint(terminal, "stderr", ["red", "bold"], "slotpack: error");
  const text = describe(error);
  const [, hint] = HINTS.find(([cause]) => cause.test(`${code} ${text}`)) ?? [];
  terminal.stderr.write(`${label} [${code}] ${text}${hint === undefined ? "" : `; ${hint}`}\n`);
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
