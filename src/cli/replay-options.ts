import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";
import { CLIENT_NAMES, type ClientName } from "./block-store.ts";
import { badOption, quoted, secondsAsMs, wholeNumber } from "./option-values.ts";

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

/** Throws ConfigError `BAD_OPTION` that names the option. */
export function replaySettings(typed: ReplayArguments): ReplaySettings {
  if (typed.file === "") throw badOption("FILE", "is empty; give a trace, or - for the standard input");
  if (typed.target === "") throw badOption("--target", "is empty; give a URL, or local");
  return {
    file: typed.file,
    target: typed.target,
    client: clientName(typed.client),
    valueBytes: wholeNumber("--value-bytes", typed["value-bytes"], MAX_VALUE_BYTES),
    requests:
      typed.requests === undefined
        ? undefined
        : wholeNumber("--requests", typed.requests, Number.MAX_SAFE_INTEGER),
    concurrency: wholeNumber("--concurrency", typed.concurrency, MAX_CONCURRENCY),
    ttlMs: secondsAsMs("--ttl", typed.ttl, MAX_TTL_SECONDS),
    json: typed.json,
    strict: typed.strict,
  };
}

function clientName(value: string): ClientName {
  const name = CLIENT_NAMES.find((known) => known === value);
  if (name !== undefined) return name;
  throw badOption("--client", `is one of ${CLIENT_NAMES.join(", ")}, not ${quoted(value)}`);
}
