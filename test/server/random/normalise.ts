import { NORMALISE as KEYS } from "../keyspace/normalise.ts";
import type { Argument } from "../resp-client.ts";
import type { WireReply } from "../resp-reply.ts";

/** What the normalisations have to know of the side that a reply came from. */
export interface Context {
  /** Names of the commands that the embedded server has, subcommands included. */
  readonly commands: ReadonlySet<string>;
  /** Parameters whose values tell how a server was started. */
  readonly places: ReadonlySet<string>;
  /** Ids of the test's own connections. */
  readonly ids: ReadonlySet<string>;
  /** Ports and node ids of this side, and what they are called on both. */
  readonly names: ReadonlyMap<string, string>;
  /** The port that MIGRATE is told. */
  readonly target: string;
}

export interface Normalisation {
  /** What is left out of the comparison, for docs/compatibility.md. */
  readonly why: string;
  apply(reply: WireReply, args: readonly Argument[], context: Context): WireReply;
}

const type = (reply: WireReply): WireReply =>
  typeof reply !== "string" ? [reply[0] as string] : reply[0] === "-" ? reply : (reply[0] as string);
const sorted = (reply: WireReply): WireReply =>
  typeof reply === "string"
    ? reply
    : [
        reply[0] as string,
        ...reply
          .slice(1)
          .map((item) => JSON.stringify(item))
          .sort(),
      ];
const lines = (reply: WireReply): string[] =>
  String(reply)
    .replace(/^[$=](txt:)?/, "")
    .split(/\r?\n/);

function help(reply: WireReply): WireReply {
  return typeof reply === "string" ? reply : ["help", reply[1] as WireReply];
}

const VOLATILE =
  /\b(addr|laddr|fd|age|idle|qbuf|qbuf-free|argv-mem|multi-mem|rbs|rbp|obl|oll|omem|tot-mem|events)=\S+/g;

function clientLines(reply: WireReply, context: Context): WireReply {
  if (typeof reply !== "string" || reply[0] === "-") return reply;
  return lines(reply)
    .filter((line) => context.ids.has(/^id=(\d+) /.exec(line)?.[1] ?? ""))
    .map((line) => line.replace(VOLATILE, "$1=*"))
    .sort();
}

/** Counters that follow from the commands alone. */
const COUNTED =
  /^(keyspace_hits|keyspace_misses|expired_keys|evicted_keys|total_error_replies|pubsub_channels|pubsub_patterns|tracking_total_(keys|items|prefixes)|tracking_clients|blocked_clients|cluster_enabled|redis_version|redis_mode|maxmemory|maxmemory_policy|maxclients|role|connected_slaves|master_failover_state|db\d+|cmdstat_.*|errorstat_.*)$/;

function info(reply: WireReply): WireReply {
  if (typeof reply !== "string" || reply[0] === "-") return reply;
  return lines(reply)
    .filter((line) => line.startsWith("# ") || COUNTED.test(line.slice(0, line.indexOf(":"))))
    .filter((line) => !/^cmdstat_(info|latency|scan)/.test(line))
    .map((line) => line.replace(/usec=\d+,usec_per_call=[\d.]+,/, "").replace(/avg_ttl=\d+/, ""))
    .sort();
}

const pairs = (reply: WireReply): [string, WireReply][] => {
  // An error stays what it is.
  if (typeof reply === "string") return [[reply, ""]];
  const items = reply.slice(1);
  return Array.from({ length: items.length / 2 }, (_, index) => [
    String(items[2 * index]),
    items[2 * index + 1] as WireReply,
  ]);
};

/** Notes on keys are the other project's texts. */
function withoutNotes(spec: WireReply): WireReply {
  if (typeof spec === "string") return spec;
  const at = spec.indexOf("$notes");
  return at < 0 ? spec : [...spec.slice(0, at), ...spec.slice(at + 2)];
}

/** COMMAND INFO: the subcommands of a container in any order, and only those that are there. */
function commandInfo(given: WireReply, { commands }: Context): WireReply {
  if (typeof given === "string" || given.length !== 11) return given;
  const reply = [
    ...given.slice(0, 9),
    [...(given[9] as WireReply[])].map(withoutNotes),
    given[10] as WireReply,
  ];
  const subcommands = reply[10] as WireReply;
  if (typeof subcommands === "string") return reply;
  const kept = subcommands
    .slice(1)
    .filter((sub) => commands.has(String(sub[1]).slice(1)))
    .map((sub) => JSON.stringify(sub))
    .sort();
  return [...reply.slice(0, 10), kept];
}

