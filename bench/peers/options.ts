import { parseArgs } from "node:util";
import type { ContestantSource } from "./contestant.ts";
import { DEFAULT_IDS, SOURCES } from "./contestants/index.ts";
import type { TurnLimits } from "./measure.ts";
import { type Row, selectRows } from "./row.ts";
import type { KeyShape } from "./workload.ts";

export const USAGE: string = `npm run bench:peers -- [options]
  --rounds N           interleaved rounds, default 9 (3 with --quick)
  --quick              short turns; a look, not a figure to quote
  --rtt MS             put a delaying proxy in front of every node
  --only A,B           rows whose name contains A or B (a fragment ending in $ matches the end)
  --contestants A,B    ids: ${SOURCES.map(({ id }) => id).join(", ")}
  --keys short|lmcache 19 or 111 characters, default short
  --heap MB            live objects beside the clients, as an application has them, default 0
  --no-round-trips     skip counting round trips
  --out FOLDER         where CSV and Markdown go, default bench/results`;

export interface PeersOptions {
  rows: Row[];
  sources: ContestantSource[];
  rounds: number;
  quick: boolean;
  turn: TurnLimits;
  warmUpMs: number;
  rttMs: number;
  keyShape: KeyShape;
  /** Megabytes. */
  heap: number;
  roundTrips: boolean;
  out: string;
}

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new Error(`--${name} must be a number above 0, got ${text}`);
  return value;
}

function selectSources(text: string | undefined): ContestantSource[] {
  const ids = text === undefined ? DEFAULT_IDS : text.split(",");
  return ids.map((id) => {
    const source = SOURCES.find((candidate) => candidate.id === id);
    if (source === undefined)
      throw new Error(`--contestants: no ${id}; there are ${SOURCES.map((s) => s.id).join(", ")}`);
    return source;
  });
}

/** Throws with a message for the command line; `null` where help was asked for. */
export function parseOptions(args: readonly string[]): PeersOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      rtt: { type: "string" },
      only: { type: "string" },
      contestants: { type: "string" },
      keys: { type: "string", default: "short" },
      heap: { type: "string" },
      "no-round-trips": { type: "boolean", default: false },
      out: { type: "string", default: "bench/results" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (values.keys !== "short" && values.keys !== "lmcache")
    throw new Error(`--keys ${values.keys}: short or lmcache`);
  return {
    rows: selectRows(values.only),
    sources: selectSources(values.contestants),
    rounds: Math.ceil(positive("rounds", values.rounds, values.quick ? 3 : 9)),
    quick: values.quick,
    turn: values.quick
      ? { leadInMs: 20, durationMs: 60, minBatches: 2 }
      : { leadInMs: 100, durationMs: 250, minBatches: 3 },
    warmUpMs: values.quick ? 100 : 300,
    rttMs: positive("rtt", values.rtt, 0),
    keyShape: values.keys,
    heap: positive("heap", values.heap, 0),
    roundTrips: !values["no-round-trips"],
    out: values.out,
  };
}
