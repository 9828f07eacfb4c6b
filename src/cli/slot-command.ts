import { isUtf8 } from "node:buffer";
import { hashTag } from "../slots/index.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { KeyLineSlots, slotLines } from "./key-line-slots.ts";
import type { KeyLines } from "./key-lines.ts";
import { ESCAPES, JSON_LINES, KEYS } from "./key-options.ts";
import { readKeys } from "./key-source.ts";
import { escapedKey, jsonKey, printable } from "./key-text.ts";
import { ResultOutput } from "./result-output.ts";
import { paint, type Terminal } from "./terminal.ts";

const ARGS = {
  key: KEYS,
  tag: {
    type: "boolean",
    default: false,
    description: "add a third column: the part of the key that is hashed",
  },
  escapes: ESCAPES,
  json: JSON_LINES,
} as const;

interface SlotSettings {
  readonly keys: readonly string[];
  readonly tag: boolean;
  readonly escapes: boolean;
  readonly json: boolean;
}

/** `slotpack slot`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const slotCommand: AnyCommand = anyCommand({
  meta: { name: "slot", description: "Print the cluster slot of each key, one a line: slot, tab, key" },
  args: ARGS,
  run: ({ args: { _, tag, escapes, json }, data }) =>
    runSlot({ keys: _, tag, escapes, json }, data as Terminal),
});

/** Prints the slots of keys in their order; returns the exit code. */
export async function runSlot(settings: SlotSettings, terminal: Terminal): Promise<number> {
  let printed = 0;
  return interruptible(
    terminal,
    async (interruption) => {
      using output = new ResultOutput(terminal);
      const render = rendererFor(settings, terminal);
      const slots = new KeyLineSlots();
      for await (const lines of readKeys(terminal, { ...settings, resultsStream: true, interruption })) {
        if (!(await output.write(render(lines, slots.of(lines))))) break;
        printed += lines.count;
      }
      return 0;
    },
    () => `printed the slots of ${printed} keys`,
  );
}

type Renderer = (lines: KeyLines, slots: Uint16Array) => string | Uint8Array;

function rendererFor({ tag, escapes, json }: SlotSettings, terminal: Terminal): Renderer {
  if (json) return (lines, slots) => jsonLines(lines, slots, escapes);
  const shown = terminal.stdout.isTTY === true;
  // Buffers go out as they came in.
  if (!tag && !escapes && !shown) return slotLines;
  const text = escapes
    ? escapedKey
    : (key: Buffer) => (shown ? printable(key.toString()) : key.toString("latin1"));
  const encoding = escapes || shown ? "utf8" : "latin1";
  const line = (slot: number, key: Buffer) => {
    const label = paint(terminal, "stdout", "cyan", String(slot));
    return `${label}\t${text(key)}${tag ? `\t${text(hashTag(key) as Buffer)}` : ""}\n`;
  };
  return (lines, slots) => Buffer.from(each(lines, slots, line), encoding);
}

function each(lines: KeyLines, slots: Uint16Array, line: (slot: number, key: Buffer) => string): string {
  let text = "";
  for (let i = 0; i < lines.count; i++) text += line(slots[i]!, lines.key(i));
  return text;
}

/** Written out: `JSON.stringify` of an object takes three times as long. */
function jsonLines(lines: KeyLines, slots: Uint16Array, escapes: boolean): string {
  const { bytes, starts, ends, count } = lines;
  // Between keys with escapes stands what is left of them.
  const allText = count > 0 && !escapes && isUtf8(bytes.subarray(starts[0], ends[count - 1]));
  let text = "";
  for (let i = 0; i < count; i++) {
    if (allText || isUtf8(lines.key(i))) {
      const key = bytes.toString("utf8", starts[i], ends[i]);
      const quoted = JSON.stringify(key);
      const hashed = hashTag(key);
      text += `{"slot":${slots[i]},"key":${quoted},"hashed":${hashed === key ? quoted : JSON.stringify(hashed)}}\n`;
    } else {
      const key = lines.key(i);
      const fields = { slot: slots[i], ...jsonKey(key), ...jsonKey(hashTag(key) as Buffer, "hashed") };
      text += `${JSON.stringify(fields)}\n`;
    }
  }
  return text;
}
