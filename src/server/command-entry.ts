import type { CommandFlag, CommandSpec } from "./command-spec.ts";
import type { LatencyHistogram } from "./latency/latency-histogram.ts";

/** The flags that every dispatch asks for, as bits of `CommandEntry.bits`. */
export const FLAG = {
  write: 1,
  readonly: 2,
  denyoom: 4,
  noAuth: 8,
  noMulti: 16,
  mayReplicate: 32,
  stale: 64,
  loading: 128,
  allowBusy: 256,
  admin: 512,
  skipMonitor: 1024,
  skipSlowlog: 2048,
  fast: 4096,
  pubsub: 8192,
  /** Runs at once inside MULTI: EXEC, DISCARD, MULTI, WATCH, QUIT, RESET. */
  notQueued: 16384,
  /** Allowed to a RESP2 connection that has subscribed. */
  whileSubscribed: 32768,
  /** Has keys, at fixed places or not: what cluster routing has to look at. */
  hasKeys: 65536,
} as const;

const BITS: Partial<Record<CommandFlag, number>> = {
  write: FLAG.write,
  readonly: FLAG.readonly,
  denyoom: FLAG.denyoom,
  no_auth: FLAG.noAuth,
  no_multi: FLAG.noMulti,
  may_replicate: FLAG.mayReplicate,
  stale: FLAG.stale,
  loading: FLAG.loading,
  allow_busy: FLAG.allowBusy,
  admin: FLAG.admin,
  skip_monitor: FLAG.skipMonitor,
  skip_slowlog: FLAG.skipSlowlog,
  fast: FLAG.fast,
  pubsub: FLAG.pubsub,
};

const NOT_QUEUED = new Set(["exec", "discard", "multi", "watch", "quit", "reset"]);
const WHILE_SUBSCRIBED = new Set([
  "ping",
  "subscribe",
  "ssubscribe",
  "unsubscribe",
  "sunsubscribe",
  "psubscribe",
  "punsubscribe",
  "quit",
  "reset",
]);

/** A command (or subcommand) in one node's table, with that node's counters: INFO commandstats reads them. */
export class CommandEntry {
  readonly spec: CommandSpec;
  /** `get`, `config|get`. */
  readonly name: string;
  readonly parent: CommandEntry | undefined;
  /** By lower-case name without the container's; undefined where the command is no container. */
  readonly subcommands: ReadonlyMap<string, CommandEntry> | undefined;
  readonly bits: number;
  calls = 0;
  /** Microseconds in all. */
  usec = 0;
  rejectedCalls = 0;
  failedCalls = 0;
  /** How long calls took; undefined before the first one, and while latency-tracking is off. */
  histogram: LatencyHistogram | undefined;

  constructor(spec: CommandSpec, parent?: CommandEntry) {
    this.spec = spec;
    this.name = spec.name;
    this.parent = parent;
    this.subcommands = spec.subcommands
      ? new Map(
          spec.subcommands.map((sub) => [
            sub.name.slice(sub.name.indexOf("|") + 1),
            new CommandEntry(sub, this),
          ]),
        )
      : undefined;
    let bits = 0;
    for (const flag of spec.flags) bits |= BITS[flag] ?? 0;
    if (NOT_QUEUED.has(spec.name)) bits |= FLAG.notQueued;
    if (WHILE_SUBSCRIBED.has(spec.name)) bits |= FLAG.whileSubscribed;
    if (spec.keys !== undefined || spec.findKeys !== undefined) bits |= FLAG.hasKeys;
    this.bits = bits;
  }

  resetStats(): void {
    this.calls = 0;
    this.usec = 0;
    this.rejectedCalls = 0;
    this.failedCalls = 0;
    this.histogram = undefined;
    for (const sub of this.subcommands?.values() ?? []) sub.resetStats();
  }
}
