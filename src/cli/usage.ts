import type { ArgsDef, CommandDef, CommandMeta } from "citty";
import { paint, type Terminal } from "./terminal.ts";

export type AnyCommand = CommandDef<ArgsDef>;

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  replay: [
    "slotpack replay conversation_trace.jsonl",
    "slotpack replay trace.jsonl --target redis-cluster://10.0.0.1:7000,10.0.0.2:7000 --concurrency 8",
    "zcat trace.jsonl.gz | slotpack replay - --requests 1000 --json",
  ],
};

/** The help of `slotpack` itself. */
export async function mainUsage(
  commands: Readonly<Record<string, () => Promise<AnyCommand>>>,
  terminal: Terminal,
  stream: "stdout" | "stderr",
): Promise<string> {
  const rows: [string, string][] = [];
  for (const [name, load] of Object.entries(commands))
    rows.push([name, metaOf(await load()).description ?? ""]);
  rows.push(["--version", "Print the version"], ["--help", "Print this; after a command, its options"]);
  const title = (text: string) => paint(terminal, stream, "bold", text);
  return [
    "slotpack moves batches of keys and records in and out of Redis and Valkey, one packed write per node.",
    "",
    title("Usage: slotpack COMMAND [OPTIONS]"),
    "",
    ...columns(rows, (name) => paint(terminal, stream, "cyan", name)),
    "",
  ].join("\n");
}

/** The help of one command. */
export function commandUsage(command: AnyCommand, terminal: Terminal): string {
  const { name = "", description = "" } = metaOf(command);
  const title = (text: string) => paint(terminal, "stdout", "bold", text);
  const positionals: string[] = [];
  const rows: [string, string][] = [];
  for (const [argName, arg] of Object.entries(command.args as ArgsDef)) {
    const hint = arg.valueHint === undefined ? "" : ` ${arg.valueHint}`;
    const label = arg.type === "positional" ? argName.toUpperCase() : `--${argName}${hint}`;
    if (arg.type === "positional") positionals.push(label);
    const fallback = arg.default === undefined || arg.default === false ? "" : ` [${arg.default}]`;
    rows.push([label, `${arg.description ?? ""}${fallback}`]);
  }
  const examples = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name]! : [];
  return [
    `${description}.`,
    "",
    title(`Usage: slotpack ${name} ${positionals.join(" ")} [OPTIONS]`),
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
