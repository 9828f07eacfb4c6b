import type { SweepReport } from "../connector/sweep-options.ts";
import type { Terminal } from "./terminal.ts";

/** Shows how far a sweep is. */
export interface SweepProgress {
  update(report: Readonly<SweepReport>): void;
  stop(): void;
}

/** A bar on stderr where that is a terminal; otherwise nothing. */
export async function openSweepProgress(terminal: Terminal): Promise<SweepProgress> {
  if (terminal.stderr.isTTY !== true) return { update() {}, stop() {} };
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar(
    {
      stream: terminal.stderr,
      format: "{bar} {value} of {total} names · {orphans} orphans · {duration_formatted}",
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      // Signals are the command's own: the bar must not answer them with its handler.
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(1, 0, { orphans: 0 });
  return {
    update({ scanned, total, orphanMetadata, orphanBytes }) {
      // Names that are no halves of records are not counted on the way.
      bar.setTotal(Math.max(1, scanned, total ?? 0));
      bar.update(scanned, { orphans: orphanMetadata + orphanBytes });
    },
    stop() {
      bar.stop();
    },
  };
}
