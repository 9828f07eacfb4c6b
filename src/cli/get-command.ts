import { writeFile } from "node:fs/promises";
import { SlotpackError } from "../errors.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { reportFailure } from "./failure.ts";
import { type GetSettings, getSettings } from "./get-options.ts";
import { interruptible } from "./interruptible.ts";
import type { Interruption } from "./interruption.ts";
import { JSON_LINES, KEYS } from "./key-options.ts";
import { readRecordKeys } from "./record-keys.ts";
import { RecordLook, type RecordSight } from "./record-look.ts";
import { LAYOUTS, SERVER_ARGS } from "./record-options.ts";
import { flawText, recordJson, recordText } from "./record-report.ts";
import { ResultOutput } from "./result-output.ts";
import { openClient } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

const ARGS = {
  key: KEYS,
  ...SERVER_ARGS,
  layout: LAYOUTS,
  codec: { type: "string", default: "auto", valueHint: "NAME", description: "auto, lmcache or msgpack" },
  raw: { type: "boolean", default: false, description: "print the bytes, and nothing else" },
  out: {
    type: "string",
    valueHint: "FILE",
    description: "write the bytes of one record to a file; - is --raw",
  },
  preview: {
    type: "string",
    default: "0",
    valueHint: "N",
    description: "show the first N bytes as hex digits",
  },
  json: JSON_LINES,
} as const;

/** Bytes of values that one step may bring. */
const STEP_BYTES = 64 * 1024 * 1024;
const STEP_KEYS = 256;

/** `slotpack get`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const getCommand: AnyCommand = anyCommand({
  meta: { name: "get", description: "Show records: layout, metadata as JSON, length and hash of the bytes" },
  args: ARGS,
  run: ({ args, data }) => runGet(getSettings(args, data as Terminal), data as Terminal),
});

/** Shows the records of keys in their order; returns the exit code, 1 unless all are there and whole. */
export async function runGet(settings: GetSettings, terminal: Terminal): Promise<number> {
  let shown = 0;
  return interruptible(
    terminal,
    async (interruption) => {
      using output = new ResultOutput(terminal);
      let missing = false;
      for await (const sight of sights(settings, terminal, interruption)) {
        if (sight.state !== "whole") {
          missing = true;
          const { code, text } = flawText(sight, settings.layouts);
          if (settings.json) await output.write(recordJson(sight, 0));
          else reportFailure(terminal, new SlotpackError(code, text));
        } else {
          if (settings.out !== undefined) await writeBytes(settings.out, sight.bytes);
          if (!(await output.write(rendered(sight, settings, terminal)))) break;
        }
        if (output.closed) break;
        shown++;
      }
      return missing ? 1 : 0;
    },
    () => `showed ${shown} records`,
  );
}

/** Throws SlotpackError `FILE_UNWRITABLE`. */
async function writeBytes(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such folder" : message;
    throw new SlotpackError("FILE_UNWRITABLE", `cannot write ${file}: ${reason}`, { cause });
  }
}

function rendered(
  sight: RecordSight & { state: "whole" },
  { raw, json, preview }: GetSettings,
  terminal: Terminal,
): string | Uint8Array {
  if (raw) return sight.bytes;
  return json ? recordJson(sight, preview) : recordText(sight, preview, terminal);
}

/** Large records come in small steps, so that memory stays bounded however many keys there are. */
async function* sights(
  { keys, server, layouts, codecs }: GetSettings,
  terminal: Terminal,
  interruption: Interruption,
): AsyncGenerator<RecordSight, void, undefined> {
  await using client = await openClient(server, interruption);
  const look = new RecordLook(client, layouts, codecs);
  const { signal } = interruption;
  let largest = STEP_BYTES;
  for await (const batch of readRecordKeys(terminal, { keys, resultsStream: true, interruption })) {
    for (let at = 0; at < batch.length; ) {
      const step = Math.max(1, Math.min(STEP_KEYS, Math.floor(STEP_BYTES / largest)));
      const found = await look.at(batch.slice(at, at + step), { timeoutMs: server.timeoutMs, signal });
      at += step;
      largest = found.reduce(
        (most, sight) => Math.max(most, sight.state === "whole" ? sight.bytes.length : 0),
        1,
      );
      yield* found;
    }
  }
}
