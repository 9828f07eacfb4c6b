import type { Call } from "../call.ts";
import type { Command, CommandFlag, CommandRun } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { subcommandSyntax } from "../errors-text.ts";
import { globMatch } from "../glob.ts";
import type { Bytes } from "../protocol/arg.ts";
import type { PubSub, SubscriptionKind } from "../pubsub/pubsub.ts";
import { container } from "./container.ts";
import { helpCommand } from "./help.ts";
import { keyRange } from "./key-command.ts";

function subscribe(kind: SubscriptionKind): CommandRun {
  return (call) => {
    const { args, client, entry, node } = call;
    // A client that expects one reply to each command; a transaction is let through for the sake of old programs.
    if (client.denyBlocking && (!client.multi || kind === "shard")) {
      throw new CommandError(`ERR ${entry.name.toUpperCase()} isn't allowed for a DENY BLOCKING client`);
    }
    for (let index = 1; index < args.length; index += 1) {
      node.pubsub.subscribe(client, kind, call.arg(index));
    }
  };
}

function unsubscribe(kind: SubscriptionKind): CommandRun {
  return (call) => {
    const { args, client, node } = call;
    if (args.length === 1) return node.pubsub.unsubscribeAll(client, kind);
    for (let index = 1; index < args.length; index += 1) {
      node.pubsub.unsubscribe(client, kind, call.arg(index));
    }
  };
}

type Send = (pubsub: PubSub, channel: string, message: Bytes) => number;

/** In a cluster the other nodes are told by `hooks.published`, else the replicas by the command itself. */
function publish(sharded: boolean, send: Send): CommandRun {
  return (call) => {
    const { args, node, reply } = call;
    const channel = call.arg(1);
    const message = args[2] as Bytes;
    const receivers = send(node.pubsub, channel, message);
    for (const hook of node.hooks.published) hook(channel, message, sharded);
    if (!node.clusterEnabled) call.propagate(args);
    reply.integer(receivers);
  };
}

function channels(kind: SubscriptionKind): CommandRun {
  return (call) => {
    const { args, node, reply } = call;
    if (args.length > 3) throw new CommandError(subcommandSyntax("pubsub", call.arg(1)));
    const names = [...node.pubsub.of(kind).names()];
    reply.bulks(args.length === 2 ? names : names.filter((name) => globMatch(call.arg(2), name)));
  };
}

function counts(kind: SubscriptionKind): CommandRun {
  return (call) => {
    const { args, node, reply } = call;
    reply.array((args.length - 2) * 2);
    for (let index = 2; index < args.length; index += 1) {
      reply.bulk(args[index] as Bytes);
      reply.integer(node.pubsub.of(kind).count(call.arg(index)));
    }
  };
}

function patternCount({ node, reply }: Call): void {
  reply.integer(node.pubsub.of("pattern").size);
}

const HELP = [
  "CHANNELS [<pattern>]",
  "    Channels that somebody has subscribed to, all or those that match.",
  "NUMPAT",
  "    The number of patterns that somebody has subscribed to.",
  "NUMSUB [<channel> ...]",
  "    How many have subscribed to each channel; subscriptions to patterns do not count.",
  "SHARDCHANNELS [<pattern>]",
  "    As CHANNELS, for sharded channels.",
  "SHARDNUMSUB [<shardchannel> ...]",
  "    As NUMSUB, for sharded channels.",
];

const QUIET: readonly CommandFlag[] = ["pubsub", "loading", "stale"];
const SESSION: readonly CommandFlag[] = ["pubsub", "noscript", "loading", "stale"];
const PUBLISH: readonly CommandFlag[] = ["pubsub", "loading", "stale", "fast", "may_replicate"];
const CATEGORIES = { categories: ["pubsub"] } as const;

function session(name: string, arity: number, run: CommandRun, since = "2.0.0"): Command {
  const sharded = name.startsWith("ss") || name.startsWith("su");
  const keys = sharded && name !== "subscribe" ? [keyRange(1, -1, "not_key")] : undefined;
  return { name, arity, flags: SESSION, keys, ...CATEGORIES, since, run };
}

function sub(name: string, arity: number, since: string, run: CommandRun): Command {
  return { name: `pubsub|${name}`, arity, flags: QUIET, ...CATEGORIES, since, run };
}

export const PUBSUB_COMMANDS: readonly Command[] = [
  session("subscribe", -2, subscribe("channel")),
  session("unsubscribe", -1, unsubscribe("channel")),
  session("psubscribe", -2, subscribe("pattern")),
  session("punsubscribe", -1, unsubscribe("pattern")),
  session("ssubscribe", -2, subscribe("shard"), "7.0.0"),
  session("sunsubscribe", -1, unsubscribe("shard"), "7.0.0"),
  {
    name: "publish",
    arity: 3,
    flags: PUBLISH,
    ...CATEGORIES,
    since: "2.0.0",
    run: publish(false, (pubsub, channel, message) => pubsub.publish(channel, message)),
  },
  {
    name: "spublish",
    arity: 3,
    flags: PUBLISH,
    keys: [keyRange(1, 1, "not_key")],
    ...CATEGORIES,
    since: "7.0.0",
    run: publish(true, (pubsub, channel, message) => pubsub.publishSharded(channel, message)),
  },
  container("pubsub", "2.8.0", [
    sub("channels", -2, "2.8.0", channels("channel")),
    sub("numpat", 2, "2.8.0", patternCount),
    sub("numsub", -2, "2.8.0", counts("channel")),
    sub("shardchannels", -2, "7.0.0", channels("shard")),
    sub("shardnumsub", -2, "7.0.0", counts("shard")),
    helpCommand("pubsub", HELP, "6.2.0"),
  ]),
];
