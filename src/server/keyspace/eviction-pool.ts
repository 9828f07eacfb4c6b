const POOL_SIZE = 16;

interface Candidate {
  readonly db: number;
  readonly key: string;
  /** The higher, the sooner it is evicted. */
  readonly score: number;
}

/**
 * The best candidates for eviction that samples have shown so far, the best last. What is in it may be gone by now. Source: the pool of
 * performEvictions, which makes a few samples each time nearly as good as a look at all keys.
 */
export class EvictionPool {
  readonly #candidates: Candidate[] = [];

  offer(db: number, key: string, score: number): void {
    const candidates = this.#candidates;
    let place = 0;
    while (place < candidates.length && (candidates[place] as Candidate).score < score) place += 1;
    if (candidates.length === POOL_SIZE) {
      if (place === 0) return;
      candidates.shift();
      place -= 1;
    }
    candidates.splice(place, 0, { db, key, score });
  }

  /** Takes out the best. */
  take(): Candidate | undefined {
    return this.#candidates.pop();
  }
}
