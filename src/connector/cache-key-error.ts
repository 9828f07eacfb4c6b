import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";

/** ConfigError `BAD_CACHE_KEY`; `field` is its `option`. */
export function badCacheKey(field: string, expected: string, got: unknown): ConfigError {
  const message = `${field}: expected ${expected}, got ${show(got)}`;
  return new ConfigError("BAD_CACHE_KEY", message, { option: field });
}

/** Throws ConfigError `BAD_CACHE_KEY` unless `value` is a string without `@`, the separator of a key's parts. */
export function checkPart(field: string, value: unknown, what: string): string {
  if (typeof value !== "string") throw badCacheKey(field, what, value);
  if (value.includes("@")) throw badCacheKey(field, `${what} without "@"`, value);
  return value;
}

/** Throws ConfigError `BAD_CACHE_KEY` unless `value` is a whole number in that range. */
export function checkWhole(field: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw badCacheKey(field, `a whole number ${range}`, value);
}

function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint" || value === undefined) return String(value);
  if (typeof value !== "string") return describe(value);
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
}
