import { redactTarget } from "../cluster/target.ts";
import { ConfigError } from "../errors.ts";

/** What somebody typed, for a message: a URL that has slipped into another place keeps its password to itself. */
export function quoted(typed: string): string {
  return JSON.stringify(typed.includes("://") ? redactTarget(typed) : typed);
}

/** An option that is wrong: `--name` and what is wrong with it. */
export function badOption(option: string, why: string): ConfigError {
  return new ConfigError("BAD_OPTION", `${option} ${why}`, { option });
}

/** Throws ConfigError `BAD_OPTION`. */
export function wholeNumber(option: string, value: string, max: number, min = 1): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw badOption(option, `is a whole number from ${min} to ${max}, not ${quoted(value)}`);
}

/** Seconds with up to three decimals as milliseconds. Throws ConfigError `BAD_OPTION`. */
export function secondsAsMs(option: string, value: string, maxSeconds: number): number {
  const ms = /^\d+(\.\d{1,3})?$/.test(value) ? Math.round(Number(value) * 1000) : Number.NaN;
  if (ms >= 1 && ms <= maxSeconds * 1000) return ms;
  throw badOption(option, `is a number of seconds up to ${maxSeconds}, not ${quoted(value)}`);
}
