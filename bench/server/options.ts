import { parseArgs } from "node:util";

export interface ServerBenchOptions {
  readonly rounds: number;
  readonly turnMs: number;
  readonly only: RegExp;
  /** Compiled trees of slotpack (folders with `cli/main.js`) that are measured beside this one, to judge a change. */
  readonly beside: readonly string[];
  readonly contestants: RegExp;
  readonly out: string;
  readonly quick: boolean;
}

export const USAGE = `npm run bench:server -- [options]
  --rounds N            interleaved rounds, default 5
  --turn MS             one contestant's turn in a round, about, default 600
  --only REGEXP         rows whose name matches: 'SET|GET', 'memory', 'large'
  --contestants REGEXP  contestants whose name matches
  --beside DIR          another compiled slotpack (dist of another commit), as often as wanted
  --quick               two rounds of 200 ms: whether it works, no figure to quote
  --out DIR             where server.md goes, default bench/results; none with --only, --contestants or --beside`;

/** null where help was asked for. */
export function parseOptions(args: string[]): ServerBenchOptions | null {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string" },
      turn: { type: "string" },
      only: { type: "string", default: "" },
      contestants: { type: "string", default: "" },
      beside: { type: "string", multiple: true, default: [] },
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
    rounds: from1("rounds", values.rounds ?? (values.quick ? "2" : "5")),
    turnMs: from1("turn", values.turn ?? (values.quick ? "200" : "600")),
    only: new RegExp(values.only),
    contestants: new RegExp(values.contestants),
    beside: values.beside,
    out: values.out,
    quick: values.quick,
  };
}
