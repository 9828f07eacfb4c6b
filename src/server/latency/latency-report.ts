import type { LatencyEvent, LatencyEvents } from "./latency-events.ts";
import { sparkline } from "./sparkline.ts";

/** What is worth trying against an event, in this project's own words. */
const ADVICE: Record<string, string> = {
  command:
    "SLOWLOG GET names the slow commands; large values and commands over whole collections are the usual cause.",
  "fast-command":
    "Even commands of constant time were slow, so the process did not run: look for other work of this event loop.",
  "expire-cycle": "Many keys expire at the same time; spread their times to live.",
  "eviction-cycle": "Many keys are evicted at once; give the server more memory, or write less in one go.",
};

/** LATENCY DOCTOR. `now` in seconds since 1970. */
export function latencyReport(events: LatencyEvents, now: number): string {
  if (events.size === 0) {
    return events.threshold === 0
      ? "Latency monitoring is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n"
      : "Nothing took longer than latency-monitor-threshold so far.\n";
  }
  const lines: string[] = ["Latency spikes were seen:", ""];
  const advice = new Set<string>();
  for (const [name, event] of events.entries()) {
    lines.push(`${lines.length - 1}. ${name}: ${summary(event, now)}`);
    if (ADVICE[name] !== undefined) advice.add(ADVICE[name]);
  }
  if (advice.size > 0) lines.push("", "What may help:", "", ...[...advice].map((text) => `- ${text}`));
  return `${lines.join("\n")}\n`;
}

function summary({ samples, max }: LatencyEvent, now: number): string {
  const mean = average(samples.map(({ latency }) => latency));
  const deviation = average(samples.map(({ latency }) => Math.abs(mean - latency)));
  const period = Math.max(1, now - (samples[0]?.time ?? now)) / samples.length;
  return (
    `${samples.length} latency spikes (average ${mean}ms, mean deviation ${deviation}ms, ` +
    `period ${period.toFixed(2)} sec). Worst all time event ${max}ms.`
  );
}

function average(values: readonly number[]): number {
  return Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** LATENCY GRAPH. `now` in seconds since 1970. */
export function latencyGraph(name: string, { samples, max }: LatencyEvent, now: number): string {
  const values = samples.map(({ latency }) => latency);
  const head = `${name} - high ${Math.max(...values)} ms, low ${Math.min(...values)} ms (all time high ${max} ms)\n`;
  const sparks = samples.map(({ time, latency }) => ({ value: latency, label: ago(now - time) }));
  return `${head}${"-".repeat(80)}\n${sparkline(sparks)}`;
}

function ago(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
