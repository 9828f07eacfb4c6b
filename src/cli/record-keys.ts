import { isUtf8 } from "node:buffer";
import { ConfigError } from "../errors.ts";
import type { Interruption } from "./interruption.ts";
import { readKeys } from "./key-source.ts";
import type { Terminal } from "./terminal.ts";

export interface RecordKeyOptions {
  readonly keys: readonly string[];
  readonly resultsStream: boolean;
  readonly interruption: Interruption;
}

/** Keys of records, as arguments or one a line on the standard input; they are text. Throws ConfigError `BAD_KEY`. */
export async function* readRecordKeys(
  terminal: Terminal,
  options: RecordKeyOptions,
): AsyncGenerator<string[], void, undefined> {
  for await (const lines of readKeys(terminal, { ...options, escapes: false })) {
    const keys: string[] = [];
    for (let i = 0; i < lines.count; i++) {
      const key = lines.key(i);
      if (!isUtf8(key))
        throw new ConfigError(
          "BAD_KEY",
          `a record's key is UTF-8, which hex ${key.toString("hex", 0, 60)} is not`,
        );
      keys.push(key.toString());
    }
    yield keys;
  }
}