function commandDocs(reply: WireReply, { commands }: Context): WireReply {
  if (typeof reply === "string") return reply;
  return pairs(reply)
    .filter(([name]) => commands.has(name.slice(1)))
    .map(([name, docs]) => {
      const kept = pairs(docs).filter(([field]) => field === "$since" || field === "$group");
      const subcommands = pairs(docs).find(([field]) => field === "$subcommands")?.[1] ?? [];
      const names = pairs(subcommands)
        .map(([sub]) => sub)
        .filter((sub) => commands.has(sub.slice(1)));
      return JSON.stringify([name, kept, names.sort()]);
    })
    .sort();
}

/** Rules of the ACL in the order of a hash table. How a set of commands is put in words depends on which commands there are. */
function rules(reply: WireReply): WireReply {
  if (typeof reply !== "string") return reply.map(rules);
  if (!reply.includes(" ")) return reply;
  const words = reply.split(/([ ()])/).filter((word) => word !== "" && word !== " ");
  const mixed = words.some((word) => /^[$]?[+-]@(?!all$)/.test(word));
  return words
    .filter((word) => !mixed || !/^[$]?[+-]/.test(word))
    .sort()
    .join(" ");
}

function known(reply: WireReply, { commands }: Context): WireReply {
  if (typeof reply === "string") return reply;
  return reply
    .slice(1)
    .map((name) => String(name))
    .filter((name) => commands.has(name.slice(1)))
    .sort();
}

function entries(reply: WireReply, fields: (entry: readonly WireReply[]) => WireReply): WireReply {
  if (typeof reply === "string") return reply;
  return reply.map((entry) => (typeof entry === "string" ? entry : fields(entry)));
}

function memoryUsage(reply: WireReply): WireReply {
  return typeof reply === "string" && Number(reply.slice(1)) > 0 ? "bytes" : reply;
}

const normal = (
  why: string,
  apply: (reply: WireReply, context: Context, args: readonly Argument[]) => WireReply,
): Normalisation => ({ why, apply: (reply, args, context) => apply(reply, context, args) });

const keys = (why: string, name: string): Normalisation =>
  normal(why, (reply) => (KEYS[name] as (reply: WireReply) => WireReply)(reply));
const HELP = normal("HELP texts are our own; the first line is compared", help);
const LINES = normal(
  "lines of the test's connections without addr, laddr, fd, age, idle, events and what buffers take (qbuf … tot-mem), in any order: the real server turns its list round",
  clientLines,
);
const ORDER = normal("the order of a hash table", sorted);

