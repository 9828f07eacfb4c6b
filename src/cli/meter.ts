import type { Terminal } from "./terminal.ts";

/** How far long work is. */
export interface Meter extends Disposable {
  /** Shows that so much is done; `total` once it is known better, and what else the format names. */
  update(done: number, more?: { total?: number | undefined } & Record<string, unknown>): void;
}

const SILENT: Meter = { update() {}, [Symbol.dispose]() {} };

export interface MeterSettings {
  /** As cli-progress takes it. */
  readonly format: string;
  readonly total: number;
  /** What the format names besides, until the first update. */
  readonly first: Readonly<Record<string, unknown>>;
}

/** Whether a bar may be drawn: stderr is a terminal, and no results run over the same screen. */
export function showsMeter(terminal: Terminal, resultsStream: boolean): boolean {
  return terminal.stderr.isTTY === true && !(resultsStream && terminal.stdout.isTTY === true);
}

/** A bar of cli-progress on stderr where it is `shown`, which ends with the block that holds it. */
export async function openMeter(
  terminal: Terminal,
  shown: boolean,
  { format, total, first }: MeterSettings,
): Promise<Meter> {
  if (!shown) return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar(
    {
      stream: terminal.stderr,
      format,
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      // Signals are the command's own: the bar must not answer them with its handler.
      gracefulExit: false,
      emptyOnZero: true,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0, first);
  return {
    update(done, { total: newTotal, ...more } = {}) {
      if (newTotal !== undefined) bar.setTotal(newTotal);
      bar.update(done, more);
    },
    [Symbol.dispose]() {
      bar.stop();
    },
  };
}
