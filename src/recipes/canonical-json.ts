import { ConfigError } from "../errors.ts";

const MAX_DEPTH = 64;

/**
 * JSON in which equal queries are equal texts: the fields of objects in the order of their names, fields that are undefined left out, `toJSON` asked as JSON.stringify
 * does. Throws ConfigError `BAD_QUERY` for what JSON would write as something else (NaN, a Map, bytes, a function) or not at all, so that two
 * queries never share a text by accident.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "", 0);
}

function write(given: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw badQuery(path, `nested deeper than ${MAX_DEPTH}, or a cycle`);
  const value = hasToJson(given) ? given.toJSON(path) : given;
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") {
    if (Number.isFinite(value)) return JSON.stringify(value);
    throw badQuery(path, String(value));
  }
  if (Array.isArray(value))
    return `[${Array.from(value, (item, i) => write(item, `${path}[${i}]`, depth + 1)).join(",")}]`;
  if (typeof value !== "object")
    throw badQuery(path, value === undefined ? "undefined" : `a ${typeof value}`);
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null)
    throw badQuery(path, `a ${value.constructor?.name ?? "class"}`);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${write(field, `${path}.${name}`, depth + 1)}`);
  return `{${fields.join(",")}}`;
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { toJSON?: unknown }).toJSON === "function"
  );
}

function badQuery(path: string, got: string): ConfigError {
  const message = `query${path}: expected what JSON has (text, finite numbers, booleans, null, arrays, plain objects), got ${got}`;
  return new ConfigError("BAD_QUERY", message, { option: "query" });
}
