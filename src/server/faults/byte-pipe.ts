import type { Clock, ClockTimer } from "../clock.ts";

interface Part {
  readonly bytes: Buffer;
  dueUs: number;
  readonly deliver: (bytes: Buffer) => void;
}

/** One direction of one connection: parts leave in their order, each in a turn of the event loop of its own, not before they are due. */
export class BytePipe {
  readonly #clock: Clock;
  readonly #parts: Part[] = [];
  #timer: ClockTimer | undefined;
  #scheduled = false;
  #held = false;
  #stopped = false;
  #onEmpty: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get empty(): boolean {
    return this.#parts.length === 0;
  }

  /** While true nothing leaves. */
  set held(held: boolean) {
    this.#held = held;
    this.#pump();
  }

  /** Nothing of what waits is delayed any more. */
  hurry(): void {
    for (const part of this.#parts) part.dueUs = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pump();
  }

  push(parts: readonly Buffer[], delayMs: number, deliver: (bytes: Buffer) => void): void {
    if (this.#stopped) return;
    const dueUs = this.#clock.monotonicUs() + delayMs * 1000;
    for (const bytes of parts) this.#parts.push({ bytes, dueUs, deliver });
    this.#pump();
  }

  /** Calls once when all has left; at once where nothing waits. */
  whenEmpty(run: () => void): void {
    this.#onEmpty = run;
    if (this.empty) this.#emptied();
  }

  /** What waits is lost. */
  stop(): void {
    this.#stopped = true;
    this.#parts.length = 0;
    this.#timer?.cancel();
    this.#emptied();
  }

  #pump(): void {
    if (this.#held || this.#scheduled || this.#timer !== undefined) return;
    const [next] = this.#parts;
    if (next === undefined) return this.#emptied();
    const waitUs = next.dueUs - this.#clock.monotonicUs();
    if (waitUs > 0) {
      this.#timer = this.#clock.after(Math.ceil(waitUs / 1000), () => {
        this.#timer = undefined;
        this.#pump();
      });
      return;
    }
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#held && !this.#stopped) {
        const part = this.#parts.shift();
        part?.deliver(part.bytes);
      }
      this.#pump();
    });
  }

  #emptied(): void {
    const run = this.#onEmpty;
    this.#onEmpty = undefined;
    run?.();
  }
}
