import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { AclError } from "../acl/acl-error.ts";
import { loadAclFile, saveAclFile } from "../acl/acl-file.ts";
import { channelRules, commandRules, keyRules } from "../acl/describe.ts";
import { refusalOf } from "../acl/permission.ts";
import { hasSpaces, type Selector } from "../acl/selector.ts";
import type { Call } from "../call.ts";
import type { Command, CommandFlag, CommandRun } from "../command.ts";
import { CATEGORIES } from "../command-categories.ts";
import { CommandError } from "../command-error.ts";
import { subcommandSyntax, wrongArgumentCount } from "../errors-text.ts";
import { container } from "./container.ts";
import { helpCommand } from "./help.ts";
import { numberArgument } from "./number-argument.ts";

const NO_FILE =
  "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER " +
  "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users " +
  "in the Redis configuration.";
const MOST_BITS = 4096;

function from(call: Call, first: number): string[] {
  return call.args.slice(first).map((_, index) => call.arg(first + index));
}

function setUser(call: Call): void {
  const name = call.arg(2);
  if (hasSpaces(name)) throw new CommandError("ERR Usernames can't contain spaces or null characters");
  try {
    call.node.access.setUser(name, from(call, 3));
  } catch (error) {
    throw error instanceof AclError ? new CommandError(`ERR ${error.message}`) : error;
  }
  call.reply.ok();
}

function deleteUser(call: Call): void {
  const { client, node, reply } = call;
  const names = from(call, 2);
  if (names.includes("default")) throw new CommandError("ERR The 'default' user cannot be removed");
  reply.integer(names.filter((name) => node.access.deleteUser(name, client)).length);
}

function getUser(call: Call): void {
  const { node, reply } = call;
  const user = node.access.find(call.arg(2));
  if (user === undefined) return reply.null();
  const [root, ...others] = user.selectors;
  reply.map(6);
  reply.bulk("flags");
  reply.set(user.flags.length);
  for (const flag of user.flags) reply.bulk(flag);
  reply.bulk("passwords");
  reply.bulks(user.passwords);
  writeSelector(call, root as Selector);
  reply.bulk("selectors");
  reply.array(others.length);
  for (const selector of others) {
    reply.map(3);
    writeSelector(call, selector);
  }
}

function writeSelector({ node, reply }: Call, selector: Selector): void {
  reply.bulk("commands");
  reply.bulk(commandRules(selector, node.access.sets));
  reply.bulk("keys");
  reply.bulk(keyRules(selector).join(" "));
  reply.bulk("channels");
  reply.bulk(channelRules(selector).join(" "));
}

function list({ node, reply }: Call): void {
  reply.bulks(node.access.lines());
}

function users({ node, reply }: Call): void {
  reply.bulks(node.access.users().map(({ name }) => name));
}

function whoAmI({ client, reply }: Call): void {
  reply.bulk(client.user?.name ?? null);
}

function cat(call: Call): void {
  const { args, node, reply } = call;
  if (args.length > 3) throw new CommandError(subcommandSyntax("acl", call.arg(1)));
  if (args.length === 2) return reply.bulks(CATEGORIES);
  const category = call.word(2);
  if (!CATEGORIES.includes(category)) {
    throw new CommandError(`ERR Unknown category '${call.shown(2).slice(0, 128)}'`);
  }
  reply.bulks(node.access.sets.category(category).map(({ name }) => name));
}

function generatePassword(call: Call): void {
  const { args, reply } = call;
  if (args.length > 3) throw new CommandError(subcommandSyntax("acl", call.arg(1)));
  const bits = args.length === 3 ? numberArgument(call, 2) : 256;
  if (bits <= 0 || bits > MOST_BITS) {
    throw new CommandError(
      `ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to ${MOST_BITS}`,
    );
  }
  const digits = Math.ceil(bits / 4);
  reply.bulk(
    randomBytes(Math.ceil(digits / 2))
      .toString("hex")
      .slice(0, digits),
  );
}

