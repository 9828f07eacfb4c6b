import type { LayoutName } from "../records/record-layout.ts";
import { type CodecName, codecNamed } from "./known-metadata.ts";
import { badOption, secondsAsMs } from "./option-values.ts";
import { codecsSetting, layoutSetting, type ServerArguments, serverSettings } from "./record-options.ts";
import type { ServerSettings } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

/** Ten years. */
const MAX_TTL_SECONDS = 315_360_000;

/** The options of `slotpack put` as typed. */
export interface PutArguments extends ServerArguments {
  key: string;
  file: string;
  metadata?: string | undefined;
  layout: string;
  codec: string;
  ttl?: string | undefined;
  json: boolean;
}

/** The options of `slotpack put`, checked. */
export interface PutSettings {
  key: string;
  /** Path, or `-` for the standard input. */
  file: string;
  server: ServerSettings;
  layout: LayoutName;
  /** null for the layout that stores no metadata. */
  codec: CodecName | null;
  metadata: unknown;
  ttlMs: number | undefined;
  json: boolean;
}

/** Throws ConfigError `BAD_OPTION` that names the option. */
export function putSettings(typed: PutArguments, terminal: Terminal): PutSettings {
  if (typed.file === "") throw badOption("FILE", "is empty; give a file, or - for the standard input");
  const layout = layoutSetting(typed.layout);
  const codecs = codecsSetting(typed.codec);
  if (layout === "value-only" && typed.metadata !== undefined)
    throw badOption("--metadata", "has no place in the layout value-only; leave it out or choose another");
  const metadata = parsed(typed.metadata ?? "{}");
  const codec = codecs.length === 1 ? codecs[0]! : looksLikeLmcache(metadata) ? "lmcache" : "msgpack";
  if (layout !== "value-only") check(codec, metadata);
  return {
    key: typed.key,
    file: typed.file,
    server: serverSettings(typed, terminal),
    layout,
    codec: layout === "value-only" ? null : codec,
    metadata: layout === "value-only" ? null : metadata,
    ttlMs: typed.ttl === undefined ? undefined : secondsAsMs("--ttl", typed.ttl, MAX_TTL_SECONDS),
    json: typed.json,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badOption("--metadata", `is no JSON: ${(cause as Error).message}; quote it for the shell`);
  }
}

/** Exactly the three names that `get` shows of LMCache's metadata. */
function looksLikeLmcache(metadata: unknown): boolean {
  if (typeof metadata !== "object" || metadata === null) return false;
  return Object.keys(metadata).sort().join() === "dtypes,fmt,shapes";
}

/** What does not encode is told before anything is read or sent. */
function check(codec: CodecName, metadata: unknown): void {
  try {
    codecNamed(codec).encode(metadata, 0);
  } catch (cause) {
    throw badOption("--metadata", `is none that ${codec} can store: ${(cause as Error).message}`);
  }
}
