import { RecordStore } from "../records/record-store.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { JSON_OBJECT } from "./key-options.ts";
import { shownKey } from "./key-text.ts";
import { codecNamed } from "./known-metadata.ts";
import { type PutSettings, putSettings } from "./put-options.ts";
import { SERVER_ARGS } from "./record-options.ts";
import { sha256 } from "./record-report.ts";
import { openClient } from "./target-option.ts";
import { paint, type Terminal } from "./terminal.ts";
import { readValue } from "./value-source.ts";

const ARGS = {
  key: { type: "positional", required: true, description: "of the record, without what the layout adds" },
  file: { type: "positional", required: true, description: "holds the bytes; - reads the standard input" },
  ...SERVER_ARGS,
  metadata: { type: "string", valueHint: "JSON", description: "the record's metadata; default: {}" },
  layout: {
    type: "string",
    default: "tagged-pair",
    valueHint: "NAME",
    description: "tagged-, colon- or upstream-pair, packed or value-only",
  },
  codec: {
    type: "string",
    default: "auto",
    valueHint: "NAME",
    description: "lmcache or msgpack; auto: lmcache for fmt, dtypes and shapes",
  },
  ttl: { type: "string", valueHint: "SECONDS", description: "life of the record; default: for ever" },
  json: JSON_OBJECT,
} as const;

/** `slotpack put`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const putCommand: AnyCommand = anyCommand({
  meta: { name: "put", description: "Write one record: bytes from a file, metadata from JSON" },
  args: ARGS,
  run: ({ args, data }) => runPut(putSettings(args, data as Terminal), data as Terminal),
});

/** Writes the record and prints what was written; returns the exit code. */
export async function runPut(settings: PutSettings, terminal: Terminal): Promise<number> {
  let sent = false;
  return interruptible(
    terminal,
    async (interruption) => {
      const { key, layout, codec, metadata, ttlMs, server } = settings;
      const bytes = await interruption.orInterrupted(readValue(settings.file, terminal));
      await using client = await openClient(server, interruption);
      const store = new RecordStore(client, {
        layout,
        ...(codec === null ? {} : { metadata: codecNamed(codec) }),
      });
      sent = true;
      await store.putMany([{ key, metadata, bytes }], {
        ttlMs,
        timeoutMs: server.timeoutMs,
        signal: interruption.signal,
      });
      const fields = {
        key,
        layout,
        codec,
        byteLength: bytes.length,
        sha256: sha256(bytes),
        ttlMs: ttlMs ?? null,
      };
      const name = paint(terminal, "stdout", "bold", shownKey(key));
      const life = ttlMs === undefined ? "" : `, for ${ttlMs / 1000} s`;
      const how = codec === null ? layout : `${layout}, ${codec}`;
      const text = `stored ${name}: ${bytes.length.toLocaleString("en-US")} bytes (${how})${life}`;
      terminal.stdout.write(`${settings.json ? JSON.stringify(fields) : text}\n`);
      return 0;
    },
    () =>
      sent
        ? "half of the record may be there, which is none; slotpack sweep removes it"
        : "nothing was written",
  );
}
