import type { Clock, ClockTimer } from "./clock.ts";
import { type Check, checkArgument } from "./option-check.ts";

interface ManualTimer {
  due: number;
  /** Among timers that are due at once the one that was set first runs first. */
  readonly order: number;
  readonly everyMs: number | undefined;
  readonly run: () => void;
}

/** The clock of a worker thread, which moves with that of the thread that started it. */
export interface ClockFollower {
  /** Runs what becomes due until the time without skips is `ownUs`, and resolves then. */
  advanceTo(ownUs: number): Promise<void>;
}

/** What another thread's clock needs to show the same time. */
export interface SharedTime {
  readonly ownUs: number;
  /** One BigInt64, so that a skip in any thread is seen by all at once. */
  readonly skippedUs: SharedArrayBuffer;
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
  /** Microseconds since 1970 without what was skipped since the clock has been shared. */
  #ownUs: number;
  /** Undefined until the clock is shared with another thread. */
  #skippedUs: BigInt64Array | undefined;
  #order = 0;
  readonly #timers = new Set<ManualTimer>();
  readonly #followers = new Set<ClockFollower>();
  #moving: Promise<unknown> = Promise.resolve();

  /** `startMs` in milliseconds since 1970; by default the present. Throws ConfigError `BAD_ARGUMENT`. */
  constructor(startMs: number = Date.now()) {
    checkArgument("ManualClock", "startMs", START, startMs);
    this.#ownUs = Math.floor(startMs) * 1000;
  }

  nowMs(): number {
    return Math.floor(this.nowUs() / 1000);
  }

  nowUs(): number {
    return this.#ownUs + this.#skipped;
  }

  monotonicUs(): number {
    return this.nowUs();
  }

  after(ms: number, run: () => void): ClockTimer {
    return this.#add(ms, undefined, run);
  }

  every(ms: number, run: () => void): ClockTimer {
    return this.#add(ms, Math.max(1, ms), run);
  }

  /** Number of timers that wait in this thread. */
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
    const us = Math.round(ms * 1000);
    if (this.#skippedUs === undefined) this.#ownUs += us;
    else Atomics.add(this.#skippedUs, 0, BigInt(us));
  }

  /**
   * Moves on by `ms`, running each timer at its time. Between two times at which timers run, and at the end, promises settle and sockets of this process
   * get some turns of the event loop. A second call goes on where the first one ends. Servers in worker threads run their own timers up to the same time;
   * timers of different workers that are due at once have no order. Rejects with ConfigError `BAD_ARGUMENT` for what is no number of milliseconds.
   */
  async advance(ms: number): Promise<void> {
    checkArgument("advance", "ms", MILLISECONDS, ms);
    const moved = this.#moving.then(() => this.advanceTo(this.#ownUs + Math.round(ms * 1000)));
    this.#moving = moved.catch(() => {});
    return moved;
  }

  /** @internal See ClockFollower. */
  async advanceTo(endUs: number): Promise<void> {
    await settle();
    for (;;) {
      const due = this.#due(endUs);
      const [first] = due;
      if (this.#followers.size > 0) {
        await this.#lead(first === undefined ? endUs : first.due - this.#skipped);
        if (first !== this.#due(endUs)[0]) continue;
      }
      if (first === undefined) break;
      for (const timer of due) this.#run(timer);
      await settle();
    }
    this.#moveTo(endUs);
    await settle();
  }

  /** @internal Until what is returned is called, this clock does not move on before the follower has. */
  lead(follower: ClockFollower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** @internal For a clock in another thread. */
  share(): SharedTime {
    this.#skippedUs ??= new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));
    return { ownUs: this.#ownUs, skippedUs: this.#skippedUs.buffer as SharedArrayBuffer };
  }

  /** @internal The clock of this thread for one that `share` told of. */
  static following({ ownUs, skippedUs }: SharedTime): ManualClock {
    const clock = new ManualClock();
    clock.#ownUs = ownUs;
    clock.#skippedUs = new BigInt64Array(skippedUs);
    return clock;
  }

  get #skipped(): number {
    return this.#skippedUs === undefined ? 0 : Number(Atomics.load(this.#skippedUs, 0));
  }

  #moveTo(ownUs: number): void {
    this.#ownUs = Math.max(this.#ownUs, ownUs);
  }

  async #lead(ownUs: number): Promise<void> {
    await Promise.all([...this.#followers].map((follower) => follower.advanceTo(ownUs)));
    this.#moveTo(ownUs);
  }

  #add(ms: number, everyMs: number | undefined, run: () => void): ClockTimer {
    const due = this.nowUs() + Math.max(0, Math.round(ms * 1000));
    const timer: ManualTimer = { due, order: this.#order, everyMs, run };
    this.#order += 1;
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  #run(timer: ManualTimer): void {
    // One that ran at the same time may have cancelled it.
    if (!this.#timers.has(timer)) return;
    this.#moveTo(timer.due - this.#skipped);
    if (timer.everyMs === undefined) this.#timers.delete(timer);
    else timer.due += timer.everyMs * 1000;
    timer.run();
  }

  /** Those that are due next, at one time until `endUs`; in the order in which they were set. */
  #due(endUs: number): ManualTimer[] {
    let time = endUs + this.#skipped;
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
