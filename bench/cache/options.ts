import { parseArgs } from "node:util";

export interface CacheBenchOptions {
  readonly rounds: number;
  readonly turnMs: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly only: RegExp;
  readonly out: string;
  readonly quick: boolean;
}

export const USAGE = `npm run bench:cache -- [options]
  --rounds N       interleaved rounds, default 15
  --turn MS        one contestant's turn in a round, default 300
  --keys N         keys in one call, default 1000
  --value-bytes N  characters (ASCII) of one value, default 200
  --only REGEXP    contestants whose label matches
  --quick          two rounds of 50 ms: whether it works, no figure to quote
  --out DIR        where cache.md goes, default bench/results`;

/** null where help was asked for. */
export function parseOptions(args: string[]): CacheBenchOptions | null {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string" },
      turn: { type: "string" },
      keys: { type: "string", default: "1000" },
      "value-bytes": { type: "string", default: "200" },
      only: { type: "string", default: "" },
      quick: { type: "boolean", default: false },
      out: { type: "string", default: "bench/results" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const from1 = (name: string, text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= 1) return value;
    throw new Error(`--${name} must be a whole number from 1, got ${text}`);
  };
  return {
    rounds: from1("rounds", values.rounds ?? (values.quick ? "2" : "15")),
    turnMs: from1("turn", values.turn ?? (values.quick ? "50" : "300")),
    keys: from1("keys", values.keys),
    valueBytes: from1("value-bytes", values["value-bytes"]),
    only: new RegExp(values.only),
    out: values.out,
    quick: values.quick,
  };
}
