import type { LayoutName } from "../records/record-layout.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { JSON_LINES } from "./key-options.ts";
import { printable } from "./key-text.ts";
import { CODEC_NAMES, knownMetadata } from "./known-metadata.ts";
import { LAYOUTS, layoutsSetting, SERVER_ARGS, serverSettings } from "./record-options.ts";
import { type WalkedRecord, walkRecords } from "./record-walk.ts";
import { ResultOutput } from "./result-output.ts";
import { openClient, type ServerSettings } from "./target-option.ts";
import { paint, type Terminal } from "./terminal.ts";
import { openWalkMeter } from "./walk-meter.ts";

const ARGS = {
  prefix: { type: "positional", required: false, description: "only records whose keys begin so" },
  ...SERVER_ARGS,
  layout: LAYOUTS,
  long: {
    type: "boolean",
    default: false,
    description: "state, layout, bytes and TTL before each key; single halves, too",
  },
  json: JSON_LINES,
} as const;

export interface LsSettings {
  readonly server: ServerSettings;
  readonly layouts: readonly LayoutName[];
  readonly prefix: string;
  readonly long: boolean;
  readonly json: boolean;
}

/** `slotpack ls`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const lsCommand: AnyCommand = anyCommand({
  meta: { name: "ls", description: "List the keys of stored records" },
  args: ARGS,
  run: ({ args, data }) => {
    const { prefix = "", layout, long, json } = args;
    const server = serverSettings(args, data as Terminal);
    return runLs({ server, layouts: layoutsSetting(layout), prefix, long, json }, data as Terminal);
  },
});

/** Lists records page by page; returns the exit code. */
export async function runLs(settings: LsSettings, terminal: Terminal): Promise<number> {
  let listed = 0;
  return interruptible(
    terminal,
    async (interruption) => {
      using output = new ResultOutput(terminal);
      const { server, layouts, prefix, long } = settings;
      await using client = await openClient(server, interruption);
      const call = { timeoutMs: server.timeoutMs, signal: interruption.signal };
      using meter = await openWalkMeter(terminal, client, true, call);
      const codec = knownMetadata(CODEC_NAMES, { foreign: true });
      const detail = long ? "long" : "keys";
      let names = 0;
      for await (const page of walkRecords({ client, layouts, prefix, detail, codec }, call)) {
        const shown = long ? page.records : page.records.filter(({ state }) => state === "unread");
        const text = shown.map((record) => lineOf(record, settings, terminal)).join("");
        if (text !== "" && !(await output.write(text))) break;
        listed += shown.length;
        names += page.names;
        meter.update(names, { records: listed });
      }
      return 0;
    },
    () => `listed ${listed} records`,
  );
}

function lineOf(record: WalkedRecord, { long, json }: LsSettings, terminal: Terminal): string {
  const { key, layout, state, byteLength, ttlMs } = record;
  if (json) return `${JSON.stringify(long ? { key, layout, state, byteLength, ttlMs } : { key, layout })}\n`;
  const name = terminal.stdout.isTTY === true ? printable(key) : key;
  if (!long) return `${name}\n`;
  const colour = state === "whole" ? "green" : "yellow";
  const life = ttlMs === null ? "-" : `${(ttlMs / 1000).toFixed(1)} s`;
  const columns = [
    paint(terminal, "stdout", colour, state.padEnd(13)),
    layout.padEnd(13),
    String(byteLength ?? "-").padStart(10),
    life.padStart(12),
  ];
  return `${columns.join("  ")}  ${name}\n`;
}
