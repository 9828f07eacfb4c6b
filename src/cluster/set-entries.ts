import { describe } from "../bytes/describe.ts";
import type { Key } from "../bytes/key.ts";
import { ConfigError } from "../errors.ts";

/** The keys and the values of `[key, value][]`. Throws ConfigError `BAD_ARGUMENT`. */
export function splitEntries(entries: readonly (readonly [Key, Key])[]): {
  readonly keys: Key[];
  readonly values: Uint8Array[];
} {
  if (!Array.isArray(entries))
    throw new ConfigError("BAD_ARGUMENT", `expected an array of [key, value], got ${describe(entries)}`, {
      option: "entries",
    });
  const keys: Key[] = new Array(entries.length);
  const values: Uint8Array[] = new Array(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    if (!Array.isArray(entry) || entry.length !== 2) {
      throw new ConfigError("BAD_ARGUMENT", `entry ${i}: expected [key, value], got ${describe(entry)}`, {
        keyIndex: i,
      });
    }
    const [key, value] = entry;
    keys[i] = key;
    values[i] = typeof value === "string" ? Buffer.from(value) : value;
  }
  return { keys, values };
}
