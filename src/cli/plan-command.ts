import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { KeyCensus } from "./key-census.ts";
import { KeyLineSlots } from "./key-line-slots.ts";
import { ESCAPES, JSON_OBJECT, KEYS } from "./key-options.ts";
import { readKeys } from "./key-source.ts";
import { planFigures } from "./plan-figures.ts";
import { type PlanSettings, planSettings } from "./plan-options.ts";
import { planText } from "./plan-report.ts";
import { planTopology } from "./plan-topology.ts";
import { TARGET, TIMEOUT, timeoutSetting } from "./target-option.ts";
import type { Terminal } from "./terminal.ts";

const ARGS = {
  key: KEYS,
  target: TARGET,
  nodes: {
    type: "string",
    valueHint: "FILE",
    description: "what CLUSTER NODES, SLOTS or SHARDS answered, as redis-cli prints it",
  },
  primaries: { type: "string", valueHint: "N", description: "as if N primaries shared the slots evenly" },
  "chunk-size": { type: "string", default: "256", valueHint: "N", description: "keys in one packed write" },
  timeout: TIMEOUT,
  escapes: { ...ESCAPES, description: "read \\n \\r \\t \\0 \\\\ and \\xHH in keys as bytes" },
  json: JSON_OBJECT,
} as const;

/** `slotpack plan`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const planCommand: AnyCommand = anyCommand({
  meta: {
    name: "plan",
    description: "Show how a batch of keys meets a cluster: nodes, round trips, hot tags, CROSSSLOT",
  },
  args: ARGS,
  run: ({ args, data }) =>
    runPlan(planSettings(args, timeoutSetting(args.timeout), data as Terminal), data as Terminal),
});

/** Counts the keys and prints how they meet the cluster; returns the exit code. */
export async function runPlan(settings: PlanSettings, terminal: Terminal): Promise<number> {
  const census = new KeyCensus();
  return interruptible(
    terminal,
    async (interruption) => {
      const topology = await planTopology(settings, terminal, interruption);
      const { name } = topology;
      const slots = new KeyLineSlots();
      for await (const lines of readKeys(terminal, { ...settings, resultsStream: false, interruption }))
        census.add(lines, slots.of(lines));
      const figures = planFigures(census, topology, settings.chunkSize);
      const json = () => `${JSON.stringify({ source: name, ...figures })}\n`;
      terminal.stdout.write(settings.json ? json() : planText(figures, name, terminal));
      return 0;
    },
    () => `counted ${census.keys} keys`,
  );
}
