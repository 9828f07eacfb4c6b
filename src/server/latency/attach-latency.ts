import { type CommandEntry, FLAG } from "../command-entry.ts";
import { redacted } from "../redaction.ts";
import type { ServerNode } from "../server-node.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

/** Measures every command: the slowlog, the events of LATENCY, and the histograms behind LATENCY HISTOGRAM and INFO latencystats. */
export function attachLatency(node: ServerNode): void {
  const { clock, config, hooks, info, latency, slowlog } = node;
  let slowerThan = -1;
  let histograms = true;
  config.watch("slowlog-log-slower-than", ({ number }) => {
    slowerThan = number;
  });
  config.watch("slowlog-max-len", ({ number }) => {
    slowlog.limit = number;
  });
  config.watch("latency-tracking", ({ number }) => {
    histograms = number === 1;
  });
  config.watch("latency-monitor-threshold", ({ number }) => {
    latency.threshold = number;
  });
  const seconds = () => Math.floor(clock.nowMs() / 1000);
  hooks.executed.push((client, entry, args, us) => {
    if (histograms) {
      entry.histogram ??= new LatencyHistogram();
      entry.histogram.record(us);
    }
    if (latency.threshold > 0) {
      latency.add((entry.bits & FLAG.fast) !== 0 ? "fast-command" : "command", us / 1000, seconds());
    }
    if (slowerThan < 0 || (entry.bits & FLAG.skipSlowlog) !== 0) return;
    if (us < slowerThan) return slowlog.trim();
    slowlog.add({
      time: seconds(),
      duration: us,
      args: redacted(entry, args, config),
      address: client.transport?.address ?? "?:0",
      clientName: client.name,
    });
  });
  hooks.latency.push((event, ms) => latency.add(event, ms, seconds()));
  info.add("Latencystats", () => {
    const percentiles = config
      .text("latency-tracking-info-percentiles")
      .split(" ")
      .filter(Boolean)
      .map(Number);
    return [...measured(node)].map(([entry, histogram]) => [
      `latency_percentiles_usec_${entry.name}`,
      percentiles.map((each) => `p${each}=${histogram.percentile(each).toFixed(3)}`).join(","),
    ]);
  });
}

/** All commands and subcommands that have a histogram. */
export function* measured({ commands }: ServerNode): Generator<[CommandEntry, LatencyHistogram]> {
  for (const entry of commands.entries()) {
    for (const each of [entry, ...(entry.subcommands?.values() ?? [])]) {
      if (each.histogram !== undefined) yield [each, each.histogram];
    }
  }
}
