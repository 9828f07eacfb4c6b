import { parseArgs } from "node:util";

export interface ReliabilityOptions {
  /** Batches of slotpack's run over moving slots; the others get a tenth, since one failure is enough to tell. */
  readonly batches: number;
  readonly cuts: number;
  /** Frozen primaries, one after another, for slotpack; the others get one each. */
  readonly freezes: number;
  readonly parts: readonly string[];
  readonly clients: readonly string[] | undefined;
}

export const USAGE: string = `npm run reliability -- [options]
  --batches N   batches of slotpack while slots move (100000)
  --cuts N      INCRs whose connection is cut (200)
  --freezes N   frozen primaries for slotpack (5)
  --parts LIST  of migrating, cut, frozen (all)
  --clients LIST  of slotpack, ioredis 6.0.0, ioredis 5.4.2 (all)`;

const PARTS = ["migrating", "cut", "frozen"];

/** Throws an Error with the usage for what it does not know. */
export function parseOptions(args: readonly string[]): ReliabilityOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      batches: { type: "string", default: "100000" },
      cuts: { type: "string", default: "200" },
      freezes: { type: "string", default: "5" },
      parts: { type: "string", default: PARTS.join(",") },
      clients: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const parts = values.parts.split(",");
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`unknown part "${unknown}"\n${USAGE}`);
  return {
    batches: count("batches", values.batches),
    cuts: count("cuts", values.cuts),
    freezes: count("freezes", values.freezes),
    parts,
    clients: values.clients?.split(","),
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${name}: expected a whole number from 1, got "${text}"\n${USAGE}`);
}
