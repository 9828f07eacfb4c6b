import { type FileHandle, open } from "node:fs/promises";
import { SlotpackError } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

/** An opened trace. */
export interface TraceSource {
  chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the file; `undefined` for a pipe. */
  byteLength: number | undefined;
  /** Also ends a read that waits for input; may be called twice. */
  close(): Promise<void>;
}

/**
 * Opens a file, or the standard input for `-`.
 *
 * @throws SlotpackError `TRACE_UNREADABLE`
 */
export async function openTrace(file: string, terminal: Terminal): Promise<TraceSource> {
  if (file === "-") {
    const { stdin } = terminal;
    return { chunks: stdin, byteLength: undefined, close: async () => void stdin.destroy() };
  }
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new Error("it is a folder");
    const stream = handle.createReadStream({ autoClose: false });
    return {
      chunks: readable(stream, file),
      byteLength: stats.isFile() ? stats.size : undefined,
      close: async () => {
        stream.destroy();
        await handle?.close();
      },
    };
  } catch (error) {
    await handle?.close();
    throw unreadable(file, error);
  }
}

async function* readable(stream: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): SlotpackError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "there is no such file" : message;
  return new SlotpackError("TRACE_UNREADABLE", `cannot read the trace ${file}: ${reason}`, { cause });
}
