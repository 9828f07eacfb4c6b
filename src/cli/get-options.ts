import { ConfigError } from "../errors.ts";
import type { LayoutName } from "../records/record-layout.ts";
import type { CodecName } from "./known-metadata.ts";
import { badOption, wholeNumber } from "./option-values.ts";
import { codecsSetting, layoutsSetting, type ServerArguments, serverSettings } from "./record-options.ts";
import type { ServerSettings } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

const MAX_PREVIEW = 65_536;

/** The options of `slotpack get` as typed. */
export interface GetArguments extends ServerArguments {
  _: readonly string[];
  layout: string;
  codec: string;
  raw: boolean;
  out?: string | undefined;
  preview: string;
  json: boolean;
}

/** The options of `slotpack get`, checked. */
export interface GetSettings {
  keys: readonly string[];
  server: ServerSettings;
  layouts: readonly LayoutName[];
  codecs: readonly CodecName[];
  /** Only bytes go to stdout. */
  raw: boolean;
  /** A file for the bytes of the one key. */
  out: string | undefined;
  /** Bytes shown as hex digits. */
  preview: number;
  json: boolean;
}

/** Throws ConfigError `BAD_OPTION` that names the option. */
export function getSettings(typed: GetArguments, terminal: Terminal): GetSettings {
  const { _: keys, json, out } = typed;
  if (out === "") throw badOption("--out", "is empty; give a file, or - for stdout");
  const raw = typed.raw || out === "-";
  if (typed.raw && out !== undefined && out !== "-")
    throw new ConfigError("BAD_OPTION", "--raw writes to stdout and --out to a file; one of them is enough");
  if (raw && json) throw new ConfigError("BAD_OPTION", "--json and the raw bytes cannot both go to stdout");
  if (raw && terminal.stdout.isTTY === true)
    throw badOption("--raw", "writes bytes, and stdout is a terminal; use a pipe or --out FILE");
  if (out !== undefined && out !== "-" && keys.length !== 1)
    throw badOption("--out", "holds the bytes of one record; give exactly one KEY");
  return {
    keys,
    server: serverSettings(typed, terminal),
    layouts: layoutsSetting(typed.layout),
    codecs: codecsSetting(typed.codec),
    raw,
    out: out === "-" ? undefined : out,
    preview: wholeNumber("--preview", typed.preview, MAX_PREVIEW, 0),
    json,
  };
}
