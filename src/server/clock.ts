import { performance } from "node:perf_hooks";

/** A running timer; `unref` where it should not keep the process alive. */
export interface ClockTimer {
  cancel(): void;
}

/** Every time that the server knows comes from here: TTL, LRU, slowlog, latency, timeouts, failover. */
export interface Clock {
  /** Milliseconds since 1970, whole. */
  nowMs(): number;
  /** Microseconds since 1970, whole. */
  nowUs(): number;
  /** Microseconds of a clock that never goes back; differences are durations. */
  monotonicUs(): number;
  /** Once, after `ms`. Real timers of a server do not keep the process alive. */
  after(ms: number, run: () => void): ClockTimer;
  /** Again and again, every `ms`. */
  every(ms: number, run: () => void): ClockTimer;
  /** Comes back when so much time has gone by; nothing else of this process runs meanwhile (DEBUG SLEEP). */
  sleep(ms: number): void;
}

export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  nowUs(): number {
    return Math.floor((performance.timeOrigin + performance.now()) * 1000);
  }

  monotonicUs(): number {
    return Math.floor(performance.now() * 1000);
  }

  after(ms: number, run: () => void): ClockTimer {
    const timer = setTimeout(run, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  }

  every(ms: number, run: () => void): ClockTimer {
    const timer = setInterval(run, ms).unref();
    return { cancel: () => clearInterval(timer) };
  }

  sleep(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
}
