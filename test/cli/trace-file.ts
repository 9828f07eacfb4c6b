import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The generated sample: in every clone. */
export const SAMPLE: string = fileURLToPath(
  new URL("../../samples/conversation-sample.jsonl", import.meta.url),
);

const recorded = fileURLToPath(new URL("../../../shared/traces/conversation_trace.jsonl", import.meta.url));

/** The recorded conversation trace, where somebody put it beside the project. */
export const RECORDED: string | undefined = existsSync(recorded) ? recorded : undefined;

if (RECORDED === undefined) {
  process.stderr.write(
    "SKIPPED: the recorded conversation trace: needs ../shared/traces/conversation_trace.jsonl\n",
  );
}

export interface Prediction {
  requests: number;
  blocks: number;
  hits: number;
  /** Distinct block ids. */
  stored: number;
}

/** What an empty store must answer to the first `limit` requests, one after another: a plain set of ids knows. */
export function predict(file: string, limit: number = Number.POSITIVE_INFINITY): Prediction {
  const stored = new Set<number>();
  const prediction = { requests: 0, blocks: 0, hits: 0, stored: 0 };
  for (const line of readFileSync(file, "utf8").trim().split("\n").slice(0, limit)) {
    const ids: number[] = JSON.parse(line).hash_ids;
    const gap = ids.findIndex((id) => !stored.has(id));
    prediction.requests++;
    prediction.blocks += ids.length;
    prediction.hits += gap === -1 ? ids.length : gap;
    for (const id of ids) stored.add(id);
  }
  return { ...prediction, stored: stored.size };
}
