import { isEmbedded } from "../cluster/embedded.ts";
import { type AnyCommand, anyCommand } from "./any-command.ts";
import { interruptible } from "./interruptible.ts";
import { JSON_OBJECT } from "./key-options.ts";
import { type ReplaySettings, replaySettings } from "./replay-options.ts";
import { ReplayRun } from "./replay-run.ts";
import { openReplayTarget } from "./replay-target.ts";
import { note, type Terminal } from "./terminal.ts";
import { openTrace } from "./trace-source.ts";

const ARGS = {
  file: {
    type: "positional",
    required: true,
    description: "JSON lines in Mooncake's format; - reads the standard input",
  },
  target: {
    type: "string",
    default: "local",
    valueHint: "URL",
    description: "local starts three primaries, embedded://cluster as many in this process",
  },
  client: {
    type: "string",
    default: "slotpack",
    valueHint: "NAME",
    description: "slotpack, ioredis-pipeline or ioredis-sequential",
  },
  "value-bytes": { type: "string", default: "2048", valueHint: "N", description: "bytes stored for a block" },
  requests: { type: "string", valueHint: "N", description: "stop after so many requests" },
  concurrency: { type: "string", default: "1", valueHint: "C", description: "requests in flight" },
  ttl: {
    type: "string",
    default: "3600",
    valueHint: "SECONDS",
    description: "life of a record, should the clean-up not reach it",
  },
  json: JSON_OBJECT,
  strict: { type: "boolean", default: false, description: "stop at a malformed line instead of skipping it" },
} as const;

/** `slotpack replay`; expects its {@link Terminal} as citty's `data` and results in an exit code. */
export const replayCommand: AnyCommand = anyCommand({
  meta: {
    name: "replay",
    description: "Replay an LLM KV-cache trace: look up each prefix, read and verify it, write the rest",
  },
  args: ARGS,
  run: ({ args, data }) => runReplay(replaySettings(args), data as Terminal),
});

/** Runs a replay from opening the trace to the clean-up and prints its report; returns the exit code. */
export async function runReplay(settings: ReplaySettings, terminal: Terminal): Promise<number> {
  let run: ReplayRun | undefined;
  return interruptible(
    terminal,
    async (interruption) => {
      const source = await openTrace(settings.file, terminal);
      interruption.signal.addEventListener("abort", () => source.close(), { once: true });
      try {
        await using target = await openReplayTarget(settings.target);
        if (isEmbedded(settings.target))
          note(terminal, "on embedded servers inside this process, whose work counts in every figure");
        run = new ReplayRun(settings, terminal, interruption);
        await run.on(target, source);
        return 0;
      } finally {
        await source.close();
      }
    },
    () => `replayed ${run?.requests ?? 0} requests`,
  );
}
