export interface LatencySample {
  /** Seconds since 1970. */
  readonly time: number;
  /** Milliseconds. */
  latency: number;
}

export interface LatencyEvent {
  /** The oldest first; at most one a second. */
  readonly samples: LatencySample[];
  /** The worst since the event was last reset. */
  max: number;
}

const MOST_SAMPLES = 160;

/** What LATENCY shows: spikes of at least latency-monitor-threshold milliseconds, by the name of what took so long. */
export class LatencyEvents {
  /** Milliseconds; 0: nothing is recorded. */
  threshold = 0;
  readonly #events = new Map<string, LatencyEvent>();

  get size(): number {
    return this.#events.size;
  }

  entries(): IterableIterator<[string, LatencyEvent]> {
    return this.#events.entries();
  }

  find(name: string): LatencyEvent | undefined {
    return this.#events.get(name);
  }

  /** Milliseconds, rounded down; dropped below the threshold. `time` in seconds since 1970. */
  add(name: string, milliseconds: number, time: number): void {
    const latency = Math.floor(milliseconds);
    if (this.threshold === 0 || latency < this.threshold) return;
    const event = this.#events.get(name) ?? { samples: [], max: 0 };
    this.#events.set(name, event);
    event.max = Math.max(event.max, latency);
    const last = event.samples.at(-1);
    if (last?.time === time) last.latency = Math.max(last.latency, latency);
    else event.samples.push({ time, latency });
    if (event.samples.length > MOST_SAMPLES) event.samples.shift();
  }

  /** Forgets one event by its name in any case; false where there is none. */
  reset(name: string): boolean {
    for (const known of this.#events.keys()) {
      if (known.toLowerCase() === name.toLowerCase()) return this.#events.delete(known);
    }
    return false;
  }

  /** Forgets all and says how many there were. */
  resetAll(): number {
    const { size } = this.#events;
    this.#events.clear();
    return size;
  }
}
