import type { Argument } from "../resp-client.ts";
import type { WireReply } from "../resp-reply.ts";
import { commandName } from "./names.ts";
import { type Context, normalisation } from "./normalise.ts";
import { inOrder } from "./order.ts";
import { confirms, unasked } from "./stream.ts";

type Args = readonly Argument[];

/** What was heard of one command, comparable; `queue` is what an EXEC runs. */
export function normalHeard(
  heard: readonly WireReply[],
  args: Args,
  queue: readonly Args[],
  context: Context,
): WireReply[] {
  if (commandName(args) !== "exec") return inOrder(heard).map((item) => normalReply(item, args, context));
  const left = [...queue];
  // Pushes may stand between the replies. They make the array too short: its last replies come behind it.
  const next = (reply: WireReply): WireReply =>
    normalReply(reply, (unasked(reply) && !confirms(reply) ? undefined : left.shift()) ?? [], context);
  let ran = false;
  // One list of all, since what has no order may go on behind the array.
  const items = heard.flatMap((item): readonly WireReply[] => {
    if (ran || typeof item === "string" || item[0] !== "*" || unasked(item)) return [item];
    ran = true;
    return [`*${item.length - 1}`, ...item.slice(1)];
  });
  let within = false;
  return inOrder(items).map((item) => {
    if (within) return next(item);
    within = ran && /^\*\d/.test(String(item)) && typeof item === "string";
    return normalReply(item, [], context);
  });
}

function normalReply(reply: WireReply, args: Args, context: Context): WireReply {
  const name = commandName(args);
  const named = renamed(reply, context, name.startsWith("cluster|"));
  return normalisation(name)?.apply(named, args, context) ?? named;
}

/** Addresses, ids of nodes, and the time of a line of MONITOR; integers are ports only where CLUSTER says them. */
function renamed(reply: WireReply, context: Context, integers: boolean): WireReply {
  if (typeof reply !== "string") return reply.map((item) => renamed(item, context, integers));
  const { names, target } = context;
  const name = (word: string) => names.get(word) ?? word;
  if (/^:\d{4,5}$/.test(reply)) return integers ? `:${name(reply.slice(1))}` : reply;
  if (reply === `$${target}`) return "$<target>";
  return reply
    .replace(/^\+\d{10}\.\d{6} \[/, "+time [")
    .replace(`"${target}"`, '"<target>"')
    .replace(/\b[0-9a-f]{40}\b/g, name)
    .replace(/127\.0\.0\.1:(\d+)(?:@(\d+))?/g, (_, port: string, bus: string | undefined) => {
      return `127.0.0.1:${name(port)}${bus === undefined ? "" : `@${name(bus)}`}`;
    });
}
