import { reasonOf } from "../peers/failure.ts";
import { benchmark, type Load } from "./benchmark-run.ts";
import type { RunningServer } from "./contestant.ts";
import { fill } from "./filling.ts";
import { Listeners } from "./listeners.ts";
import type { ServerBenchOptions } from "./options.ts";
import type { Row } from "./row.ts";

/** Less is no measure: the clock of the CPU counts hundredths of a second. */
const FEWEST = 2000;

/** One contestant in one row. */
export interface RowOutcome {
  readonly server: RunningServer;
  readonly loads: Load[];
  /** Why it was not measured. */
  failure?: string;
}

interface Turn {
  readonly outcome: RowOutcome;
  readonly listeners: Listeners | undefined;
  /** Sent in one turn. */
  commands: number;
}

/** So long is everybody loaded before the first row: an engine compiles for some seconds. */
export async function warmUp(
  servers: readonly RunningServer[],
  rows: readonly Row[],
  ms: number,
): Promise<void> {
  for (const server of servers) {
    const until = performance.now() + ms;
    while (performance.now() < until)
      for (const row of rows.filter(({ listeners }) => listeners === undefined))
        await benchmark(server, row, FEWEST);
  }
}

/** Every server takes one turn a round; the order is turned round in every second one. */
export async function measureRow(
  servers: readonly RunningServer[],
  row: Row,
  { rounds, turnMs }: ServerBenchOptions,
): Promise<RowOutcome[]> {
  const turns: Turn[] = [];
  for (const server of servers) {
    await server.connection.send("FLUSHALL");
    await fill(server, row.keys, row.valueBytes);
    const listeners =
      row.listeners === undefined ? undefined : await Listeners.open(server.port, row.listeners);
    turns.push({ outcome: { server, loads: [] }, listeners, commands: FEWEST });
  }
  try {
    // Twice: the first run is compiled by the engines while it goes, so that it tells little of how long a turn is.
    for (let run = 0; run < 2; run++) {
      for (const turn of turns) {
        const load = await take(turn, row);
        if (load !== undefined)
          turn.commands = Math.max(FEWEST, Math.round((load.perSecond * turnMs) / 1000));
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
        const load = await take(turn, row);
        if (load !== undefined) turn.outcome.loads.push(load);
      }
    }
  } finally {
    for (const { listeners } of turns) listeners?.close();
  }
  return turns.map(({ outcome }) => outcome);
}

async function take({ outcome, listeners, commands }: Turn, row: Row): Promise<Load | undefined> {
  if (outcome.failure !== undefined) return undefined;
  try {
    const load = await benchmark(outcome.server, row, commands);
    await listeners?.heard(commands, row.valueBytes);
    return load;
  } catch (error) {
    outcome.failure = reasonOf(error);
    return undefined;
  }
}
