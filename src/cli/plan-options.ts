import { ConfigError } from "../errors.ts";
import { badOption, wholeNumber } from "./option-values.ts";
import { targetSetting } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

/** As many primaries as there could be: one slot each. */
const MAX_PRIMARIES = 16_384;
/** As the client's own `chunkSize`. */
const MAX_CHUNK_SIZE = 16_384;

/** The options of `slotpack plan` as typed. */
export interface PlanArguments {
  _: readonly string[];
  target?: string | undefined;
  nodes?: string | undefined;
  primaries?: string | undefined;
  "chunk-size": string;
  timeout: string;
  escapes: boolean;
  json: boolean;
}

/** Where the slot table comes from. */
export type PlanSource =
  | { readonly kind: "live"; readonly url: string }
  | { readonly kind: "pasted"; readonly file: string }
  | { readonly kind: "even"; readonly primaries: number };

/** The options of `slotpack plan`, checked. */
export interface PlanSettings {
  keys: readonly string[];
  source: PlanSource;
  chunkSize: number;
  timeoutMs: number;
  escapes: boolean;
  json: boolean;
}

/** Throws ConfigError `BAD_OPTION` that names the option. */
export function planSettings(typed: PlanArguments, timeoutMs: number, { env }: Terminal): PlanSettings {
  const source = planSource(typed, env);
  if (source.kind === "pasted" && source.file === "-" && typed._.length === 0)
    throw badOption("--nodes", "- and keys cannot both be the standard input; give the keys as arguments");
  return {
    keys: typed._,
    source,
    chunkSize: wholeNumber("--chunk-size", typed["chunk-size"], MAX_CHUNK_SIZE),
    timeoutMs,
    escapes: typed.escapes,
    json: typed.json,
  };
}

function planSource({ target, nodes, primaries }: PlanArguments, env: Terminal["env"]): PlanSource {
  const given = [target, nodes, primaries].filter((value) => value !== undefined);
  if (given.length > 1)
    throw new ConfigError("BAD_OPTION", "one of --target, --nodes and --primaries is enough");
  if (nodes === "") throw badOption("--nodes", "is empty");
  if (nodes !== undefined) return { kind: "pasted", file: nodes };
  if (primaries !== undefined)
    return { kind: "even", primaries: wholeNumber("--primaries", primaries, MAX_PRIMARIES) };
  return { kind: "live", url: targetSetting(target, env, "--nodes FILE or --primaries N") };
}