function log(call: Call): void {
  const { args, node, reply } = call;
  const { log: kept } = node.access;
  if (args.length > 3) throw new CommandError(subcommandSyntax("acl", call.arg(1)));
  if (args.length === 3 && call.word(2) === "reset") {
    kept.entries = [];
    return reply.ok();
  }
  const count = args.length === 3 ? Math.max(0, numberArgument(call, 2)) : 10;
  const entries = kept.entries.slice(0, count);
  reply.array(entries.length);
  for (const entry of entries) {
    reply.map(7);
    reply.bulk("count");
    reply.integer(entry.count);
    for (const name of ["reason", "context", "object", "username"] as const) {
      reply.bulk(name);
      reply.bulk(entry[name]);
    }
    reply.bulk("age-seconds");
    reply.double((call.now - entry.time) / 1000);
    reply.bulk("client-info");
    reply.bulk(entry.clientInfo);
  }
}

function dryRun(call: Call): void {
  const { node, reply } = call;
  const user = node.access.find(call.arg(2));
  if (user === undefined) throw new CommandError(`ERR User '${call.shown(2)}' not found`);
  const args = call.args.slice(3);
  const entry = node.commands.resolve(args);
  if (entry === undefined) throw new CommandError(`ERR Command '${call.shown(3)}' not found`);
  const { arity } = entry.spec;
  if (arity > 0 ? args.length !== arity : args.length < -arity) {
    throw new CommandError(wrongArgumentCount(entry.name));
  }
  const refusal = refusalOf(user, entry, args);
  if (refusal === undefined) return reply.ok();
  const { denial, index } = refusal;
  if (denial === "command") reply.bulk(`This user has no permissions to run the '${entry.name}' command`);
  else reply.bulk(`This user has no permissions to access the '${call.shown(index + 3)}' ${denial}`);
}

function aclFile({ node }: Call): string {
  const file = node.config.text("aclfile");
  if (file === "") throw new CommandError(NO_FILE);
  return resolve(node.config.text("dir"), file);
}

function load(call: Call): void {
  const path = aclFile(call);
  try {
    loadAclFile(call.node.access, path, call.client);
  } catch (error) {
    throw error instanceof AclError ? new CommandError(`ERR ${error.message}`) : error;
  }
  call.reply.ok();
}

function save(call: Call): void {
  const path = aclFile(call);
  try {
    saveAclFile(call.node.access, path);
  } catch {
    throw new CommandError(
      "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
    );
  }
  call.reply.ok();
}

const HELP = [
  "CAT [<category>]",
  "    The categories, or the commands of one of them.",
  "DELUSER <username> [<username> ...]",
  "    Delete users and close their connections.",
  "DRYRUN <username> <command> [<arg> ...]",
  "    Whether the user may run the command, without running it.",
  "GETUSER <username>",
  "    What a user may do.",
  "GENPASS [<bits>]",
  "    A random password, of 256 bits unless said otherwise.",
  "LIST",
  "    All users as lines of a configuration file.",
  "LOAD",
  "    Read the users from the ACL file.",
  "LOG [<count>|RESET]",
  "    What was refused lately.",
  "SAVE",
  "    Write the users to the ACL file.",
  "SETUSER <username> <attribute> [<attribute> ...]",
  "    Create or change a user.",
  "USERS",
  "    The names of all users.",
  "WHOAMI",
  "    The user of this connection.",
];

const OPEN: readonly CommandFlag[] = ["noscript", "loading", "stale"];
const ADMIN: readonly CommandFlag[] = ["admin", ...OPEN];

function sub(
  name: string,
  arity: number,
  flags: readonly CommandFlag[],
  run: CommandRun,
  since = "6.0.0",
): Command {
  return { name: `acl|${name}`, arity, flags, categories: [], since, run };
}

export const ACL_COMMANDS: readonly Command[] = [
  container("acl", "6.0.0", [
    sub("setuser", -3, ADMIN, setUser),
    sub("deluser", -3, ADMIN, deleteUser),
    sub("getuser", 3, ADMIN, getUser),
    sub("list", 2, ADMIN, list),
    sub("users", 2, ADMIN, users),
    sub("whoami", 2, OPEN, whoAmI),
    sub("cat", -2, OPEN, cat),
    sub("genpass", -2, OPEN, generatePassword),
    sub("log", -2, ADMIN, log),
    sub("dryrun", -4, ADMIN, dryRun, "7.0.0"),
    sub("load", 2, ADMIN, load),
    sub("save", 2, ADMIN, save),
    helpCommand("acl", HELP, "6.0.0"),
  ]),
];
