/** What a run did to the resident set of this process, in bytes. */
export interface RssFigures {
  readonly start: number;
  readonly peak: number;
  readonly samples: number;
}

/**
 * Looks at the resident set every 20 ms. The kernel's own high-water mark counts as well when it rose during the run, so that
 * a peak between two samples, or while the event loop was busy, is not missed.
 */
export class RssSampler {
  readonly #start: number;
  readonly #markBefore: number;
  readonly #timer: NodeJS.Timeout;
  #peak: number;
  #samples = 1;

  constructor(everyMs = 20) {
    this.#start = process.memoryUsage.rss();
    this.#peak = this.#start;
    this.#markBefore = highWaterMark();
    this.#timer = setInterval(() => {
      this.#samples++;
      this.#peak = Math.max(this.#peak, process.memoryUsage.rss());
    }, everyMs);
  }

  /** Bytes above the start up to now. */
  get growth(): number {
    return this.#peak - this.#start;
  }

  stop(): RssFigures {
    clearInterval(this.#timer);
    const mark = highWaterMark();
    const peak = Math.max(this.#peak, process.memoryUsage.rss(), mark > this.#markBefore ? mark : 0);
    return { start: this.#start, peak, samples: this.#samples };
  }
}

/** `ru_maxrss`, which Node gives in KiB on every platform. */
function highWaterMark(): number {
  return process.resourceUsage().maxRSS * 1024;
}
