import type { RecordableHistogram } from "node:perf_hooks";
import type { BenchCluster } from "./bench-cluster.ts";
import type { Contestant, ContestantSource } from "./contestant.ts";
import { checkRead, checkWrite } from "./equality.ts";
import { reasonOf, within } from "./failure.ts";
import { newLatencies, type TurnLimits, takeTurn } from "./measure.ts";
import type { Row } from "./row.ts";
import type { Outcome, RowResult } from "./row-result.ts";
import { createWorkload, type KeyShape, type Workload } from "./workload.ts";

interface Connected {
  source: ContestantSource;
  contestant: Contestant;
}

/** A contestant that is connected, or the reason why it is not. */
export type Entrant = Connected | { source: ContestantSource; failure: string };

export interface RoundOptions {
  rounds: number;
  turn: TurnLimits;
  /** One uncounted turn before the first round, for the compiler's sake. */
  warmUpMs: number;
  keyShape: KeyShape;
}

/** No turn takes so long, unless a client lost a reply. */
const TURN_TIMEOUT_MS = 120_000;

function untimed(source: ContestantSource, failure: string | null): Outcome {
  return { source, failure, turns: [], p50Ms: 0, p95Ms: 0, p99Ms: 0, roundTrips: null };
}

/** Rotated by one every round, and turned round every second time, so that nobody always follows the same neighbour. */
function orderOf<T>(items: readonly T[], round: number): T[] {
  const by = round % Math.max(1, items.length);
  const rotated = [...items.slice(by), ...items.slice(0, by)];
  return round % 2 === 0 ? rotated : rotated.reverse();
}

interface Run {
  outcome: Outcome;
  batch: () => Promise<unknown>;
  latencyNs: RecordableHistogram;
}

async function prepare(
  cluster: BenchCluster,
  { source, contestant }: Connected,
  load: Workload,
): Promise<Run> {
  const read = load.row.direction === "read";
  await (read ? checkRead(contestant, load) : checkWrite(cluster, contestant, load));
  const prepared = await (read ? contestant.prepareRead(load) : contestant.prepareWrite(load));
  return { outcome: untimed(source, null), batch: () => prepared.run(), latencyNs: newLatencies() };
}

/** A run that fails under the clock is out for the rest of the row. */
async function turn(run: Run, row: Row, limits: TurnLimits, counted: boolean): Promise<void> {
  const { outcome, batch, latencyNs } = run;
  if (outcome.failure !== null) return;
  try {
    const taken = takeTurn(batch, row.records, limits, counted ? latencyNs : null);
    const result = await within(TURN_TIMEOUT_MS, taken);
    if (counted) outcome.turns.push(result);
  } catch (error) {
    outcome.failure = `failed under the clock: ${reasonOf(error)}`;
  }
}

/** Checks every entrant against the truth, warms each up, then times them in interleaved rounds. */
export async function runRow(
  cluster: BenchCluster,
  entrants: readonly Entrant[],
  row: Row,
  options: RoundOptions,
): Promise<RowResult> {
  const load = createWorkload(row, options.keyShape);
  await cluster.clear();
  await cluster.store(load);
  const outcomes = new Map<string, Outcome>();
  const runs: Run[] = [];
  for (const entrant of entrants) {
    const { source } = entrant;
    if ("failure" in entrant) {
      outcomes.set(source.id, untimed(source, entrant.failure));
      continue;
    }
    try {
      runs.push(await within(TURN_TIMEOUT_MS, prepare(cluster, entrant, load)));
    } catch (error) {
      outcomes.set(source.id, untimed(source, `failed before the clock started: ${reasonOf(error)}`));
    }
  }
  for (const { outcome } of runs) outcomes.set(outcome.source.id, outcome);
  const warmUp = { ...options.turn, durationMs: options.warmUpMs };
  for (const run of runs) await turn(run, row, warmUp, false);
  for (let round = 0; round < options.rounds; round++) {
    for (const run of orderOf(runs, round)) {
      await turn(run, row, options.turn, true);
    }
  }
  for (const { outcome, latencyNs } of runs) {
    outcome.p50Ms = latencyNs.percentile(50) / 1e6;
    outcome.p95Ms = latencyNs.percentile(95) / 1e6;
    outcome.p99Ms = latencyNs.percentile(99) / 1e6;
  }
  await cluster.clear();
  return { row, outcomes: entrants.map(({ source }) => outcomes.get(source.id)!) };
}
