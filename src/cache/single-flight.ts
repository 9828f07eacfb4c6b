/** One piece of work under way, as the work itself sees it. */
export interface Flight {
  /** False once `forget` was called for its key: what it found out is for those who wait, and no longer to be stored. */
  readonly isCurrent: boolean;
}

class KeyFlight<T> implements Flight {
  outcome!: Promise<T>;
  copy: (() => T) | undefined;
  isCurrent = true;
  joined = 0;
}

/**
 * One run per key at a time: who asks meanwhile gets the same outcome, error or value. The first one gets the value itself, every other one
 * a copy of its own, made before anybody can have changed it.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, KeyFlight<T>>();
  readonly #copier: (value: T) => () => T;

  /** `copier` is called once per flight that others joined, and what it returns once per copy. */
  constructor(copier: (value: T) => () => T) {
    this.#copier = copier;
  }

  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /** The outcome of the flight that is under way for the key, or else of `work`, which begins at once. */
  async join(key: string, work: (flight: Flight) => Promise<T>): Promise<T> {
    const under = this.#flights.get(key);
    if (under !== undefined) {
      under.joined++;
      const value = await under.outcome;
      return under.copy === undefined ? value : under.copy();
    }
    const flight = new KeyFlight<T>();
    this.#flights.set(key, flight);
    flight.outcome = this.#fly(key, flight, work);
    return flight.outcome;
  }

  /** The key changed: the flight under way goes on for those who wait, and the next one to ask begins another. */
  forget(key: string): void {
    const flight = this.#flights.get(key);
    if (flight === undefined) return;
    flight.isCurrent = false;
    this.#flights.delete(key);
  }

  forgetAll(): void {
    for (const key of [...this.#flights.keys()]) this.forget(key);
  }

  async #fly(key: string, flight: KeyFlight<T>, work: (flight: Flight) => Promise<T>): Promise<T> {
    try {
      const value = await work(flight);
      if (flight.joined > 0) flight.copy = this.#copier(value);
      return value;
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }
}
