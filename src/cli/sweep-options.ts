import { ConfigError } from "../errors.ts";
import type { LayoutName } from "../records/record-layout.ts";

/** Layouts that keep a record in two names, so that one of them can be left behind. */
const PAIRS = ["tagged-pair", "colon-pair", "upstream-pair"] as const satisfies readonly LayoutName[];
/** A day: a longer pause between two looks is a slip of the pen. */
const MAX_GRACE_SECONDS = 86_400;

/** The options of `slotpack sweep` as typed. */
export interface SweepArguments {
  url: string;
  layout: string;
  prefix: string;
  "key-prefix": string;
  salt: string;
  grace: string;
  "dry-run": boolean;
  json: boolean;
}

/** The options of `slotpack sweep`, checked. */
export interface SweepSettings {
  /** May hold a password. */
  url: string;
  layouts: readonly LayoutName[];
  prefix: string;
  keyPrefix: string;
  salt: string;
  graceMs: number;
  dryRun: boolean;
  json: boolean;
}

/** @throws ConfigError `BAD_OPTION` that names the option */
export function sweepSettings(typed: SweepArguments): SweepSettings {
  if (typed.url === "") throw new ConfigError("BAD_OPTION", "URL is empty", { option: "URL" });
  return {
    url: typed.url,
    layouts: layoutNames(typed.layout),
    prefix: typed.prefix,
    keyPrefix: typed["key-prefix"],
    salt: typed.salt,
    graceMs: seconds("--grace", typed.grace) * 1000,
    dryRun: typed["dry-run"],
    json: typed.json,
  };
}

function layoutNames(value: string): readonly LayoutName[] {
  if (value === "any") return PAIRS;
  return value.split(",").map((name) => {
    const layout = PAIRS.find((known) => known === name);
    if (layout !== undefined) return layout;
    const text = `--layout is any, or some of ${PAIRS.join(", ")} with commas between them, not "${name}"`;
    throw new ConfigError("BAD_OPTION", text, { option: "--layout" });
  });
}

function seconds(option: string, value: string): number {
  const number = /^\d+(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN;
  if (number >= 0.001 && number <= MAX_GRACE_SECONDS) return number;
  const text = `${option} is a number of seconds up to ${MAX_GRACE_SECONDS}, not "${value}"`;
  throw new ConfigError("BAD_OPTION", text, { option });
}
