import { createHash } from "node:crypto";
import { printable, shownKey } from "./key-text.ts";
import { metadataJson } from "./known-metadata.ts";
import type { RecordSight } from "./record-look.ts";
import { paint, type Terminal } from "./terminal.ts";

const PREVIEW_ROW = 16;

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** One line of JSON; `preview` is the number of bytes shown as hex digits. */
export function recordJson(sight: RecordSight, preview: number): string {
  return `${JSON.stringify(recordFields(sight, preview))}\n`;
}

function recordFields(sight: RecordSight, preview: number): object {
  const { key, state } = sight;
  if (sight.state === "missing") return { key, state };
  if (sight.state === "failed") {
    const { code, message } = sight.error as Error & { code?: string };
    return { key, state, code, message };
  }
  if (sight.state !== "whole") return { key, state, layout: sight.layout };
  const { layout, known, bytes } = sight;
  return {
    key,
    state,
    layout,
    codec: known?.codec ?? null,
    metadata: known === null || known.codec === null ? null : metadataJson(known.metadata),
    ...(known?.codec === null ? { metadataHex: Buffer.from(known.encoded).toString("hex") } : {}),
    byteLength: bytes.length,
    sha256: sha256(bytes),
    ...(preview > 0 ? { preview: Buffer.from(bytes.subarray(0, preview)).toString("hex") } : {}),
  };
}

/** A record for people. */
export function recordText(sight: RecordSight, preview: number, terminal: Terminal): string {
  const label = (text: string) => paint(terminal, "stdout", "cyan", text.padEnd(8));
  const title = paint(terminal, "stdout", "bold", shownKey(sight.key));
  if (sight.state !== "whole") return "";
  const { layout, known, bytes } = sight;
  const metadata =
    known === null
      ? "none is stored in this layout"
      : known.codec === null
        ? `of no known codec: hex ${Buffer.from(known.encoded).toString("hex")}`
        : `${printable(JSON.stringify(metadataJson(known.metadata)))} (${known.codec})`;
  const lines = [
    title,
    `  ${label("layout")}  ${layout}`,
    `  ${label("metadata")}  ${metadata}`,
    `  ${label("bytes")}  ${bytes.length.toLocaleString("en-US")}, sha256 ${sha256(bytes)}`,
    ...hexRows(bytes.subarray(0, preview)).map(
      (row) => `  ${label("")}  ${paint(terminal, "stdout", "dim", row)}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

/** What is wrong with a key of which there is no whole record, with a hint. */
export function flawText(sight: RecordSight, looked: readonly string[]): { code: string; text: string } {
  const { key, state } = sight;
  const name = JSON.stringify(key);
  if (sight.state === "failed") {
    const { code = "UNEXPECTED", message } = sight.error as Error & { code?: string };
    return { code, text: `${name}: ${message}` };
  }
  if (state === "missing") {
    const where = `looked in ${looked.join(", ")}`;
    return { code: "MISSING", text: `no record ${name}; ${where}; see --layout and --key-prefix` };
  }
  const hints: Readonly<Record<string, string>> = {
    "metadata-only": "its metadata is there and its bytes are gone; slotpack sweep removes such halves",
    "bytes-only": "its bytes are there and its metadata is gone; slotpack sweep removes such halves",
    mismatch: "its metadata does not belong to its bytes, or is of another codec; see --codec",
  };
  return { code: "NOT_WHOLE", text: `no whole record ${name}: ${hints[state]}` };
}

function hexRows(bytes: Uint8Array): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += PREVIEW_ROW) {
    const part = Buffer.from(bytes.subarray(at, at + PREVIEW_ROW));
    const digits = Array.from(part, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.toString("latin1").replace(/[^ -~]/g, ".");
    rows.push(`${digits.padEnd(3 * PREVIEW_ROW)} ${text}`);
  }
  return rows;
}
