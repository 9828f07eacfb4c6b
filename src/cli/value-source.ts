import { open } from "node:fs/promises";
import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";
import { ConfigError, SlotpackError } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

/** All bytes of a file, or of the standard input for `-`. Throws SlotpackError `FILE_UNREADABLE`, ConfigError `VALUE_TOO_LARGE`. */
export async function readValue(file: string, { stdin }: Terminal): Promise<Uint8Array> {
  if (file === "-") return collect(stdin, "the standard input");
  try {
    await using handle = await open(file, "r");
    const { size } = await handle.stat();
    if (size > MAX_VALUE_BYTES) throw tooLarge(file);
    // Not all at once by its size: a pipe and a device tell none.
    return await collect(handle.createReadStream({ autoClose: false }), file);
  } catch (cause) {
    if (cause instanceof SlotpackError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : message;
    throw new SlotpackError("FILE_UNREADABLE", `cannot read ${file}: ${reason}`, { cause });
  }
}

async function collect(source: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    length += part.length;
    if (length > MAX_VALUE_BYTES) throw tooLarge(name);
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

function tooLarge(name: string): ConfigError {
  return new ConfigError("VALUE_TOO_LARGE", `${name} has more than ${MAX_VALUE_BYTES} bytes (512 MB)`);
}
