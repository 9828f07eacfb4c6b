import { type CommandDef, defineCommand } from "citty";
import { KvConnector } from "../connector/kv-connector.ts";
import type { SweepReport } from "../connector/sweep-options.ts";
import { lmcacheMetadata } from "../records/lmcache-metadata.ts";
import type { MetadataCodec } from "../records/metadata-codec.ts";
import { msgpackMetadata } from "../records/msgpack-metadata.ts";
import { codeOf } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { type SweepSettings, sweepSettings } from "./sweep-options.ts";
import { openSweepProgress } from "./sweep-progress.ts";
import { sweepJson, sweepText } from "./sweep-report.ts";
import { note, type Terminal } from "./terminal.ts";

const ARGS = {
  url: { type: "positional", required: true, description: "server, Sentinels or cluster to work on" },
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
  "key-prefix": {
    type: "string",
    default: "",
    valueHint: "TEXT",
    description: "the keyPrefix of the client that wrote",
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
  json: { type: "boolean", default: false, description: "print the figures as one JSON object" },
} as const;

/** `slotpack sweep`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const sweepCommand: CommandDef<typeof ARGS> = defineCommand({
  meta: {
    name: "sweep",
    description: "Remove halves of records whose other half the server evicted",
  },
  args: ARGS,
  run: ({ args, data }) => runSweep(sweepSettings(args), data as Terminal),
});

/** Sweeps and prints the report; returns the exit code. */
export async function runSweep(settings: SweepSettings, terminal: Terminal): Promise<number> {
  using interruption = new Interruption();
  let last: Readonly<SweepReport> | undefined;
  try {
    const began = performance.now();
    await using connector = await openConnector(settings, interruption);
    const progress = await openSweepProgress(terminal);
    const { graceMs, dryRun, prefix } = settings;
    const onProgress = (report: Readonly<SweepReport>) => {
      last = report;
      progress.update(report);
    };
    const report = await connector
      .sweep({ graceMs, dryRun, prefix, signal: interruption.signal, onProgress })
      .finally(() => progress.stop());
    const elapsedMs = performance.now() - began;
    const text = settings.json
      ? sweepJson(settings, report, elapsedMs)
      : sweepText(settings, report, elapsedMs, terminal);
    terminal.stdout.write(text);
    return 0;
  } catch (error) {
    if (interruption.exitCode === undefined) throw error;
    const expected = codeOf(error) === "INTERRUPTED" || codeOf(error) === "ABORTED";
    const done = `looked at ${last?.scanned ?? 0} halves and removed ${last?.removed ?? 0}`;
    note(terminal, expected ? `interrupted: ${done}` : `interrupted: [${codeOf(error)}] ${error}`);
    return interruption.exitCode;
  }
}

async function openConnector(
  { url, layouts, keyPrefix, salt }: SweepSettings,
  interruption: Interruption,
): Promise<KvConnector<unknown>> {
  const opening = KvConnector.connect<unknown>(url, {
    layout: layouts[0],
    readLayouts: layouts.slice(1),
    metadata: knownMetadata(),
    keyPrefix,
    salt,
  });
  return interruption.orInterrupted(opening).catch((error) => {
    opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
}

/** Recognises what any of slotpack's own codecs wrote. */
function knownMetadata(): MetadataCodec<unknown> {
  const codecs = [lmcacheMetadata(), msgpackMetadata()];
  return {
    encode: () => {
      throw new Error("a sweep writes no records");
    },
    decode: (encoded, byteLength) =>
      codecs.map((codec) => codec.decode(encoded, byteLength)).find((metadata) => metadata !== undefined),
    byteLengthOf: (encoded) =>
      codecs.map((codec) => codec.byteLengthOf?.(encoded)).find((length) => length !== undefined),
  };
}
