import type { ContestantSource } from "./contestant.ts";
import { median, type Turn } from "./measure.ts";
import type { Row } from "./row.ts";

/** What one contestant showed in one row; `failure` says why it was not timed. */
export interface Outcome {
  source: ContestantSource;
  failure: string | null;
  turns: Turn[];
  /** Milliseconds per batch over all rounds. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  roundTrips: number | null;
}

export interface RowResult {
  row: Row;
  outcomes: Outcome[];
}

/** Median over rounds. */
export function cpuOf(outcome: Outcome): number {
  return median(outcome.turns.map((turn) => turn.cpuUsPerRecord));
}

export function rateOf(outcome: Outcome): number {
  return median(outcome.turns.map((turn) => turn.recordsPerSecond));
}

export function timed(result: RowResult): Outcome[] {
  return result.outcomes.filter((outcome) => outcome.failure === null);
}

export function outcomeOf(result: RowResult, id: string): Outcome | undefined {
  return timed(result).find((outcome) => outcome.source.id === id);
}

/** The peer (neither slotpack nor the floor) with the least CPU per record. */
export function bestPeer(result: RowResult): Outcome | undefined {
  return timed(result)
    .filter((outcome) => outcome.source.kind === "peer")
    .sort((a, b) => cpuOf(a) - cpuOf(b))[0];
}
