import type { Clock, ClockTimer } from "./clock.ts";

export type PauseKind = "write" | "all";

/** CLIENT PAUSE and its like (a failover): holds back commands until it is over. Several purposes may pause at once; the strictest holds. */
export class Pause {
  readonly #clock: Clock;
  readonly #purposes = new Map<string, { kind: PauseKind; until: number }>();
  #timer: ClockTimer | undefined;
  #waiting: (() => void)[] = [];
  /** What is held back now; undefined: nothing. */
  kind: PauseKind | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A pause of the same purpose is only made longer or stricter. `until` in milliseconds since 1970. */
  start(purpose: string, kind: PauseKind, until: number): void {
    const known = this.#purposes.get(purpose);
    this.#purposes.set(purpose, {
      kind: known?.kind === "all" ? "all" : kind,
      until: Math.max(until, known?.until ?? 0),
    });
    this.#update();
  }

  end(purpose: string): void {
    this.#purposes.delete(purpose);
    this.#update();
  }

  /** Milliseconds left. */
  get remainingMs(): number {
    const last = Math.max(0, ...[...this.#purposes.values()].map(({ until }) => until));
    return Math.max(0, last - this.#clock.nowMs());
  }

  /** Resolves when nothing is held back any more, in the order of the calls. */
  over(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Forgets every pause and its timer: the server stops. */
  stop(): void {
    this.#purposes.clear();
    this.#update();
  }

  #update(): void {
    const now = this.#clock.nowMs();
    for (const [purpose, { until }] of this.#purposes) if (until <= now) this.#purposes.delete(purpose);
    const left = [...this.#purposes.values()];
    const before = this.kind;
    this.kind = left.some(({ kind }) => kind === "all") ? "all" : left[0]?.kind;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (left.length > 0) {
      const first = Math.min(...left.map(({ until }) => until));
      this.#timer = this.#clock.after(first - now, () => this.#update());
    }
    if (this.kind === before || this.kind === "all" || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
