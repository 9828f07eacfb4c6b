import type { Call } from "../call.ts";
import type { Client } from "../client.ts";
import { clientLine } from "../client-line.ts";
import type { Command, CommandFlag, CommandRun } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { SYNTAX_ERROR, subcommandSyntax, TIMEOUT_NEGATIVE, TIMEOUT_NOT_AN_INTEGER } from "../errors-text.ts";
import { parseLong } from "../protocol/integer.ts";
import { clientKill } from "./client-kill.ts";
import { setClientName } from "./client-name.ts";
import { clientType, unknownType } from "./client-type.ts";
import { helpCommand } from "./help.ts";
import { numberArgument } from "./number-argument.ts";

function id({ client, reply }: Call): void {
  reply.integer(client.id);
}

function getName({ client, reply }: Call): void {
  reply.bulk(client.name === "" ? null : client.name);
}

function setName(call: Call): void {
  setClientName(call.client, call.arg(2));
  call.reply.ok();
}

function info({ client, node, reply }: Call): void {
  reply.verbatim(`${clientLine(client, node.clock.nowMs())}\n`);
}

function list(call: Call): void {
  const { args, node, reply } = call;
  let listed: Iterable<Client>;
  if (args.length === 4 && call.word(2) === "type") {
    const type = clientType(call.arg(3));
    if (type === undefined) throw unknownType(call.arg(3));
    listed = [...node.clients].filter((client) => type(client));
  } else if (args.length > 3 && call.word(2) === "id") {
    listed = args.slice(3).flatMap((_, index) => {
      const number = parseLong(call.arg(index + 3));
      if (number === undefined) throw new CommandError("ERR Invalid client ID");
      return node.clients.get(Number(number)) ?? [];
    });
  } else if (args.length === 2) listed = node.clients;
  else throw new CommandError(SYNTAX_ERROR);
  const now = node.clock.nowMs();
  let text = "";
  for (const client of listed) text += `${clientLine(client, now)}\n`;
  reply.verbatim(text);
}

function replyMode(call: Call): void {
  const { client, reply } = call;
  const mode = call.word(2);
  if (mode === "on") {
    client.replyOff = client.replySkip = false;
    reply.muted = false;
    reply.ok();
  } else if (mode === "off") {
    client.replyOff = true;
    reply.muted = true;
  } else if (mode === "skip") {
    if (!client.replyOff) client.replySkipNext = true;
  } else throw new CommandError(SYNTAX_ERROR);
}

function noEvict(call: Call): void {
  const mode = call.word(2);
  if (mode !== "on" && mode !== "off") throw new CommandError(SYNTAX_ERROR);
  call.client.noEvict = mode === "on";
  call.reply.ok();
}

function pause(call: Call): void {
  const mode = call.args.length === 4 ? call.word(3) : "all";
  if (call.args.length > 4) throw new CommandError(subcommandSyntax("client", call.arg(1)));
  if (mode !== "write" && mode !== "all") {
    throw new CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL");
  }
  const timeout = parseLong(call.arg(2));
  if (timeout === undefined) throw new CommandError(TIMEOUT_NOT_AN_INTEGER);
  if (timeout < 0n) throw new CommandError(TIMEOUT_NEGATIVE);
  // The real server's sum wraps around too, and such a pause is over at once.
  const until = BigInt.asIntN(64, timeout + BigInt(call.now));
  call.node.pause.start("client", mode, Number(until));
  call.reply.ok();
}

function unpause({ node, reply }: Call): void {
  node.pause.end("client");
  reply.ok();
}

function unblock(call: Call): void {
  const how = call.args.length === 4 ? call.word(3) : "timeout";
  if (call.args.length > 4) throw new CommandError(subcommandSyntax("client", call.arg(1)));
  if (how !== "timeout" && how !== "error") {
    throw new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const number = numberArgument(call, 2);
  const blocked = call.node.clients.get(number)?.blocked;
  blocked?.unblock(how);
  call.reply.integer(blocked === undefined ? 0 : 1);
}

const HELP = [
  "CACHING (YES|NO)",
  "    Whether the keys of the next command are tracked, in the OPTIN and OPTOUT modes.",
  "GETREDIR",
  "    The id of the client that this connection's invalidations go to.",
  "GETNAME",
  "    This connection's name.",
  "ID",
  "    This connection's id.",
  "INFO",
  "    What CLIENT LIST says of this connection.",
  "KILL <ip:port>",
  "    Close the connection that comes from there.",
  "KILL <option> <value> [<option> <value> [...]]",
  "    Close connections that meet every option: ADDR, LADDR, ID, TYPE, USER, SKIPME (YES|NO).",
  "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <id> [...]]",
  "    One line for each connection.",
  "UNPAUSE",
  "    End CLIENT PAUSE.",
  "PAUSE <timeout> [WRITE|ALL]",
  "    Hold back all commands, or those that write, for so many milliseconds.",
  "REPLY (ON|OFF|SKIP)",
  "    Whether this connection gets replies.",
  "SETNAME <name>",
  "    Name this connection.",
  "UNBLOCK <clientid> [TIMEOUT|ERROR]",
  "    End a blocking command of another connection.",
  "NO-EVICT (ON|OFF)",
  "    Keep this connection when the memory of connections is limited.",
];

const OPEN: readonly CommandFlag[] = ["noscript", "loading", "stale"];
const ADMIN: readonly CommandFlag[] = ["admin", ...OPEN];
const VOLATILE = ["nondeterministic_output"];

function sub(
  name: string,
  arity: number,
  flags: readonly CommandFlag[],
  since: string,
  run: CommandRun,
  tips?: readonly string[],
): Command {
  return { name: `client|${name}`, arity, flags, categories: ["connection"], since, tips, run };
}

export const CLIENT_SUBCOMMANDS: readonly Command[] = [
  sub("id", 2, OPEN, "5.0.0", id),
  sub("getname", 2, OPEN, "2.6.9", getName),
  sub("setname", 3, OPEN, "2.6.9", setName),
  sub("info", 2, OPEN, "6.2.0", info, VOLATILE),
  sub("list", -2, ADMIN, "2.4.0", list, VOLATILE),
  sub("kill", -3, ADMIN, "2.4.0", clientKill),
  sub("no-evict", 3, ADMIN, "7.0.0", noEvict),
  sub("reply", 3, OPEN, "3.2.0", replyMode),
  sub("pause", -3, ADMIN, "2.9.50", pause),
  sub("unpause", 2, ADMIN, "6.2.0", unpause),
  sub("unblock", -3, ADMIN, "5.0.0", unblock),
  { ...helpCommand("client", HELP, "5.0.0"), categories: ["connection"] },
];
