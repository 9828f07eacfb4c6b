import type { MemoryAccount } from "./memory-account.ts";

const SMALLEST = 16;

/** Which keys expire when: only keys with an expiry are here, in a row without gaps, so that a random place is a random key with an expiry. */
export class ExpiryIndex {
  readonly keys: string[] = [];
  readonly #account: MemoryAccount;
  readonly #places = new Map<string, number>();
  #times = new Float64Array(SMALLEST);
  /** Times beyond 2^53, to the millisecond. */
  readonly #far = new Map<string, bigint>();

  constructor(account: MemoryAccount) {
    this.#account = account;
  }

  get size(): number {
    return this.keys.length;
  }

  /** Milliseconds since 1970, or undefined for a key without expiry; rounded beyond 2^53. */
  timeOf(key: string): number | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#times[place];
  }

  exactTimeOf(key: string): number | bigint | undefined {
    return this.#far.get(key) ?? this.timeOf(key);
  }

  timeAt(place: number): number {
    return this.#times[place] as number;
  }

  set(key: string, time: number | bigint): void {
    if (typeof time === "bigint") this.#far.set(key, time);
    else if (this.#far.size > 0) this.#far.delete(key);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.keys.length;
      if (place === this.#times.length) {
        const times = new Float64Array(place * 2);
        times.set(this.#times);
        this.#times = times;
      }
      this.#places.set(key, place);
      this.keys.push(key);
      this.#account.addExpiries(1);
    }
    this.#times[place] = Number(time);
  }

  /** False where the key had none. The last key takes the place of the one that goes. */
  delete(key: string): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    this.#far.delete(key);
    const last = this.keys.pop() as string;
    if (place < this.keys.length) {
      this.keys[place] = last;
      this.#places.set(last, place);
      this.#times[place] = this.#times[this.keys.length] as number;
    }
    this.#account.addExpiries(-1);
    return true;
  }

  clear(): void {
    this.#account.addExpiries(-this.size);
    this.keys.length = 0;
    this.#places.clear();
    this.#far.clear();
    this.#times = new Float64Array(SMALLEST);
  }
}
