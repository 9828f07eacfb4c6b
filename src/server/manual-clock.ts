import type { Clock, ClockTimer } from "./clock.ts";
import { type Check, checkArgument } from "./option-check.ts";

interface ManualTimer {
  due: number;
  /** Among timers that are due at once the one that was set first runs first. */
  readonly order: number;
  readonly everyMs: number | undefined;
  readonly run: () => void;
}

/** Turns of the event loop that are given to sockets and promises between two timers. */
const TURNS = 8;
const MILLISECONDS: Check = {
  expected: "a number of milliseconds from 0",
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
};

const START: Check = {
  expected: "a number of milliseconds since 1970",
  holds: (value) => Number.isFinite(Number(value)),
};

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowUs: number;
  #order = 0;
  readonly #timers = new Set<ManualTimer>();
  #moving: Promise<unknown> = Promise.resolve();

  /** `startMs` in milliseconds since 1970; by default the present. */
  constructor(startMs: number = Date.now()) {
    checkArgument("ManualClock", "startMs", START, startMs);
    this.#nowUs = Math.floor(startMs) * 1000;
  }

  nowMs(): number {
    return Math.floor(this.#nowUs / 1000);
  }

  nowUs(): number {
    return this.#nowUs;
  }

  monotonicUs(): number {
    return this.#nowUs;
  }

  after(ms: number, run: () => void): ClockTimer {
    return this.#add(ms, undefined, run);
  }

  every(ms: number, run: () => void): ClockTimer {
    return this.#add(ms, Math.max(1, ms), run);
  }

  /** Number of timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** As `skip`. */
  sleep(ms: number): void {
    this.skip(ms);
  }

  /**
   * Moves the time without running what becomes due, which waits for the next `advance`. Throws ConfigError `BAD_ARGUMENT` for what is no number of
   * milliseconds.
   */
  skip(ms: number): void {
    checkArgument("skip", "ms", MILLISECONDS, ms);
    this.#nowUs += Math.round(ms * 1000);
  }

  /**
   * Moves on by `ms`, running each timer at its time. Between two times at which timers run, and at the end, promises settle and sockets of this process
   * get some turns of the event loop. A second call goes on where the first one ends. Rejects with ConfigError `BAD_ARGUMENT` for what is no number of
   * milliseconds.
   */
  async advance(ms: number): Promise<void> {
    checkArgument("advance", "ms", MILLISECONDS, ms);
    const moved = this.#moving.then(() => this.#advance(ms));
    this.#moving = moved.catch(() => {});
    return moved;
  }

  async #advance(ms: number): Promise<void> {
    const end = this.#nowUs + Math.round(ms * 1000);
    await settle();
    for (;;) {
      const due = this.#due(end);
      if (due.length === 0) break;
      for (const timer of due) this.#run(timer);
      await settle();
    }
    this.#nowUs = Math.max(this.#nowUs, end);
    await settle();
  }

  #add(ms: number, everyMs: number | undefined, run: () => void): ClockTimer {
    const due = this.#nowUs + Math.max(0, Math.round(ms * 1000));
    const timer: ManualTimer = { due, order: this.#order, everyMs, run };
    this.#order += 1;
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  #run(timer: ManualTimer): void {
    // One that ran at the same time may have cancelled it.
    if (!this.#timers.has(timer)) return;
    this.#nowUs = Math.max(this.#nowUs, timer.due);
    if (timer.everyMs === undefined) this.#timers.delete(timer);
    else timer.due += timer.everyMs * 1000;
    timer.run();
  }

  /** Those that are due next, at one time until `end`; in the order in which they were set. */
  #due(end: number): ManualTimer[] {
    let time = end;
    let due: ManualTimer[] = [];
    for (const timer of this.#timers) {
      if (timer.due > time) continue;
      if (timer.due < time) due = [];
      time = timer.due;
      due.push(timer);
    }
    return due.sort((one, other) => one.order - other.order);
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
