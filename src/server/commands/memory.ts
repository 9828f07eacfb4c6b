import type { Call } from "../call.ts";
import type { Command, CommandRun } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { SYNTAX_ERROR } from "../errors-text.ts";
import { container } from "./container.ts";
import { helpCommand } from "./help.ts";
import { keyRange } from "./key-command.ts";
import { numberArgument } from "./number-argument.ts";

/** A count of samples makes no difference: what a value takes is always known. */
function usage(call: Call): void {
  const { args, db, reply } = call;
  for (let index = 3; index < args.length; index += 2) {
    if (call.word(index) !== "samples" || index + 1 >= args.length) throw new CommandError(SYNTAX_ERROR);
    if (numberArgument(call, index + 1) < 0) throw new CommandError(SYNTAX_ERROR);
  }
  const facts = db.facts(call.arg(2));
  if (facts === undefined) reply.null();
  else reply.integer(facts.bytes);
}

/** Accounted bytes, see MemoryAccount; what only an allocator knows is the process's. */
function stats({ node, reply }: Call): void {
  const { memory } = node;
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  const { dataset, other, peak, startup, used } = memory;
  const databases = node.databases.filter((db) => db.size > 0);
  const keys = databases.reduce((sum, db) => sum + db.size, 0);
  const integer = (name: string, value: number) => {
    reply.bulk(name);
    reply.integer(value);
  };
  const double = (name: string, value: number) => {
    reply.bulk(name);
    reply.double(value);
  };
  reply.map(27 + databases.length);
  integer("peak.allocated", peak);
  integer("total.allocated", used);
  integer("startup.allocated", startup);
  for (const name of ["replication.backlog", "clients.slaves"]) integer(name, 0);
  integer("clients.normal", other);
  for (const name of ["cluster.links", "aof.buffer", "lua.caches", "functions.caches"]) integer(name, 0);
  for (const db of databases) {
    reply.bulk(`db.${db.id}`);
    reply.map(3);
    integer("overhead.hashtable.main", db.size * 24);
    integer("overhead.hashtable.expires", db.volatileSize * 32);
    integer("overhead.hashtable.slot-to-keys", db.slots === undefined ? 0 : db.size * 16);
  }
  integer("overhead.total", startup + other);
  integer("keys.count", keys);
  integer("keys.bytes-per-key", keys === 0 ? 0 : Math.floor((used - startup) / keys));
  integer("dataset.bytes", dataset);
  double("dataset.percentage", used === startup ? 0 : (dataset / (used - startup)) * 100);
  double("peak.percentage", (used / peak) * 100);
  integer("allocator.allocated", heapUsed);
  integer("allocator.active", heapTotal);
  integer("allocator.resident", rss);
  double("allocator-fragmentation.ratio", heapTotal / heapUsed);
  integer("allocator-fragmentation.bytes", heapTotal - heapUsed);
  double("allocator-rss.ratio", rss / heapTotal);
  integer("allocator-rss.bytes", rss - heapTotal);
  double("rss-overhead.ratio", 1);
  integer("rss-overhead.bytes", 0);
  double("fragmentation", rss / used);
  integer("fragmentation.bytes", rss - used);
}

function doctor({ node, reply }: Call): void {
  const { peak, used } = node.memory;
  const limit = node.config.number("maxmemory");
  const lines: string[] = [];
  if (peak > used * 1.5) lines.push(`Once ${peak} bytes were in use, now ${used}.`);
  if (limit > 0 && used > limit * 0.9) lines.push(`${used} bytes of maxmemory's ${limit} are in use.`);
  reply.verbatim(lines.length === 0 ? "Nothing about the memory stands out." : lines.join("\n"));
}

function mallocStats({ reply }: Call): void {
  reply.verbatim("Stats not supported for the current allocator");
}

function purge({ reply }: Call): void {
  reply.ok();
}

const HELP = [
  "DOCTOR",
  "    What stands out, in words.",
  "MALLOC-STATS",
  "    What the allocator says of itself: nothing here.",
  "PURGE",
  "    Give unused memory back; the engine does so by itself.",
  "STATS",
  "    What memory is used for.",
  "USAGE <key> [SAMPLES <count>]",
  "    Bytes that a key and its value take.",
];

const SHARDS = "request_policy:all_shards";
const VARYING = ["nondeterministic_output", SHARDS, "response_policy:special"];

function sub(name: string, run: CommandRun, tips: readonly string[]): Command {
  return { name: `memory|${name}`, arity: 2, flags: [], categories: [], since: "4.0.0", tips, run };
}

export const MEMORY_COMMANDS: readonly Command[] = [
  container("memory", "4.0.0", [
    {
      name: "memory|usage",
      arity: -3,
      flags: ["readonly"],
      keys: [keyRange(2, 2, "RO")],
      categories: [],
      since: "4.0.0",
      run: usage,
    },
    sub("stats", stats, VARYING),
    sub("doctor", doctor, VARYING),
    sub("malloc-stats", mallocStats, VARYING),
    sub("purge", purge, [SHARDS, "response_policy:all_succeeded"]),
    helpCommand("memory", HELP, "4.0.0"),
  ]),
];
