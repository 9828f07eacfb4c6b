import type { Call } from "../call.ts";
import type { Command, CommandFlag } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { rewriteConfigFile } from "../config/config-file.ts";
import { configRefused } from "../config.ts";
import { SYNTAX_ERROR } from "../errors-text.ts";
import { container } from "./container.ts";
import { helpCommand } from "./help.ts";

function get(call: Call): void {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  for (let index = 2; index < call.args.length; index += 1) {
    for (const [name, value] of call.node.config.match(call.arg(index))) {
      // Asked for in two spellings it is answered in the first.
      if (seen.has(name.toLowerCase())) continue;
      seen.add(name.toLowerCase());
      found.set(name, value);
    }
  }
  call.reply.map(found.size);
  for (const [name, value] of found) {
    call.reply.bulk(name);
    call.reply.bulk(value);
  }
}

/** Parameters that move the server to other addresses, and the words of their failure. */
const ADDRESS_ERRORS: Readonly<Record<string, string>> = {
  port: "Unable to listen on this port. Check server logs.",
  "tls-port": "Unable to listen on this port. Check server logs.",
  bind: "Failed to bind to specified addresses.",
};

function set(call: Call): void | Promise<void> {
  if (call.args.length % 2 !== 0) throw new CommandError(SYNTAX_ERROR);
  const pairs: [string, string][] = [];
  for (let index = 2; index < call.args.length; index += 2) {
    pairs.push([call.arg(index), call.arg(index + 1)]);
  }
  const { config } = call.node;
  const addresses = pairs
    .map(([name]) => name.toLowerCase())
    .filter((name) => Object.hasOwn(ADDRESS_ERRORS, name));
  const before = addresses.map((name) => config.text(name));
  const undo = config.set(pairs);
  const moved = addresses.filter((name, index) => config.text(name) !== before[index]);
  if (moved[0] === undefined) return call.reply.ok();
  return move(call, moved, undo);
}

async function move({ node, reply }: Call, moved: readonly string[], undo: () => void): Promise<void> {
  try {
    await node.relisten();
  } catch {
    undo();
    throw configRefused(moved[0] as string, ADDRESS_ERRORS[moved[0] as string] as string);
  }
  for (const name of moved) node.config.release(name);
  reply.ok();
}

/** Source: resetServerStats and resetCommandTableStats. */
function resetStat({ node, reply }: Call): void {
  node.stats.reset();
  node.commands.resetStats();
  for (const hook of node.hooks.statsReset) hook();
  reply.ok();
}

function rewrite({ node, reply }: Call): void {
  const { config } = node;
  if (config.file === undefined) {
    throw new CommandError("ERR The server is running without a config file");
  }
  try {
    rewriteConfigFile(config.file, config, config.text("aclfile") === "" ? node.access.lines() : []);
  } catch (error) {
    throw new CommandError(`ERR Rewriting config file: ${(error as Error).message}`);
  }
  reply.ok();
}

const HELP = [
  "GET <pattern>",
  "    Parameters whose names match the pattern, and their values.",
  "SET <directive> <value>",
  "    Set a parameter.",
  "RESETSTAT",
  "    Set the counters that INFO prints to 0.",
  "REWRITE",
  "    Write the parameters that were changed to the configuration file.",
];

const ADMIN: readonly CommandFlag[] = ["admin", "noscript", "loading", "stale"];
const EVERYWHERE = ["request_policy:all_nodes", "response_policy:all_succeeded"];

export const CONFIG_COMMANDS: readonly Command[] = [
  container("config", "2.0.0", [
    { name: "config|get", arity: -3, flags: ADMIN, categories: [], since: "2.0.0", run: get },
    {
      name: "config|set",
      arity: -4,
      flags: ADMIN,
      categories: [],
      since: "2.0.0",
      tips: EVERYWHERE,
      run: set,
    },
    { name: "config|resetstat", arity: 2, flags: ADMIN, categories: [], since: "2.0.0", run: resetStat },
    { name: "config|rewrite", arity: 2, flags: ADMIN, categories: [], since: "2.8.0", run: rewrite },
    helpCommand("config", HELP),
  ]),
];
