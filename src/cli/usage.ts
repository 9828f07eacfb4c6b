import type { ArgsDef, CommandMeta } from "citty";
import type { AnyCommand } from "./any-command.ts";
import { EXAMPLES } from "./examples.ts";
import { paint, type Terminal } from "./terminal.ts";

/** The help of `slotpack` itself. */
export async function mainUsage(
  commands: Readonly<Record<string, () => Promise<AnyCommand>>>,
  terminal: Terminal,
  stream: "stdout" | "stderr",
): Promise<string> {
  const rows: [string, string][] = [];
  for (const [name, load] of Object.entries(commands))
    rows.push([name, metaOf(await load()).description ?? ""]);
  rows.push(
    ["help", "Print this; in front of a command, its options, as --help behind it"],
    ["--version", "Print the version"],
  );
  const title = (text: string) => paint(terminal, stream, "bold", text);
  return [
    "slotpack moves batches of keys and records in and out of Redis and Valkey, one packed write per node.",
    "",
    title("Usage: slotpack COMMAND [OPTIONS]"),
    "",
    ...columns(rows, (name) => paint(terminal, stream, "cyan", name)),
    "",
    title("Exit codes:"),
    ...columns(EXIT_CODES, (code) => paint(terminal, stream, "cyan", code)),
    "",
    title("Environment:"),
    ...columns(VARIABLES, (name) => paint(terminal, stream, "cyan", name)),
    "",
    "Results go to stdout, everything else to stderr; docs/command-line.md tells more.",
    "",
  ].join("\n");
}

const EXIT_CODES: readonly [string, string][] = [
  ["0", "Done; also when the reader of the output has gone (| head)"],
  ["1", "Failed, or not everything that was named is there (get, rm)"],
  ["2", "The command line is wrong; nothing was done"],
  ["130, 143, 129", "Ended by SIGINT (Ctrl-C), SIGTERM, SIGHUP"],
];

const VARIABLES: readonly [string, string][] = [
  ["SLOTPACK_URL", "The target of plan, get, put, ls, rm and sweep where --target is not given"],
  ["NO_COLOR", "Set: no colours on a terminal; where there is none, there are never any"],
  ["DEBUG", "Set: the stack of an error behind its line"],
];

/** Whether a positional argument may be given any number of times, as its hint says. */
export function isVariadic(arg: ArgsDef[string]): boolean {
  return arg.type === "positional" && arg.valueHint === "…";
}

/** The help of one command. */
export function commandUsage(command: AnyCommand, terminal: Terminal): string {
  const { name = "", description = "" } = metaOf(command);
  const title = (text: string) => paint(terminal, "stdout", "bold", text);
  const positionals: string[] = [];
  const rows: [string, string][] = [];
  for (const [argName, arg] of Object.entries(command.args as ArgsDef)) {
    const hint = arg.valueHint === undefined ? "" : ` ${arg.valueHint}`;
    const isPositional = arg.type === "positional";
    const label = isPositional ? argName.toUpperCase() + hint.trim() : `--${argName}${hint}`;
    if (isPositional) positionals.push(arg.required === false ? `[${label}]` : label);
    // What is off or empty by default needs no telling.
    const fallback = arg.default ? ` [${arg.default}]` : "";
    rows.push([label, `${arg.description ?? ""}${fallback}`]);
  }
  const examples = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name]! : [];
  return [
    `${description}.`,
    "",
    title(["Usage: slotpack", name, ...positionals, "[OPTIONS]"].join(" ")),
    "",
    ...columns(rows, (label) => paint(terminal, "stdout", "cyan", label)),
    "",
    title("Examples:"),
    ...examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

function columns(rows: readonly [string, string][], colour: (label: string) => string): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `  ${colour(label)}${" ".repeat(width - label.length)}   ${text}`);
}

function metaOf(command: AnyCommand): CommandMeta {
  return command.meta as CommandMeta;
}
