import { LAYOUT_NAMES } from "../records/layout-choice.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { CODEC_NAMES, type CodecName } from "./known-metadata.ts";
import { badOption, quoted } from "./option-values.ts";
import { type ServerSettings, TARGET, TIMEOUT, targetSetting, timeoutSetting } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

export const LAYOUTS = {
  type: "string",
  default: "any",
  valueHint: "NAMES",
  description: "some with commas; any: all but value-only",
} as const;

export const KEY_PREFIX = {
  type: "string",
  default: "",
  valueHint: "TEXT",
  description: "the keyPrefix of the client that wrote",
} as const;

/** What every command on records takes. */
export const SERVER_ARGS: {
  target: typeof TARGET;
  "key-prefix": typeof KEY_PREFIX;
  timeout: typeof TIMEOUT;
} = { target: TARGET, "key-prefix": KEY_PREFIX, timeout: TIMEOUT } as const;

export interface ServerArguments {
  target?: string | undefined;
  "key-prefix": string;
  timeout: string;
}

/** Throws ConfigError `BAD_OPTION`. */
export function serverSettings(typed: ServerArguments, { env }: Terminal): ServerSettings {
  return {
    target: targetSetting(typed.target, env),
    timeoutMs: timeoutSetting(typed.timeout),
    keyPrefix: typed["key-prefix"],
  };
}

/** The layouts in which records are looked for, in this order. Throws ConfigError `BAD_OPTION`. */
export function layoutsSetting(
  typed: string,
  known: readonly LayoutName[] = LAYOUT_NAMES,
): readonly LayoutName[] {
  // Every name is a value-only record: what is meant by that has to be said.
  if (typed === "any") return known.filter((name) => name !== "value-only");
  return [...new Set(typed.split(",").map((name) => knownLayout(name, known, "any, or some of ")))];
}

/** One layout. Throws ConfigError `BAD_OPTION`. */
export function layoutSetting(typed: string): LayoutName {
  return knownLayout(typed, LAYOUT_NAMES, "one of ");
}

function knownLayout(typed: string, known: readonly LayoutName[], choice: string): LayoutName {
  const layout = known.find((name) => name === typed);
  if (layout !== undefined) return layout;
  throw badOption("--layout", `is ${choice}${known.join(", ")}, not ${quoted(typed)}`);
}

/** The codecs to try. Throws ConfigError `BAD_OPTION`. */
export function codecsSetting(typed: string): readonly CodecName[] {
  if (typed === "auto") return CODEC_NAMES;
  const codec = CODEC_NAMES.find((known) => known === typed);
  if (codec !== undefined) return [codec];
  throw badOption("--codec", `is auto, ${CODEC_NAMES.join(" or ")}, not ${quoted(typed)}`);
}
