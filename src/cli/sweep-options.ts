import type { LayoutName } from "../records/record-layout.ts";
import { secondsAsMs } from "./option-values.ts";
import { layoutsSetting, type ServerArguments, serverSettings } from "./record-options.ts";
import type { ServerSettings } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

/** Layouts that keep a record in two names, so that one of them can be left behind. */
const PAIRS: readonly LayoutName[] = ["tagged-pair", "colon-pair", "upstream-pair"];
/** A day: a longer pause between two looks is a slip of the pen. */
const MAX_GRACE_SECONDS = 86_400;

/** The options of `slotpack sweep` as typed. */
export interface SweepArguments extends ServerArguments {
  layout: string;
  prefix: string;
  salt: string;
  grace: string;
  "dry-run": boolean;
  json: boolean;
}

/** The options of `slotpack sweep`, checked. */
export interface SweepSettings {
  server: ServerSettings;
  layouts: readonly LayoutName[];
  prefix: string;
  salt: string;
  graceMs: number;
  dryRun: boolean;
  json: boolean;
}

/** Throws ConfigError `BAD_OPTION` that names the option. */
export function sweepSettings(typed: SweepArguments, terminal: Terminal): SweepSettings {
  return {
    server: serverSettings(typed, terminal),
    layouts: layoutsSetting(typed.layout, PAIRS),
    prefix: typed.prefix,
    salt: typed.salt,
    graceMs: secondsAsMs("--grace", typed.grace, MAX_GRACE_SECONDS),
    dryRun: typed["dry-run"],
    json: typed.json,
  };
}
