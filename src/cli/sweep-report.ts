import { redactTarget } from "../cluster/target.ts";
import type { SweepReport } from "../connector/sweep-options.ts";
import type { SweepSettings } from "./sweep-options.ts";
import { paint, type Terminal } from "./terminal.ts";

/** One JSON object and a newline; `removed` is 0 in a dry run, and `byteLength` is what the orphans held. */
export function sweepJson(settings: SweepSettings, report: SweepReport, elapsedMs: number): string {
  const { server, layouts, prefix, graceMs, dryRun } = settings;
  const target = redactTarget(server.target);
  return `${JSON.stringify({ target, layouts, prefix, graceMs, dryRun, ...report, elapsedMs })}\n`;
}

/** The figures of a sweep for people. */
export function sweepText(
  settings: SweepSettings,
  report: SweepReport,
  elapsedMs: number,
  terminal: Terminal,
): string {
  const count = (value: number) => value.toLocaleString("en-US");
  const { scanned, total, orphanMetadata, orphanBytes, removed, byteLength } = report;
  const held = `${(byteLength / 1e6).toFixed(1)} MB`;
  const rows: [string, string][] = [
    ["target", `${redactTarget(settings.server.target)}, ${settings.layouts.join(", ")}`],
    [
      "looked at",
      `${count(scanned)} halves of records${total === undefined ? "" : `, among ${count(total)} names`}`,
    ],
    ["orphans", `${count(orphanMetadata)} metadata, ${count(orphanBytes)} bytes, which hold ${held}`],
    ["removed", settings.dryRun ? "none: a dry run" : count(removed)],
    ["took", `${(elapsedMs / 1000).toFixed(1)} s`],
  ];
  const lines = rows.map(([name, text]) => `  ${paint(terminal, "stdout", "cyan", name.padEnd(9))}  ${text}`);
  return `${paint(terminal, "stdout", "bold", "slotpack sweep")}\n${lines.join("\n")}\n`;
}
