import { ConfigError } from "../errors.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { badOption } from "./option-values.ts";
import { layoutsSetting, type ServerArguments, serverSettings } from "./record-options.ts";
import type { ServerSettings } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

/** The options of `slotpack rm` as typed. */
export interface RmArguments extends ServerArguments {
  _: readonly string[];
  layout: string;
  prefix?: string | undefined;
  "dry-run": boolean;
  yes: boolean;
  json: boolean;
}

/** The options of `slotpack rm`, checked. */
export interface RmSettings {
  keys: readonly string[];
  server: ServerSettings;
  layouts: readonly LayoutName[];
  prefix: string | undefined;
  dryRun: boolean;
  json: boolean;
}

/** Throws ConfigError `BAD_OPTION` that names the option. */
export function rmSettings(typed: RmArguments, terminal: Terminal): RmSettings {
  const { _: keys, prefix, yes, json, "dry-run": dryRun } = typed;
  // An unset variable of a script must not remove everything.
  if (prefix === "")
    throw badOption("--prefix", "is empty, which would be every record; name what to remove");
  if (prefix !== undefined && keys.length > 0)
    throw new ConfigError("BAD_OPTION", "KEY and --prefix are given both; one of them is enough");
  if (dryRun && prefix === undefined)
    throw badOption("--dry-run", "counts what --prefix finds; give --prefix");
  if (prefix !== undefined && !yes && !dryRun)
    throw badOption(
      "--prefix",
      "removes every record whose key begins so; add --yes, or --dry-run to count them",
    );
  if (prefix === undefined && keys.length === 0 && !yes)
    throw badOption("KEY", "is missing; with --yes keys are read from the standard input, one a line");
  return {
    keys,
    server: serverSettings(typed, terminal),
    layouts: layoutsSetting(typed.layout),
    prefix,
    dryRun,
    json,
  };
}