/** By command; they are applied only to replies that are not equal as they came. */
export const NORMAL: Readonly<Record<string, Normalisation>> = {
  keys: ORDER,
  scan: normal("the order of a hash table, and where a cursor stands", (reply, _, args) =>
    Number(args[1]) === 0 ? (KEYS.scan as (reply: WireReply) => WireReply)(reply) : type(reply),
  ),
  ttl: keys("time left of keys with a time to live", "ttl"),
  pttl: keys("time left of keys with a time to live", "pttl"),
  expiretime: keys("times that were set relatively", "expiretime"),
  pexpiretime: keys("times that were set relatively", "pexpiretime"),
  dump: keys("whether the payload is compressed; what it holds is compared", "dump"),
  randomkey: normal("which key", type),
  time: normal("the time", (reply) => (typeof reply === "string" ? reply : ["time"])),
  info: normal(
    "sections and the fields that follow from the commands alone (commandstats without usec, errorstats, keyspace without avg_ttl, hits, misses, expired, tracking, pub/sub …); no other values",
    info,
  ),
  command: normal("only commands that are there, in any order, and no notes on keys", (reply, context) =>
    typeof reply === "string"
      ? reply
      : reply
          .slice(1)
          .filter((entry) => context.commands.has(String(entry[1]).slice(1)))
          .map((entry) => JSON.stringify(commandInfo(entry, context)))
          .sort(),
  ),
  "command|info": normal(
    "subcommands that are there, in any order, and no notes on keys",
    (reply, context, args) =>
      args.length === 2
        ? (NORMAL.command as Normalisation).apply(reply, args, context)
        : typeof reply === "string"
          ? reply
          : reply.map((entry) => commandInfo(entry, context)),
  ),
  "pubsub|channels": ORDER,
  "pubsub|shardchannels": ORDER,
  "command|docs": normal(
    "`since`, `group` and names of subcommands only: the texts are another project's",
    commandDocs,
  ),
  "command|list": normal("only commands that are there, in any order", known),
  "command|count": normal("the number of commands", type),
  "config|get": normal(
    "parameters whose values tell how and where the server was started",
    (reply, { places }) =>
      pairs(reply)
        .filter(([name]) => !places.has(name.slice(1)))
        .map(([name, value]) => `${name} ${value}`)
        .sort(),
  ),
  "client|list": LINES,
  "client|info": LINES,
  "acl|cat": normal("only commands that are there, in any order", (reply, context, args) =>
    args.length === 2 ? sorted(reply) : known(reply, context),
  ),
  "acl|genpass": normal("random digits; their number is compared", (reply) =>
    String(reply).startsWith("$") ? String(String(reply).length) : reply,
  ),
  "acl|list": normal(
    "the order of rules and users, and commands in words where categories are mixed: these depend on the commands that there are",
    (reply) => sorted(rules(reply)),
  ),
  "acl|users": ORDER,
  "acl|getuser": normal("as ACL LIST", rules),
  "acl|log": normal("age and addresses", (reply, context) =>
    entries(reply, (entry) =>
      entry.map((item) => {
        if (typeof item !== "string") return item;
        if (/^[,$][\d.e-]+$/.test(item)) return "age";
        return item.includes(" addr=") ? String(clientLines(`$${item.slice(1)}`, context)) : item;
      }),
    ),
  ),
  "slowlog|get": normal("ids (their distances are compared), times, durations and ports", (reply) => {
    if (typeof reply === "string") return reply;
    const first = Number(String(reply[1]?.[1]).slice(1));
    return entries(reply, (entry) => [
      String(first - Number(String(entry[1]).slice(1))),
      entry[4] as WireReply,
      entry[6] as WireReply,
    ]);
  }),
  "latency|histogram": normal("how long calls took", (reply) =>
    pairs(reply)
      .map(([name, counts]) => `${name} ${pairs(counts)[0]}`)
      .filter((line) => !/^.(info|latency|scan)/.test(line))
      .sort(),
  ),
  "latency|doctor": normal("the words of the report", type),
  "latency|graph": normal("times", type),
  "latency|latest": normal("how long things took", type),
  "latency|history": normal("how long things took", type),
  "memory|usage": normal("bytes", memoryUsage),
  "memory|stats": normal("values; the names are compared", (reply) =>
    typeof reply === "string"
      ? reply
      : pairs(reply)
          .map(([name]) => name)
          .filter((name) => !/^\$db\./.test(name))
          .sort(),
  ),
  "memory|doctor": normal("the words of the report", type),
  "memory|malloc-stats": normal("the words of the report", type),
  "object|idletime": normal("seconds", (reply) => (String(reply).startsWith(":") ? "idle" : reply)),
  "object|freq": normal("a counter that grows by chance", (reply) =>
    String(reply).startsWith(":") ? "freq" : reply,
  ),
  "debug|object": normal("address, count of references, bytes and age", (reply) =>
    String(reply)
      .replace(/at:\S+ refcount:\d+/, "")
      .replace(/serializedlength:.*/, ""),
  ),
  "debug|sdslen": normal("what the allocator gave", (reply) =>
    String(reply).replace(/(avail|zmalloc): ?\d+/g, "$1"),
  ),
  "cluster|nodes": normal("times of pings, and the order of lines", (reply) =>
    String(reply)
      .split("\n")
      .map((line) => line.replace(/ \d+ \d+ (\d+ (dis)?connected)/, " $1").replace(/^[$=](txt:)?/, ""))
      .sort(),
  ),
  "cluster|info": normal("counts of messages", (reply) =>
    lines(reply).filter((line) => /^cluster_(enabled|state|slots|known|size|current|my)/.test(line)),
  ),
  "cluster|links": normal("links of the bus, which is none here", type),
  "cluster|shards": normal("order", (reply) => sorted(reply)),
};

/** Where the name says so, a container's HELP. */
export function normalisation(name: string): Normalisation | undefined {
  return name.endsWith("|help") ? HELP : NORMAL[name];
}
