/** Tokens that one block id of the Mooncake trace format stands for. */
export const TOKENS_PER_BLOCK = 512;

/** One line of a trace in the public Mooncake format. */
export interface TraceRequest {
  /** Line of the file, counted from 1. */
  line: number;
  /** Arrival, in milliseconds after the start of the trace. */
  timestamp: number;
  /** Prompt length in tokens. */
  inputLength: number;
  /** Answer length in tokens. */
  outputLength: number;
  /** One id per block of 512 prompt tokens; equal ids mean an equal prefix up to and including that block. */
  hashIds: number[];
}

/** Why a line is no request: reads on as `line 7 <reason>`. */
export interface MalformedLine {
  line: number;
  reason: string;
}

/** Parses one line, or says what is wrong with it. Fields beyond the four are ignored, as newer traces add some. */
export function parseTraceLine(text: string, line: number): TraceRequest | MalformedLine {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { line, reason: "is not JSON" };
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return { line, reason: "is not a JSON object" };
  }
  const fields = parsed as Record<string, unknown>;
  const { timestamp, hash_ids: hashIds } = fields;
  if (typeof timestamp !== "number" || !Number.isFinite(timestamp)) {
    return { line, reason: 'has no number in "timestamp"' };
  }
  for (const name of ["input_length", "output_length"]) {
    if (!isCount(fields[name])) return { line, reason: `has no token count in "${name}"` };
  }
  if (!Array.isArray(hashIds)) return { line, reason: 'has no array in "hash_ids"' };
  // Beyond 2^53 JSON.parse rounds, and two blocks would silently become one.
  const bad = hashIds.findIndex((id) => !isCount(id));
  if (bad !== -1) {
    return { line, reason: `has no block id (an integer from 0 to 2^53 - 1) at hash_ids[${bad}]` };
  }
  return {
    line,
    timestamp,
    inputLength: fields.input_length as number,
    outputLength: fields.output_length as number,
    hashIds,
  };
}

export function isMalformed(line: TraceRequest | MalformedLine): line is MalformedLine {
  return "reason" in line;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
