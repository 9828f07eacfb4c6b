import type { Call } from "../call.ts";
import type { ClientTracking } from "../client-tracking.ts";
import type { Command, CommandFlag, CommandRun } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { SYNTAX_ERROR, untilZero } from "../errors-text.ts";
import { numberArgument } from "./number-argument.ts";

const OTHER_MODE =
  "before disabling tracking for this client, and then re-enabling it with a different mode.";
const CACHING = "ERR CLIENT CACHING";

interface Options {
  redirect: number;
  broadcast: boolean;
  optIn: boolean;
  optOut: boolean;
  noLoop: boolean;
  prefixes: string[];
}

function tracking(call: Call): void {
  const options = readOptions(call);
  const { client, node, reply } = call;
  const word = call.word(2);
  if (word === "on") {
    check(client.tracking, options);
    const known = client.tracking?.prefixes ?? [];
    const added = options.broadcast && options.prefixes.length === 0 ? [""] : options.prefixes;
    node.tracking.enable(client, {
      ...options,
      prefixes: [...new Set([...known, ...added])].sort(),
      caching: client.tracking?.caching,
      brokenRedirect: false,
    });
  } else if (word === "off") node.tracking.disable(client);
  else throw new CommandError(SYNTAX_ERROR);
  reply.ok();
}

function readOptions(call: Call): Options {
  const options: Options = {
    redirect: 0,
    broadcast: false,
    optIn: false,
    optOut: false,
    noLoop: false,
    prefixes: [],
  };
  const { args, node } = call;
  for (let index = 3; index < args.length; index += 1) {
    const word = call.word(index);
    const more = index + 1 < args.length;
    if (word === "redirect" && more) {
      if (options.redirect !== 0) {
        throw new CommandError("ERR A client can only redirect to a single other client");
      }
      index += 1;
      options.redirect = numberArgument(call, index);
      const target = node.clients.get(options.redirect);
      if (target === undefined || target.closed) {
        throw new CommandError("ERR The client ID you want redirect to does not exist");
      }
    } else if (word === "prefix" && more) {
      index += 1;
      options.prefixes.push(call.arg(index));
    } else if (word === "bcast") options.broadcast = true;
    else if (word === "optin") options.optIn = true;
    else if (word === "optout") options.optOut = true;
    else if (word === "noloop") options.noLoop = true;
    else throw new CommandError(SYNTAX_ERROR);
  }
  return options;
}

/** What does not go together, or with what the connection asked for before; in the order of the real server. */
function check(now: ClientTracking | undefined, options: Options): void {
  const { broadcast, optIn, optOut, prefixes } = options;
  if (!broadcast && prefixes.length > 0) {
    throw new CommandError("ERR PREFIX option requires BCAST mode to be enabled");
  }
  if (now !== undefined && now.broadcast !== broadcast) {
    throw new CommandError(`ERR You can't switch BCAST mode on/off ${OTHER_MODE}`);
  }
  if (broadcast && (optIn || optOut)) {
    throw new CommandError("ERR OPTIN and OPTOUT are not compatible with BCAST");
  }
  if (optIn && optOut) throw new CommandError("ERR You can't specify both OPTIN mode and OPTOUT mode");
  if ((optIn && now?.optOut) || (optOut && now?.optIn)) {
    throw new CommandError(`ERR You can't switch OPTIN/OPTOUT mode ${OTHER_MODE}`);
  }
  if (broadcast) checkPrefixes(now?.prefixes ?? [], prefixes);
}

function checkPrefixes(known: readonly string[], given: readonly string[]): void {
  for (const [index, prefix] of given.entries()) {
    const existing = known.find((other) => overlap(prefix, other));
    if (existing !== undefined) throw overlaps(prefix, `an existing prefix '${untilZero(existing)}'`);
    const other = given.slice(index + 1).find((next) => overlap(prefix, next));
    if (other !== undefined) throw overlaps(prefix, `another provided prefix '${untilZero(other)}'`);
  }
}

function overlap(first: string, second: string): boolean {
  return first.startsWith(second) || second.startsWith(first);
}

function overlaps(prefix: string, what: string): CommandError {
  return new CommandError(
    `ERR Prefix '${untilZero(prefix)}' overlaps with ${what}. Prefixes for a single client must not overlap.`,
  );
}

function caching(call: Call): void {
  const { tracking: now } = call.client;
  if (now === undefined) {
    throw new CommandError(
      `${CACHING} can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled`,
    );
  }
  const word = call.word(2);
  if (word !== "yes" && word !== "no") throw new CommandError(SYNTAX_ERROR);
  const yes = word === "yes";
  if (yes ? !now.optIn : !now.optOut) {
    throw new CommandError(
      `${CACHING} ${word.toUpperCase()} is only valid when tracking is enabled in ${yes ? "OPTIN" : "OPTOUT"} mode.`,
    );
  }
  now.caching = yes;
  call.reply.ok();
}

function getRedirect({ client, reply }: Call): void {
  reply.integer(client.tracking?.redirect ?? -1);
}

function trackingInfo({ client, reply }: Call): void {
  const { tracking: now } = client;
  const flags = [now === undefined ? "off" : "on"];
  if (now?.broadcast) flags.push("bcast");
  if (now?.optIn) flags.push("optin");
  if (now?.optIn && now.caching !== undefined) flags.push("caching-yes");
  if (now?.optOut) flags.push("optout");
  if (now?.optOut && now.caching !== undefined) flags.push("caching-no");
  if (now?.noLoop) flags.push("noloop");
  if (now?.brokenRedirect) flags.push("broken_redirect");
  reply.map(3);
  reply.bulk("flags");
  reply.set(flags.length);
  for (const flag of flags) reply.bulk(flag);
  reply.bulk("redirect");
  reply.integer(now?.redirect ?? -1);
  reply.bulk("prefixes");
  reply.bulks(now?.prefixes ?? []);
}

const FLAGS: readonly CommandFlag[] = ["noscript", "loading", "stale"];

function sub(name: string, arity: number, since: string, run: CommandRun): Command {
  return { name: `client|${name}`, arity, flags: FLAGS, categories: ["connection"], since, run };
}

export const CLIENT_TRACKING_SUBCOMMANDS: readonly Command[] = [
  sub("tracking", -3, "6.0.0", tracking),
  sub("caching", 3, "6.0.0", caching),
  sub("getredir", 2, "6.0.0", getRedirect),
  sub("trackinginfo", 2, "6.2.0", trackingInfo),
];
