import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";
import { ConfigError } from "../errors.ts";
import { CLIENT_NAMES, type ClientName } from "./block-store.ts";

const MAX_CONCURRENCY = 1024;
/** A year: a longer life of throw-away records is a slip of the pen. */
const MAX_TTL_SECONDS = 31_536_000;

/** The options of `slotpack replay` as typed. */
export interface ReplayArguments {
  file: string;
  target: string;
  client: string;
  "value-bytes": string;
  requests?: string | undefined;
  concurrency: string;
  ttl: string;
  json: boolean;
  strict: boolean;
}

/** The options of `slotpack replay`, checked. */
export interface ReplaySettings {
  /** Path, or `-` for the standard input. */
  file: string;
  /** URL, or `local`. */
  target: string;
  client: ClientName;
  valueBytes: number;
  /** Requests to replay at most; `undefined` for all. */
  requests: number | undefined;
  concurrency: number;
  ttlMs: number;
  json: boolean;
  strict: boolean;
}

/** @throws ConfigError `BAD_OPTION` that names the option */
export function replaySettings(typed: ReplayArguments): ReplaySettings {
  return {
    file: text("FILE", typed.file),
    target: text("--target", typed.target),
    client: clientName(typed.client),
    valueBytes: wholeNumber("--value-bytes", typed["value-bytes"], MAX_VALUE_BYTES),
    requests:
      typed.requests === undefined
        ? undefined
        : wholeNumber("--requests", typed.requests, Number.MAX_SAFE_INTEGER),
    concurrency: wholeNumber("--concurrency", typed.concurrency, MAX_CONCURRENCY),
    ttlMs: wholeNumber("--ttl", typed.ttl, MAX_TTL_SECONDS) * 1000,
    json: typed.json,
    strict: typed.strict,
  };
}

function text(option: string, value: string): string {
  if (value !== "") return value;
  throw new ConfigError("BAD_OPTION", `${option} is empty`, { option });
}

function clientName(value: string): ClientName {
  const name = CLIENT_NAMES.find((known) => known === value);
  if (name !== undefined) return name;
  throw new ConfigError("BAD_OPTION", `--client is one of ${CLIENT_NAMES.join(", ")}, not "${value}"`, {
    option: "--client",
  });
}

function wholeNumber(option: string, value: string, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= 1 && number <= max) return number;
  throw new ConfigError("BAD_OPTION", `${option} is a whole number from 1 to ${max}, not "${value}"`, {
    option,
  });
}
