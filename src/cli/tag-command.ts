import { ConfigError } from "../errors.ts";
import { SLOT_COUNT, tagForSlot } from "../slots/index.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { JSON_LINES } from "./key-options.ts";
import { quoted } from "./option-values.ts";
import { ResultOutput } from "./result-output.ts";
import { paint, type Terminal } from "./terminal.ts";

const ARGS = {
  slot: {
    type: "positional",
    required: true,
    valueHint: "…",
    description: "a slot from 0 to 16383, or a range such as 0-99",
  },
  json: JSON_LINES,
} as const;

/** Slots whose lines are written at once. */
const PORTION = 1024;

/** `slotpack tag`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const tagCommand: AnyCommand = anyCommand({
  meta: { name: "tag", description: "Print the shortest {tag} that puts keys into a slot: slot, tab, tag" },
  args: ARGS,
  run: ({ args: { _, json }, data }) => runTag(_.map(readRange), json, data as Terminal),
});

type SlotRange = readonly [first: number, last: number];

/** Prints the tags of all slots in the ranges; returns the exit code. */
export async function runTag(
  ranges: readonly SlotRange[],
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  using output = new ResultOutput(terminal);
  const line = (slot: number): string => {
    const tag = tagForSlot(slot);
    if (json) return `${JSON.stringify({ slot, tag })}\n`;
    return `${paint(terminal, "stdout", "cyan", String(slot))}\t${tag}\n`;
  };
  for (const [first, last] of ranges) {
    for (let from = first; from <= last; from += PORTION) {
      let text = "";
      for (let slot = from; slot <= Math.min(last, from + PORTION - 1); slot++) text += line(slot);
      if (!(await output.write(text))) return 0;
    }
  }
  return 0;
}

/** Throws ConfigError `BAD_SLOT`. */
function readRange(text: string): SlotRange {
  const [, first = "", last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range = [Number(first), Number(last)] as const;
  if (first !== "" && range[0] <= range[1] && range[1] < SLOT_COUNT) return range;
  const message = `a slot is a whole number from 0 to ${SLOT_COUNT - 1}, or a range such as 0-99, not ${quoted(text)}`;
  throw new ConfigError("BAD_SLOT", message, { option: "SLOT" });
}
