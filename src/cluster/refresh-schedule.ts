/** At most two readings a second, however many refusals ask for one. */
const REFRESH_GAP_MS = 500;

/** When the topology is read anew: one reading at a time, on a timer, and soon after somebody asked for it. */
export class RefreshSchedule {
  readonly #read: () => Promise<void>;
  readonly #ended: () => void;
  #running: Promise<void> | undefined;
  #soon: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #begunAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** `read` reads the topology and calls `begun` at each attempt; `ended` is called after each reading, however it ended. */
  constructor(read: () => Promise<void>, ended: () => void) {
    this.#read = read;
    this.#ended = ended;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The reading under way. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Reads now, or joins the reading under way; rejects as it does. */
  now(): Promise<void> {
    this.#running ??= this.#read().finally(() => {
      this.#running = undefined;
      this.#ended();
    });
    return this.#running;
  }

  /** Reads as soon as the last attempt is half a second old. */
  soon(): void {
    if (this.#soon !== undefined || this.#running !== undefined || this.#closed) return;
    const wait = Math.max(0, this.#begunAt + REFRESH_GAP_MS - performance.now());
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      // Who waits for a reading has its failure; in the background the next one follows.
      this.now().catch(() => {});
    }, wait);
  }

  /** An attempt begins. */
  begun(): void {
    this.#begunAt = performance.now();
  }

  /** Calls `tick`, then `soon`, every so often; keeps no process alive. */
  start(everyMs: number, tick: () => void = () => {}): void {
    this.#timer = setInterval(() => {
      tick();
      this.soon();
    }, everyMs);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#soon = undefined;
  }
}
