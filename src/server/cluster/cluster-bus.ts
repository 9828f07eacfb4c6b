/** What the bus needs to know of the nodes that it joins. */
export interface BusEnd {
  readonly id: string;
  readonly port: number;
  /** True where it can be reached at this host name or address, with this port. */
  answersTo(host: string, port: number): boolean;
  /** It is frozen: nothing comes in or goes out. */
  readonly paused: boolean;
}

/**
 * Takes the place of the gossip bus: nodes of one process find each other here by address or id, and who can talk to whom is decided here. There is
 * no bus on a socket, so a node of another process cannot join.
 */
export class ClusterBus<End extends BusEnd> {
  readonly #ends = new Set<End>();
  /** Pairs of ports that cannot talk, so that a cut outlives a restart. */
  readonly #cuts = new Set<string>();
  readonly #waiting = new Set<End>();
  /** Something was told, and views may have changed. */
  onNews: (() => void) | undefined;
  #draining = false;

  add(end: End): void {
    this.#ends.add(end);
  }

  remove(end: End): void {
    this.#ends.delete(end);
    this.#waiting.delete(end);
  }

  at(host: string, port: number): End | undefined {
    for (const end of this.#ends) if (end.answersTo(host, port)) return end;
    return undefined;
  }

  withId(id: string): End | undefined {
    for (const end of this.#ends) if (end.id === id) return end;
    return undefined;
  }

  /** Whether both live, run, and are not cut off from each other. */
  linked(one: End, other: End): boolean {
    if (!this.#ends.has(one) || !this.#ends.has(other) || one.paused || other.paused) return false;
    return this.#cuts.size === 0 || !this.#cuts.has(pairOf(one.port, other.port));
  }

  cut(onePort: number, otherPort: number): void {
    this.#cuts.add(pairOf(onePort, otherPort));
  }

  heal(onePort: number, otherPort: number): void {
    this.#cuts.delete(pairOf(onePort, otherPort));
  }

  /** Runs `tell` for this end, and for every end that asks for it meanwhile, one after another: news may lead to news. */
  spread(end: End, tell: (end: End) => void): void {
    this.onNews?.();
    this.#waiting.add(end);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (const next of this.#waiting) {
        this.#waiting.delete(next);
        tell(next);
      }
    } finally {
      this.#waiting.clear();
      this.#draining = false;
    }
  }
}

function pairOf(one: number, other: number): string {
  return one < other ? `${one}-${other}` : `${other}-${one}`;
}
