import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { type ArgsDef, defineCommand, runCommand } from "citty";
import { ConfigError } from "../errors.ts";
import type { AnyCommand } from "./any-command.ts";
import { EXIT_USAGE, reportFailure } from "./failure.ts";
import { quoted } from "./option-values.ts";
import type { Terminal } from "./terminal.ts";
import { commandUsage, isVariadic, mainUsage } from "./usage.ts";

/** Loaded when named, so that `--version` stays quick. */
const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  slot: async () => (await import("./slot-command.ts")).slotCommand,
  tag: async () => (await import("./tag-command.ts")).tagCommand,
  plan: async () => (await import("./plan-command.ts")).planCommand,
  get: async () => (await import("./get-command.ts")).getCommand,
  put: async () => (await import("./put-command.ts")).putCommand,
  ls: async () => (await import("./ls-command.ts")).lsCommand,
  rm: async () => (await import("./rm-command.ts")).rmCommand,
  replay: async () => (await import("./replay-command.ts")).replayCommand,
  serve: async () => (await import("./serve-command.ts")).serveCommand,
  sweep: async () => (await import("./sweep-command.ts")).sweepCommand,
};

/** Runs one command line (without node and script); returns the exit code. Never throws. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(argv, terminal);
  } catch (error) {
    return reportFailure(terminal, asConfigError(error, argv));
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    terminal.stderr.write(await mainUsage(COMMANDS, terminal, "stderr"));
    return EXIT_USAGE;
  }
  if (name === "help" && rest[0] !== undefined) return dispatch([rest[0], "--help"], terminal);
  if (name === "help" || isHelp(name)) {
    terminal.stdout.write(await mainUsage(COMMANDS, terminal, "stdout"));
    return 0;
  }
  if (name === "--version" || name === "-v") {
    terminal.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    const known = Object.keys(COMMANDS).join(", ");
    throw new ConfigError(
      "BAD_COMMAND",
      `unknown ${kind} ${quoted(name)}; commands: ${known}; see slotpack --help`,
    );
  }
  const command = await load();
  const options = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : undefined);
  if (options.some(isHelp)) {
    terminal.stdout.write(commandUsage(command, terminal));
    return 0;
  }
  const guarded = defineCommand({
    ...command,
    run: (context) => {
      rejectUnknown(name, context, command.args as ArgsDef);
      return command.run?.(context);
    },
  });
  const { result } = await runCommand(guarded, { rawArgs: [...rest], data: terminal });
  return result as number;
}

function isHelp(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

/** citty keeps options that it does not know, and a mistyped one would silently do nothing. */
function rejectUnknown(
  command: string,
  {
    args,
    rawArgs,
  }: { readonly args: Readonly<Record<string, unknown>>; readonly rawArgs: readonly string[] },
  known: ArgsDef,
): void {
  const names = new Set(["_"]);
  const typed = new Set(rawArgs.flatMap((arg) => /^--([^=]+)/.exec(arg)?.[1] ?? []));
  let positionals = 0;
  for (const [name, arg] of Object.entries(known)) {
    names.add(name).add(name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()));
    if (arg.type === "positional") positionals += isVariadic(arg) ? Number.POSITIVE_INFINITY : 1;
  }
  const see = seeHelp(command);
  // citty takes `--key k` for the argument KEY, and a command of many keys would not see it.
  const misplaced = (name: string) => known[name]?.type === "positional" && typed.has(name);
  for (const name of Object.keys(args)) {
    if (names.has(name) && !misplaced(name)) continue;
    const option = name.length === 1 ? `-${name}` : `--${name}`;
    throw new ConfigError("BAD_OPTION", `unknown option ${option}; ${see}`, { option });
  }
  const extra = (args._ as string[])[positionals];
  if (extra !== undefined)
    throw new ConfigError("BAD_OPTION", `unexpected argument ${quoted(extra)}; ${see}`);
}

/** citty's own complaints (a missing FILE) become errors like ours. */
function asConfigError(error: unknown, [command = ""]: readonly string[]): unknown {
  if (!(error instanceof Error) || error.name !== "CLIError") return error;
  const message = `${stripVTControlCharacters(error.message)}; ${seeHelp(command)}`;
  return new ConfigError("BAD_OPTION", message, { cause: error });
}

function seeHelp(command: string): string {
  return `see slotpack ${command} --help`;
}

/** The manifest lies two folders up, from src/cli as from dist/cli. */
function packageVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
