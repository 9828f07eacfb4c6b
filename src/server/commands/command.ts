import type { Call } from "../call.ts";
import type { Command, CommandFlag, CommandRun } from "../command.ts";
import { CATEGORIES, categoriesOf } from "../command-categories.ts";
import type { CommandEntry } from "../command-entry.ts";
import { CommandError } from "../command-error.ts";
import { isChannel, keyFlags, keyIndexes, keyRanges } from "../command-table.ts";
import { SYNTAX_ERROR } from "../errors-text.ts";
import { globMatch } from "../glob.ts";
import { writeCommandInfo, writeFlags } from "./command-info.ts";
import { helpCommand } from "./help.ts";

function all({ node, reply }: Call): void {
  reply.array(node.commands.size);
  for (const entry of node.commands.entries()) writeCommandInfo(reply, entry);
}

function count({ node, reply }: Call): void {
  reply.integer(node.commands.size);
}

function info(call: Call): void {
  if (call.args.length === 2) return all(call);
  call.reply.array(call.args.length - 2);
  for (let index = 2; index < call.args.length; index += 1) {
    writeCommandInfo(call.reply, call.node.commands.byFullName(call.arg(index)));
  }
}

function docs(call: Call): void {
  const { args, node, reply } = call;
  const entries = args.slice(2).map((_, index) => node.commands.byFullName(call.arg(index + 2)));
  const chosen = args.length === 2 ? [...node.commands.entries()] : entries.filter((entry) => entry);
  reply.map(chosen.length);
  for (const entry of chosen) writeDocs(call, entry as CommandEntry);
}

/** Groups are nearly the first ACL category; Source of the others: COMMAND DOCS of 7.0.15. */
const GROUPS: Readonly<Record<string, string>> = {
  keyspace: "generic",
  transaction: "transactions",
  object: "generic",
  wait: "generic",
  asking: "cluster",
  cluster: "cluster",
  readonly: "cluster",
  readwrite: "cluster",
  command: "server",
  dbsize: "server",
  flushall: "server",
  flushdb: "server",
  "restore-asking": "server",
  info: "server",
  role: "server",
  swapdb: "server",
  client: "connection",
  pubsub: "pubsub",
  function: "scripting",
};

function groupOf(entry: CommandEntry): string {
  const { name, spec } = entry.parent ?? entry;
  const category = spec.categories[0] ?? "server";
  return GROUPS[name] ?? GROUPS[category] ?? category;
}

/** Since when and of which group; summaries and arguments are the documentation of another project and not repeated here. */
function writeDocs(call: Call, entry: CommandEntry): void {
  const { reply } = call;
  const subcommands = [...(entry.subcommands?.values() ?? [])];
  reply.bulk(entry.name);
  reply.map(subcommands.length > 0 ? 4 : 3);
  reply.bulk("summary");
  reply.bulk(entry.name.toUpperCase().replace("|", " "));
  reply.bulk("since");
  reply.bulk(entry.spec.since);
  reply.bulk("group");
  reply.bulk(groupOf(entry));
  if (subcommands.length === 0) return;
  reply.bulk("subcommands");
  reply.map(subcommands.length);
  for (const subcommand of subcommands) writeDocs(call, subcommand);
}

function list(call: Call): void {
  const { args, node, reply } = call;
  let keep: (entry: CommandEntry) => boolean = () => true;
  if (args.length !== 2) {
    if (args.length !== 5 || call.word(2) !== "filterby") throw new CommandError(SYNTAX_ERROR);
    const value = call.arg(4);
    const kind = call.word(3);
    const category = value.toLowerCase();
    if (kind === "module") keep = () => false;
    else if (kind === "pattern") keep = (entry) => globMatch(value, entry.name, true);
    else if (kind === "aclcat") {
      keep = (entry) => CATEGORIES.includes(category) && categoriesOf(entry.spec).includes(category);
    } else throw new CommandError(SYNTAX_ERROR);
  }
  const names: string[] = [];
  for (const entry of node.commands.entries()) {
    for (const each of [entry, ...(entry.subcommands?.values() ?? [])]) {
      if (keep(each)) names.push(each.name);
    }
  }
  reply.bulks(names);
}

function keys(withFlags: boolean): CommandRun {
  return (call) => {
    const { node, reply } = call;
    const args = call.args.slice(2);
    const entry = node.commands.resolve(args);
    if (entry === undefined) throw new CommandError("ERR Invalid command specified");
    const { spec } = entry;
    if (spec.findKeys === undefined && keyRanges(spec).every(isChannel)) {
      throw new CommandError("ERR The command has no key arguments");
    }
    if (spec.arity > 0 ? args.length !== spec.arity : args.length < -spec.arity) {
      throw new CommandError("ERR Invalid number of arguments specified for command");
    }
    const found = keyIndexes(entry, args) ?? [];
    if (found.length === 0 && !spec.flags.includes("no_mandatory_keys")) {
      throw new CommandError("ERR Invalid arguments specified for command");
    }
    reply.array(found.length);
    for (const index of found) {
      if (withFlags) reply.array(2);
      reply.bulk(args[index] as string);
      if (withFlags) writeFlags(reply, keyFlags(entry, args, index));
    }
  };
}

const HELP = [
  "(no subcommand)",
  "    Describe all commands.",
  "COUNT",
  "    The number of commands.",
  "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
  "    The names of commands.",
  "INFO [<command-name> ...]",
  "    Describe some commands, or all.",
  "DOCS [<command-name> ...]",
  "    Since when there are some commands, or all, and of what kind they are.",
  "GETKEYS <full-command>",
  "    The keys of a command with its arguments.",
  "GETKEYSANDFLAGS <full-command>",
  "    The keys, and what is done to them.",
];

const OPEN: readonly CommandFlag[] = ["loading", "stale"];
const ORDER = ["nondeterministic_output_order"];

function sub(name: string, arity: number, since: string, run: CommandRun, tips?: readonly string[]): Command {
  return { name: `command|${name}`, arity, flags: OPEN, categories: ["connection"], since, tips, run };
}

export const COMMAND_COMMANDS: readonly Command[] = [
  {
    name: "command",
    arity: -1,
    flags: OPEN,
    categories: ["connection"],
    since: "2.8.13",
    tips: ORDER,
    run: all,
    subcommands: [
      sub("count", 2, "2.8.13", count),
      sub("info", -2, "2.8.13", info, ORDER),
      sub("docs", -2, "7.0.0", docs, ORDER),
      sub("list", -2, "7.0.0", list, ORDER),
      sub("getkeys", -4, "2.8.13", keys(false)),
      sub("getkeysandflags", -4, "7.0.0", keys(true)),
      { ...helpCommand("command", HELP), categories: ["connection"] },
    ],
  },
];
