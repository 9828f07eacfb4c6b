import { randomBytes } from "node:crypto";
import { SlotpackError } from "../errors.ts";
import { BlockIdSet } from "./block-id-set.ts";
import { type BlockStore, deleteBlocks } from "./block-store.ts";
import { BlockValues } from "./block-values.ts";
import type { Interruption } from "./interruption.ts";
import { openBlockStore } from "./open-block-store.ts";
import { openProgress, type Progress } from "./progress.ts";
import { type ReplayFigures, replay } from "./replay.ts";
import type { ReplaySettings } from "./replay-options.ts";
import { jsonReport, textReport, traceName } from "./replay-report.ts";
import type { ReplayTarget } from "./replay-target.ts";
import { note, type Terminal } from "./terminal.ts";
import { readTrace } from "./trace-reader.ts";
import type { MalformedLine } from "./trace-request.ts";
import type { TraceSource } from "./trace-source.ts";

/** Malformed lines that get a note of their own; the rest is counted. */
const NOTED_LINES = 100;

/** One replay: connects, replays, tidies up, reports. */
export class ReplayRun {
  readonly #settings: ReplaySettings;
  readonly #terminal: Terminal;
  readonly #interruption: Interruption;
  /** Every run works under a prefix of its own, so that it can neither meet nor delete anybody else's keys. */
  readonly #prefix: string = `slotpack-replay:${randomBytes(6).toString("hex")}`;
  readonly #written: BlockIdSet = new BlockIdSet();
  readonly #malformed: MalformedLine[] = [];
  #malformedLines = 0;
  /** Replayed so far. */
  requests = 0;

  constructor(settings: ReplaySettings, terminal: Terminal, interruption: Interruption) {
    this.#settings = settings;
    this.#terminal = terminal;
    this.#interruption = interruption;
  }

  /** Replays `source` on `target` and prints the report, unless a signal ends it. */
  async on(target: ReplayTarget, source: TraceSource): Promise<void> {
    const { client, valueBytes, ttlMs, requests } = this.#settings;
    const values = new BlockValues(valueBytes);
    const opening = openBlockStore(client, target.url, { prefix: this.#prefix, ttlMs });
    const store = await this.#interruption.orInterrupted(opening).catch((error) => {
      opening.then((late) => late.close()).catch(() => {});
      throw error;
    });
    const progress = await openProgress(this.#terminal, { requests, bytes: source.byteLength });
    const [run] = await Promise.allSettled([this.#replay(store, values, source, progress)]);
    progress.stop();
    const [tidied] = await Promise.allSettled([this.#tidy(store, target)]);
    for (const outcome of [run, tidied]) if (outcome.status === "rejected") throw outcome.reason;
    this.#report(target, (run as PromiseFulfilledResult<ReplayFigures>).value);
  }

  #replay(
    store: BlockStore,
    values: BlockValues,
    source: TraceSource,
    progress: Progress,
  ): Promise<ReplayFigures> {
    const { requests: limit, strict, concurrency } = this.#settings;
    const requests = readTrace(source.chunks, {
      limit,
      strict,
      onBytes: (total) => progress.bytesRead(total),
      onMalformed: (line) => {
        this.#malformedLines++;
        if (this.#malformed.length === NOTED_LINES) return;
        this.#malformed.push(line);
        progress.note(`line ${line.line} ${line.reason}: skipped`);
      },
    });
    return replay(requests, store, values, {
      concurrency,
      signal: this.#interruption.signal,
      written: this.#written,
      onRequest: (tally) => {
        this.requests = tally.requests;
        progress.requestDone(tally);
      },
    });
  }

  /** Deletes what the run wrote and closes the client. A local target takes its records with it. */
  async #tidy(store: BlockStore, target: ReplayTarget): Promise<void> {
    try {
      if (!target.local) await deleteBlocks(store, this.#written);
    } catch (error) {
      const seconds = this.#settings.ttlMs / 1000;
      const rest = `what is left begins with {${this.#prefix} and expires in about ${seconds} s`;
      note(this.#terminal, `the clean-up failed; ${rest}`);
      throw error;
    } finally {
      await store.close();
    }
  }

  #report(target: ReplayTarget, figures: ReplayFigures): void {
    const settings = this.#settings;
    const terminal = this.#terminal;
    const malformedLines = this.#malformedLines;
    if (this.#interruption.signal.aborted) return;
    if (malformedLines > NOTED_LINES) {
      note(terminal, `${malformedLines - NOTED_LINES} more malformed lines skipped`);
    }
    if (figures.requests === 0 && malformedLines > 0) {
      const text = `no line of ${traceName(settings)} is a request in Mooncake's format`;
      throw new SlotpackError("TRACE_MALFORMED", text);
    }
    if (settings.requests !== undefined && figures.requests < settings.requests) {
      const asked = `fewer than the ${settings.requests} asked for`;
      note(terminal, `the trace holds ${figures.requests} requests, ${asked}`);
    }
    const report = { settings, target: target.name, figures, malformedLines, malformed: this.#malformed };
    terminal.stdout.write(settings.json ? jsonReport(report) : textReport(report, terminal));
  }
}
