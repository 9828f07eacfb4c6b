/** Bits of an access word: an LRU clock, or 16 bits of minutes and 8 of a logarithmic counter. */
export const ACCESS_MASK = 0xffffff;

const LRU_RESOLUTION_MS = 1000;
const LFU_NEW = 5;
const LFU_MOST = 255;
const MINUTES_MASK = 0xffff;

/**
 * How recently or how often keys were used, in 24 bits a key as in Redis: seconds that wrap after 194 days, or (under an LFU policy) a Morris
 * counter of 8 bits with the minute of its last change. Words of the other kind are misread for a while after a change of policy, there too.
 */
export class Aging {
  /** True under an `lfu` policy. */
  lfu = false;
  logFactor = 10;
  /** Minutes for which the counter loses one; 0: never. */
  decayMinutes = 1;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The word of a new key. */
  fresh(nowMs: number): number {
    return this.lfu ? (minutes(nowMs) << 8) | LFU_NEW : lruClock(nowMs);
  }

  /** The word after one more use. */
  touched(access: number, nowMs: number): number {
    if (!this.lfu) return lruClock(nowMs);
    return (minutes(nowMs) << 8) | this.#incremented(this.frequency(access, nowMs));
  }

  /** Milliseconds since the last use, in whole seconds. */
  idleMs(access: number, nowMs: number): number {
    const clock = lruClock(nowMs);
    return (clock >= access ? clock - access : clock + ACCESS_MASK - access) * LRU_RESOLUTION_MS;
  }

  /** The counter (0 to 255) as of now. */
  frequency(access: number, nowMs: number): number {
    const counter = access & 0xff;
    if (this.decayMinutes === 0) return counter;
    const then = access >>> 8;
    const now = minutes(nowMs);
    const elapsed = now >= then ? now - then : MINUTES_MASK - then + now;
    return Math.max(0, counter - Math.floor(elapsed / this.decayMinutes));
  }

  /** RESTORE with FREQ. */
  ofFrequency(frequency: number, nowMs: number): number {
    return (minutes(nowMs) << 8) | frequency;
  }

  /** RESTORE with IDLETIME. */
  ofIdleSeconds(seconds: number, nowMs: number): number {
    const clock = lruClock(nowMs) - seconds;
    return (clock < 0 ? clock + ACCESS_MASK : clock) & ACCESS_MASK;
  }

  #incremented(counter: number): number {
    if (counter >= LFU_MOST) return LFU_MOST;
    const base = Math.max(0, counter - LFU_NEW);
    return this.#random() < 1 / (base * this.logFactor + 1) ? counter + 1 : counter;
  }
}

function lruClock(nowMs: number): number {
  return Math.floor(nowMs / LRU_RESOLUTION_MS) & ACCESS_MASK;
}

function minutes(nowMs: number): number {
  return Math.floor(nowMs / 60_000) & MINUTES_MASK;
}
