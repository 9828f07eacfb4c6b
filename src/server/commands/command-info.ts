import { categoriesOf } from "../command-categories.ts";
import type { CommandEntry } from "../command-entry.ts";
import type { CommandFlag, KeyRange } from "../command-spec.ts";
import { keyRanges } from "../command-table.ts";
import type { ReplyWriter } from "../protocol/reply-writer.ts";

/** The order in which the real server names them; `may_replicate` it does not show. */
const FLAG_ORDER: readonly CommandFlag[] = [
  "write",
  "readonly",
  "denyoom",
  "admin",
  "pubsub",
  "noscript",
  "blocking",
  "loading",
  "stale",
  "skip_monitor",
  "skip_slowlog",
  "asking",
  "fast",
  "no_auth",
  "no_mandatory_keys",
  "no_async_loading",
  "no_multi",
  "movablekeys",
  "allow_busy",
];

/** One element of COMMAND INFO, subcommands included; null for a command that is not there. */
export function writeCommandInfo(reply: ReplyWriter, entry: CommandEntry | undefined): void {
  if (entry === undefined) return reply.null();
  const { spec } = entry;
  const ranges = keyRanges(spec);
  const [first, last, step] = plainRange(ranges);
  reply.array(10);
  reply.bulk(spec.name);
  reply.integer(spec.arity);
  writeFlags(
    reply,
    FLAG_ORDER.filter((flag) => spec.flags.includes(flag)),
  );
  reply.integer(first);
  reply.integer(last);
  reply.integer(step);
  writeFlags(
    reply,
    categoriesOf(spec).map((category) => `@${category}`),
  );
  writeTips(reply, spec.tips ?? []);
  reply.set(ranges.length);
  for (const range of ranges) writeKeyRange(reply, range);
  const subcommands = [...(entry.subcommands?.values() ?? [])];
  if (subcommands.length === 0) reply.set(0);
  else reply.array(subcommands.length);
  for (const subcommand of subcommands) writeCommandInfo(reply, subcommand);
}

/** First key, last key and step as clients knew them before key specifications: ranges that follow one another become one. */
function plainRange(ranges: readonly KeyRange[]): [first: number, last: number, step: number] {
  const [range] = ranges;
  if (range === undefined) return [0, 0, 0];
  let { last } = range;
  for (const next of ranges.slice(1)) {
    if (next.keyword !== undefined) continue;
    if (range.step === 1 && next.step === 1 && last === next.first - 1) last = next.last;
  }
  return [range.first, last, range.step];
}

/** A set of simple strings. */
export function writeFlags(reply: ReplyWriter, flags: readonly string[]): void {
  reply.set(flags.length);
  for (const flag of flags) reply.status(flag);
}

function writeTips(reply: ReplyWriter, tips: readonly string[]): void {
  reply.set(tips.length);
  for (const tip of tips) reply.bulk(tip);
}

function writeKeyRange(reply: ReplyWriter, range: KeyRange): void {
  reply.map(range.notes === undefined ? 3 : 4);
  if (range.notes !== undefined) {
    reply.bulk("notes");
    reply.bulk(range.notes);
  }
  reply.bulk("flags");
  writeFlags(reply, range.flags ?? []);
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk(range.keyword === undefined ? "index" : "keyword");
  reply.bulk("spec");
  if (range.keyword === undefined) {
    reply.map(1);
    reply.bulk("index");
    reply.integer(range.first);
  } else {
    reply.map(2);
    reply.bulk("keyword");
    reply.bulk(range.keyword.word);
    reply.bulk("startfrom");
    reply.integer(range.keyword.startFrom);
  }
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("range");
  reply.bulk("spec");
  reply.map(3);
  reply.bulk("lastkey");
  reply.integer(range.last < 0 ? range.last : range.last - range.first);
  reply.bulk("keystep");
  reply.integer(range.step);
  reply.bulk("limit");
  reply.integer(0);
}
