import type { Call } from "../call.ts";
import type { Command, CommandFlag } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { DB_OUT_OF_RANGE, SYNTAX_ERROR, wrongArgumentCount } from "../errors-text.ts";
import { parseInt64 } from "../protocol/int64.ts";
import type { ReplyWriter } from "../protocol/reply-writer.ts";
import { SERVER_VERSION } from "../server-version.ts";
import { discardTransaction } from "../transaction-state.ts";
import { setClientName } from "./client-name.ts";
import { intArgument } from "./number-argument.ts";

const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
const BEFORE_LOGIN: readonly CommandFlag[] = [
  "noscript",
  "loading",
  "stale",
  "fast",
  "no_auth",
  "allow_busy",
];

function ping({ client, reply, args }: Call): void {
  if (args.length > 2) throw new CommandError(wrongArgumentCount("ping"));
  const message = args[1];
  if (client.subscribed && reply.resp === 2) reply.bulks(["pong", message ?? ""]);
  else if (message === undefined) reply.status("PONG");
  else reply.bulk(message);
}

function echo({ reply, args }: Call): void {
  reply.bulk(args[1] as string);
}

function select(call: Call): void {
  const index = intArgument(call, 1);
  if (call.node.clusterEnabled && index !== 0) {
    throw new CommandError("ERR SELECT is not allowed in cluster mode");
  }
  if (call.node.databases[index] === undefined) throw new CommandError(DB_OUT_OF_RANGE);
  call.client.db = index;
  call.reply.ok();
}

function quit({ client, reply }: Call): void {
  reply.ok();
  client.closeAfterReply = true;
}

function logIn(call: Call, name: string, password: string): void {
  const user = call.node.access.authenticate(name, password, call.client, call.arg(0));
  if (user === undefined) throw new CommandError(WRONG_PASSWORD);
  call.client.user = user;
  call.client.authenticated = true;
}

function auth(call: Call): void {
  const { args, node } = call;
  if (args.length > 3) throw new CommandError(SYNTAX_ERROR);
  if (args.length === 2 && node.access.open) {
    throw new CommandError(
      "ERR AUTH <password> called without any password configured for the default user. " +
        "Are you sure your configuration is correct?",
    );
  }
  if (args.length === 2) logIn(call, "default", call.arg(1));
  else logIn(call, call.arg(1), call.arg(2));
  call.reply.ok();
}

/** Sets what its options say one by one, so that an error in a later one leaves the earlier ones done, as the real server does. */
function hello(call: Call): void {
  const { args, client, node, reply } = call;
  let version: number | undefined;
  if (args.length >= 2) {
    const asked = parseInt64(call.arg(1));
    if (asked === undefined) {
      throw new CommandError("ERR Protocol version is not an integer or out of range");
    }
    version = Number(asked);
    if (version < 2 || version > 3) throw new CommandError("NOPROTO unsupported protocol version");
  }
  for (let index = 2; index < args.length; index += 1) {
    const more = args.length - 1 - index;
    const option = call.word(index);
    if (option === "auth" && more >= 2) {
      logIn(call, call.arg(index + 1), call.arg(index + 2));
      index += 2;
    } else if (option === "setname" && more >= 1) {
      setClientName(client, call.arg(index + 1));
      index += 1;
    } else throw new CommandError(`ERR Syntax error in HELLO option '${call.shown(index)}'`);
  }
  // Who came while there was a password is asked for it here even when it is gone.
  if (!client.authenticated) {
    throw new CommandError(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> " +
        "option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
  }
  if (version !== undefined) reply.resp = version as 2 | 3;
  reply.map(7);
  pair(reply, "server", "redis");
  pair(reply, "version", SERVER_VERSION);
  reply.bulk("proto");
  reply.integer(reply.resp);
  reply.bulk("id");
  reply.integer(client.id);
  pair(reply, "mode", node.clusterEnabled ? "cluster" : "standalone");
  pair(reply, "role", node.replica ? "replica" : "master");
  reply.bulk("modules");
  reply.array(0);
}

/** Source: clearClientConnectionState. */
function reset(call: Call): void {
  const { client, node, reply } = call;
  if ((client.replica && !client.monitor) || client.master) {
    throw new CommandError("ERR can only reset normal client connections");
  }
  for (const hook of node.hooks.closed) hook(client, true);
  client.monitor = false;
  client.db = 0;
  discardTransaction(node, client);
  client.tracking = undefined;
  client.user = node.access.defaultUser;
  client.authenticated = node.access.open;
  client.name = "";
  client.asking = false;
  client.clusterReadonly = false;
  client.replyOff = client.replySkip = client.replySkipNext = false;
  reply.muted = false;
  reply.resp = 2;
  reply.status("RESET");
}

const FAST: readonly CommandFlag[] = ["loading", "stale", "fast"];
const CONNECTION = { categories: ["connection"] } as const;

export const CONNECTION_COMMANDS: readonly Command[] = [
  {
    name: "ping",
    arity: -1,
    flags: ["fast"],
    ...CONNECTION,
    since: "1.0.0",
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
    run: ping,
  },
  { name: "echo", arity: 2, flags: FAST, ...CONNECTION, since: "1.0.0", run: echo },
  { name: "hello", arity: -1, flags: BEFORE_LOGIN, ...CONNECTION, since: "6.0.0", run: hello },
  { name: "auth", arity: -2, flags: BEFORE_LOGIN, ...CONNECTION, since: "1.0.0", run: auth },
  { name: "select", arity: 2, flags: FAST, ...CONNECTION, since: "1.0.0", run: select },
  { name: "quit", arity: -1, flags: BEFORE_LOGIN, ...CONNECTION, since: "1.0.0", run: quit },
  { name: "reset", arity: 1, flags: BEFORE_LOGIN, ...CONNECTION, since: "6.2.0", run: reset },
];

function pair(reply: ReplyWriter, name: string, value: string): void {
  reply.bulk(name);
  reply.bulk(value);
}
