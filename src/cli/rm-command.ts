import { redactTarget } from "../cluster/target.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { JSON_OBJECT, KEYS } from "./key-options.ts";
import { LAYOUTS, SERVER_ARGS } from "./record-options.ts";
import { RecordRemoval } from "./record-removal.ts";
import { type RmSettings, rmSettings } from "./rm-options.ts";
import { openClient } from "./target-option.ts";
import { paint, type Terminal } from "./terminal.ts";

const ARGS = {
  key: KEYS,
  ...SERVER_ARGS,
  layout: { ...LAYOUTS, default: "tagged-pair" },
  prefix: { type: "string", valueHint: "TEXT", description: "all records and halves whose keys begin so" },
  "dry-run": { type: "boolean", default: false, description: "count what --prefix finds, remove nothing" },
  yes: {
    type: "boolean",
    default: false,
    description: "needed with --prefix, and for keys on the standard input",
  },
  json: JSON_OBJECT,
} as const;

/** `slotpack rm`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const rmCommand: AnyCommand = anyCommand({
  meta: { name: "rm", description: "Remove records, both halves of them" },
  args: ARGS,
  run: ({ args, data }) => runRm(rmSettings(args, data as Terminal), data as Terminal),
});

/** Removes records and prints how many; returns the exit code, 1 when some of the keys had none. */
export async function runRm(settings: RmSettings, terminal: Terminal): Promise<number> {
  const tally = { keys: 0, removed: 0 };
  return interruptible(
    terminal,
    async (interruption) => {
      const { server, layouts, prefix, dryRun, json } = settings;
      await using client = await openClient(server, interruption);
      const removal = new RecordRemoval(client, settings, tally, terminal);
      await (prefix === undefined ? removal.ofKeys(interruption) : removal.ofPrefix(prefix, interruption));
      const target = redactTarget(server.target);
      const fields = { target, layouts, prefix: prefix ?? null, dryRun, ...tally };
      terminal.stdout.write(json ? `${JSON.stringify(fields)}\n` : rmText(settings, tally, terminal));
      return prefix === undefined && tally.removed < tally.keys ? 1 : 0;
    },
    () => `removed ${tally.removed} records`,
  );
}

function rmText(
  { layouts, prefix, dryRun }: RmSettings,
  { keys, removed }: { readonly keys: number; readonly removed: number },
  terminal: Terminal,
): string {
  const count = (value: number) =>
    `${paint(terminal, "stdout", "bold", value.toLocaleString("en-US"))} ${value === 1 ? "record" : "records"}`;
  const where = `(${layouts.join(", ")})`;
  if (dryRun) return `would remove ${count(keys)} ${where}\n`;
  if (prefix !== undefined) return `removed ${count(removed)} ${where}\n`;
  return `removed ${count(removed)} of ${keys.toLocaleString("en-US")} ${keys === 1 ? "key" : "keys"} ${where}\n`;
}
