import { SlotpackError } from "../errors.ts";
import { isMalformed, type MalformedLine, parseTraceLine, type TraceRequest } from "./trace-request.ts";

/** Longest line kept, in bytes. The longest of the public traces has about 4 KB; a file without newlines stays bounded. */
export const MAX_LINE_BYTES: number = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

export interface TraceReaderOptions {
  /** Valid requests to yield at most; default: all. */
  limit?: number | undefined;
  /** Throw at the first malformed line instead of reporting it; default `false`. */
  strict?: boolean | undefined;
  onMalformed?: ((line: MalformedLine) => void) | undefined;
  /** Called with the bytes up to the end of each line, as the lines are asked for. */
  onBytes?: ((total: number) => void) | undefined;
}

/**
 * Yields the requests of a trace in the order of its lines, holding one chunk and one line in memory. Blank lines are
 * passed over.
 *
 * @throws SlotpackError `TRACE_MALFORMED` under `strict`
 */
export async function* readTrace(
  source: AsyncIterable<Uint8Array>,
  options: TraceReaderOptions = {},
): AsyncGenerator<TraceRequest, void, void> {
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const line of parsedLines(source, options.onBytes)) {
    if (!isMalformed(line)) {
      yield line;
      left--;
      if (left === 0) return;
    } else if (options.strict) {
      throw new SlotpackError("TRACE_MALFORMED", `line ${line.line} of the trace ${line.reason}`);
    } else {
      options.onMalformed?.(line);
    }
  }
}

async function* parsedLines(
  source: AsyncIterable<Uint8Array>,
  onBytes?: (total: number) => void,
): AsyncGenerator<TraceRequest | MalformedLine, void, void> {
  let number = 0;
  for await (const bytes of splitLines(source, onBytes)) {
    number++;
    if (bytes === null) {
      yield { line: number, reason: `is longer than ${MAX_LINE_BYTES} bytes` };
      continue;
    }
    const text = decodeLine(bytes);
    if (text === null) yield { line: number, reason: "is not UTF-8" };
    else if (text.trim() !== "") yield parseTraceLine(text, number);
  }
}

/** Yields each line without its newline, `null` in place of one that is too long to keep. */
async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  onBytes?: (total: number) => void,
): AsyncGenerator<Uint8Array | null, void, void> {
  let total = 0;
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      length += end - start;
      onBytes?.(total + end + 1);
      yield joinLine(parts, chunk.subarray(start, end), length);
      parts = [];
      length = 0;
      start = end + 1;
    }
    total += chunk.length;
    length += chunk.length - start;
    if (length > MAX_LINE_BYTES) parts = [];
    else if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  onBytes?.(total);
  if (length > 0) yield joinLine(parts, new Uint8Array(0), length);
}

function joinLine(parts: Uint8Array[], last: Uint8Array, length: number): Uint8Array | null {
  if (length > MAX_LINE_BYTES) return null;
  return parts.length === 0 ? last : Buffer.concat([...parts, last], length);
}

// Strips a byte order mark at the start, too.
const decoder = new TextDecoder("utf-8", { fatal: true });

function decodeLine(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
