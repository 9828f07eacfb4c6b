import type { Call } from "../call.ts";
import type { Command, CommandFlag, CommandRun } from "../command.ts";
import type { CommandEntry } from "../command-entry.ts";
import { CommandError } from "../command-error.ts";
import { subcommandSyntax, untilZero } from "../errors-text.ts";
import { measured } from "../latency/attach-latency.ts";
import type { LatencyHistogram } from "../latency/latency-histogram.ts";
import { latencyGraph, latencyReport } from "../latency/latency-report.ts";
import { parseInt64 } from "../protocol/int64.ts";
import { container } from "./container.ts";
import { helpCommand } from "./help.ts";

function monitor({ client, node, reply }: Call): void {
  if (client.denyBlocking) throw new CommandError("ERR MONITOR isn't allowed for DENY BLOCKING client");
  if (client.replica || client.monitor) return;
  node.monitors.add(client);
  reply.ok();
}

function slowlogGet(call: Call): void {
  const { args, node, reply } = call;
  if (args.length > 3) throw new CommandError(subcommandSyntax("slowlog", call.arg(1)));
  const given = args.length === 3 ? parseInt64(call.arg(2)) : 10;
  const count = given === undefined ? -2 : Number(given);
  if (count < -1) throw new CommandError("ERR count should be greater than or equal to -1");
  const entries = node.slowlog.latest(count === -1 ? node.slowlog.length : count);
  reply.array(entries.length);
  for (const entry of entries) {
    reply.array(6);
    reply.integer(entry.id);
    reply.integer(entry.time);
    reply.integer(entry.duration);
    reply.bulks(entry.args);
    reply.bulk(entry.address);
    reply.bulk(entry.clientName);
  }
}

function slowlogLength({ node, reply }: Call): void {
  reply.integer(node.slowlog.length);
}

function slowlogReset({ node, reply }: Call): void {
  node.slowlog.clear();
  reply.ok();
}

function latencyHistory(call: Call): void {
  const samples = call.node.latency.find(call.arg(2))?.samples ?? [];
  call.reply.array(samples.length);
  for (const { time, latency } of samples) {
    call.reply.array(2);
    call.reply.integer(time);
    call.reply.integer(latency);
  }
}

function latencyLatest({ node, reply }: Call): void {
  reply.array(node.latency.size);
  for (const [name, { samples, max }] of node.latency.entries()) {
    reply.array(4);
    reply.bulk(name);
    reply.integer(samples.at(-1)?.time ?? 0);
    reply.integer(samples.at(-1)?.latency ?? 0);
    reply.integer(max);
  }
}

function latencyReset(call: Call): void {
  const { args, node, reply } = call;
  if (args.length === 2) return reply.integer(node.latency.resetAll());
  const names = args.slice(2).map((_, index) => call.arg(index + 2));
  reply.integer(names.filter((name) => node.latency.reset(name)).length);
}

function graph(call: Call): void {
  const name = call.arg(2);
  const event = call.node.latency.find(name);
  if (event === undefined) throw new CommandError(`ERR No samples available for event '${untilZero(name)}'`);
  call.reply.verbatim(latencyGraph(name, event, Math.floor(call.now / 1000)));
}

function doctor({ node, now, reply }: Call): void {
  reply.verbatim(latencyReport(node.latency, Math.floor(now / 1000)));
}

function histogram(call: Call): void {
  const { args, node, reply } = call;
  const found: [CommandEntry, LatencyHistogram][] = [];
  if (args.length === 2) found.push(...measured(node));
  for (let index = 2; index < args.length; index += 1) {
    const entry = node.commands.byFullName(call.arg(index));
    for (const each of entry === undefined ? [] : [entry, ...(entry.subcommands?.values() ?? [])]) {
      if (each.histogram !== undefined) found.push([each, each.histogram]);
    }
  }
  reply.map(found.length);
  for (const [entry, each] of found) {
    reply.bulk(entry.name);
    reply.map(2);
    reply.bulk("calls");
    reply.integer(each.total);
    reply.bulk("histogram_usec");
    const steps = each.cumulative();
    reply.map(steps.length);
    for (const [us, count] of steps) {
      reply.integer(us);
      reply.integer(count);
    }
  }
}

const SLOWLOG_HELP = [
  "GET [<count>]",
  "    The latest slow commands, the newest first; ten unless said otherwise, -1 for all. Each has an id, when it",
  "    ended, its microseconds, its arguments, and the client's address and name.",
  "LEN",
  "    The number of slow commands that are kept.",
  "RESET",
  "    Forget them.",
];

const LATENCY_HELP = [
  "DOCTOR",
  "    What was slow, in words.",
  "GRAPH <event>",
  "    The samples of an event as a chart of characters.",
  "HISTORY <event>",
  "    The samples of an event: when, and how many milliseconds.",
  "LATEST",
  "    The latest sample of every event, and the worst.",
  "RESET [<event> ...]",
  "    Forget the samples of these events, or of all.",
  "HISTOGRAM [COMMAND ...]",
  "    How many calls of these commands, or of all, took up to so many microseconds.",
];

const QUIET: readonly CommandFlag[] = ["admin", "loading", "stale"];
const NO_SCRIPT: readonly CommandFlag[] = ["admin", "noscript", "loading", "stale"];
const NODES = "request_policy:all_nodes";
const ALL_SUCCEED = [NODES, "response_policy:all_succeeded"];
const VARYING = ["nondeterministic_output", NODES, "response_policy:special"];

type Row = readonly [name: string, arity: number, since: string, run: CommandRun, tips: readonly string[]];

function subcommands(parent: string, flags: readonly CommandFlag[], rows: readonly Row[]): Command[] {
  return rows.map(([name, arity, since, run, tips]) => {
    return { name: `${parent}|${name}`, arity, flags, categories: [], since, tips, run };
  });
}

export const OBSERVE_COMMANDS: readonly Command[] = [
  { name: "monitor", arity: 1, flags: NO_SCRIPT, categories: [], since: "1.0.0", run: monitor },
  container(
    "slowlog",
    "2.2.12",
    subcommands("slowlog", QUIET, [
      ["get", -2, "2.2.12", slowlogGet, [NODES, "nondeterministic_output"]],
      ["len", 2, "2.2.12", slowlogLength, [NODES, "response_policy:agg_sum", "nondeterministic_output"]],
      ["reset", 2, "2.2.12", slowlogReset, ALL_SUCCEED],
    ]),
    [helpCommand("slowlog", SLOWLOG_HELP, "6.2.0")],
  ),
  container(
    "latency",
    "2.8.13",
    subcommands("latency", NO_SCRIPT, [
      ["history", 3, "2.8.13", latencyHistory, VARYING],
      ["latest", 2, "2.8.13", latencyLatest, VARYING],
      ["reset", -2, "2.8.13", latencyReset, ALL_SUCCEED],
      ["graph", 3, "2.8.13", graph, VARYING],
      ["doctor", 2, "2.8.13", doctor, VARYING],
      ["histogram", -2, "7.0.0", histogram, VARYING],
    ]),
    [helpCommand("latency", LATENCY_HELP, "2.8.13")],
  ),
];
