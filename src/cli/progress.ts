import { openMeter, showsMeter } from "./meter.ts";
import type { ReplayTally } from "./replay.ts";
import { note, type Terminal } from "./terminal.ts";

export interface ProgressTotals {
  /** Requests asked for. */
  requests: number | undefined;
  /** Bytes of the trace file. */
  bytes: number | undefined;
}

/** Shows how far a replay is. */
export interface Progress {
  bytesRead(total: number): void;
  requestDone(tally: Readonly<ReplayTally>): void;
  /** Writes a note without tearing the bar. */
  note(text: string): void;
  stop(): void;
}

const STEPS = 1000;
/** To the start of the line, and erase to its end. */
const CLEAR_LINE = "\r\u001b[K";

/** A bar on stderr where that is a terminal and the end is known; otherwise nothing. */
export async function openProgress(terminal: Terminal, totals: ProgressTotals): Promise<Progress> {
  const silent: Progress = {
    bytesRead() {},
    requestDone() {},
    note: (text) => note(terminal, text),
    stop() {},
  };
  if (!showsMeter(terminal, false)) return silent;
  if (totals.requests === undefined && !totals.bytes) return silent;
  const meter = await openMeter(terminal, true, {
    format: "{bar} {percentage}% · {requests} requests · {rate} hit rate · {duration_formatted}",
    total: STEPS,
    first: { requests: 0, rate: "0 %" },
  });
  let bytes = 0;
  return {
    bytesRead(total) {
      bytes = total;
    },
    requestDone(tally) {
      // The run ends at whichever comes first: the requests asked for or the end of the file.
      const done = Math.max(
        tally.requests / (totals.requests ?? Infinity),
        bytes / (totals.bytes || Infinity),
      );
      const rate = `${((100 * tally.hits) / Math.max(1, tally.blocks)).toFixed(1)} %`;
      meter.update(Math.floor(done * STEPS), { requests: tally.requests, rate });
    },
    note(text) {
      terminal.stderr.write(CLEAR_LINE);
      note(terminal, text);
    },
    stop() {
      meter[Symbol.dispose]();
    },
  };
}
