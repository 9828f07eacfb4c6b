import { KvConnector } from "../connector/kv-connector.ts";
import type { SweepReport } from "../connector/sweep-options.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { JSON_OBJECT } from "./key-options.ts";
import { CODEC_NAMES, knownMetadata } from "./known-metadata.ts";
import { openMeter, showsMeter } from "./meter.ts";
import { SERVER_ARGS } from "./record-options.ts";
import { type SweepSettings, sweepSettings } from "./sweep-options.ts";
import { sweepJson, sweepText } from "./sweep-report.ts";
import { openClient } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

const ARGS = {
  ...SERVER_ARGS,
  layout: {
    type: "string",
    default: "tagged-pair",
    valueHint: "NAMES",
    description: "tagged-pair, colon-pair, upstream-pair, some with commas, or any",
  },
  prefix: {
    type: "string",
    default: "",
    valueHint: "TEXT",
    description: "only records whose keys begin so",
  },
  salt: {
    type: "string",
    default: "",
    valueHint: "TEXT",
    description: "the salt of the connector that wrote",
  },
  grace: {
    type: "string",
    default: "5",
    valueHint: "SECONDS",
    description: "between two looks; no writer takes longer for a record",
  },
  "dry-run": { type: "boolean", default: false, description: "count orphans, remove nothing" },
  json: JSON_OBJECT,
} as const;

/** `slotpack sweep`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const sweepCommand: AnyCommand = anyCommand({
  meta: { name: "sweep", description: "Remove halves of records whose other half the server evicted" },
  args: ARGS,
  run: ({ args, data }) => runSweep(sweepSettings(args, data as Terminal), data as Terminal),
});

/** Sweeps and prints the report; returns the exit code. */
export async function runSweep(settings: SweepSettings, terminal: Terminal): Promise<number> {
  const began = performance.now();
  let last: Readonly<SweepReport> | undefined;
  return interruptible(
    terminal,
    async (interruption) => {
      const { server, layouts, salt, graceMs, dryRun, prefix } = settings;
      await using client = await openClient(server, interruption);
      await using connector = new KvConnector<unknown>(client, {
        layout: layouts[0],
        readLayouts: layouts.slice(1),
        metadata: knownMetadata(CODEC_NAMES, { foreign: false }),
        salt,
      });
      using meter = await openMeter(terminal, showsMeter(terminal, false), {
        format: "{bar} {value} of {total} names · {orphans} orphans · {duration_formatted}",
        total: 1,
        first: { orphans: 0 },
      });
      const onProgress = (report: Readonly<SweepReport>) => {
        last = report;
        const { scanned, total, orphanMetadata, orphanBytes } = report;
        // Names that are no halves of records are not counted on the way.
        const most = Math.max(1, scanned, total ?? 0);
        meter.update(scanned, { total: most, orphans: orphanMetadata + orphanBytes });
      };
      const { signal } = interruption;
      const report = await connector.sweep({ graceMs, dryRun, prefix, signal, onProgress });
      meter[Symbol.dispose]();
      const elapsedMs = performance.now() - began;
      terminal.stdout.write(
        settings.json
          ? sweepJson(settings, report, elapsedMs)
          : sweepText(settings, report, elapsedMs, terminal),
      );
      return 0;
    },
    () => `looked at ${last?.scanned ?? 0} halves and removed ${last?.removed ?? 0}`,
  );
}
