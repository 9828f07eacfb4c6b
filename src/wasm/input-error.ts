import { ConfigError } from "../errors.ts";

/** Longest value that a server takes: its `proto-max-bulk-len` by default, 512 MB. */
export const MAX_VALUE_LENGTH: number = 512 * 1024 * 1024;

/** A key that is neither a string nor bytes. */
export function badKey(key: unknown, keyIndex: number): ConfigError {
  const got = key === null ? "null" : Array.isArray(key) ? "an array" : typeof key;
  return new ConfigError("BAD_KEY", `key ${keyIndex}: expected a string or a Uint8Array, got ${got}`, {
    keyIndex,
  });
}

/** A value, or a record packed into one, that no server would accept. */
export function valueTooLarge(byteLength: number, keyIndex: number): ConfigError {
  return new ConfigError(
    "VALUE_TOO_LARGE",
    `value of key ${keyIndex}: expected at most ${MAX_VALUE_LENGTH} bytes, got ${byteLength}`,
    { keyIndex, option: "value" },
  );
}

/** More packed bytes than offsets of 32 bits can address. */
export function batchTooLarge(byteLength: number): ConfigError {
  return new ConfigError(
    "BATCH_TOO_LARGE",
    `expected at most 4294967295 packed bytes in a batch, got ${byteLength}`,
  );
}

/** A template that writes values was given none. */
export function valuesMissing(columns: number): ConfigError {
  return new ConfigError("VALUES_MISSING", `expected ${columns} columns of values, got fewer`, {
    option: "values",
  });
}
