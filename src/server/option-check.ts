import { ConfigError } from "../errors.ts";

/** What an option must be, in words, and whether a value is that. */
export interface Check {
  readonly expected: string;
  holds(value: unknown): boolean;
}

/** A check for each option that there is, by name. `undefined` always stands for an option that was left out. */
export type Checks<T> = { readonly [Name in keyof Required<T>]: Check };

export const TEXT: Check = {
  expected: "a string that is not empty",
  holds: (value) => typeof value === "string" && value !== "",
};
export const ANY_TEXT: Check = { expected: "a string", holds: (value) => typeof value === "string" };
export const SWITCH: Check = {
  expected: "true or false",
  holds: (value) => typeof value === "boolean",
};
export const FUNCTION: Check = { expected: "a function", holds: (value) => typeof value === "function" };
export const OBJECT: Check = {
  expected: "an object",
  holds: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  return {
    expected: `a whole number ${range}`,
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  };
}

/** One of both. */
export function either(one: Check, other: Check): Check {
  return {
    expected: `${one.expected} or ${other.expected}`,
    holds: (value) => one.holds(value) || other.holds(value),
  };
}

export function listOf(item: Check): Check {
  return {
    expected: `an array, each of it ${item.expected}`,
    holds: (value) => Array.isArray(value) && value.every((entry) => item.holds(entry)),
  };
}

export function recordOf(item: Check): Check {
  return {
    expected: `an object, each value of it ${item.expected}`,
    holds: (value) =>
      OBJECT.holds(value) && Object.values(value as object).every((entry) => item.holds(entry)),
  };
}

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`; `what` is the call. */
export function checkOptions<T>(what: string, options: unknown, checks: Checks<T>): void {
  checkObject(what, options);
  for (const [option, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(checks, option)) {
      const known = Object.keys(checks).sort().join(", ");
      const message = `${what}: unknown option "${option}"; the options are ${known}`;
      throw new ConfigError("UNKNOWN_OPTION", message, { option });
    }
    const check = checks[option as keyof Checks<T>];
    if (value !== undefined && !check.holds(value)) throw badOption(what, option, check.expected, value);
  }
}

/** Throws ConfigError `BAD_OPTION`. */
export function checkObject(what: string, options: unknown): void {
  if (!OBJECT.holds(options)) throw badOption(what, "options", OBJECT.expected, options);
}

export function badOption(what: string, option: string, expected: string, got: unknown): ConfigError {
  return new ConfigError("BAD_OPTION", `${what}: ${option}: expected ${expected}, got ${shown(got)}`, {
    option,
  });
}

/** Throws ConfigError `BAD_ARGUMENT`. */
export function checkArgument(what: string, argument: string, check: Check, got: unknown): void {
  if (check.holds(got)) return;
  const message = `${what}: ${argument}: expected ${check.expected}, got ${shown(got)}`;
  throw new ConfigError("BAD_ARGUMENT", message, { option: argument });
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}
