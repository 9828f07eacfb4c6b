import type { NodeLink } from "./node-link.ts";

/** Looks at all links every now and then for one that is silent with work in flight. */
export class SilenceWatch {
  readonly #links: () => Iterable<NodeLink>;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #lastAt = 0;

  constructor(links: () => Iterable<NodeLink>, deadNodeTimeoutMs: number) {
    this.#links = links;
    this.#everyMs = Math.max(5, Math.min(100, deadNodeTimeoutMs / 5));
  }

  start(): void {
    this.#lastAt = performance.now();
    this.#timer ??= setInterval(() => this.#look(), this.#everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    // A timer that comes this late tells of a stall of our own, not of the nodes.
    const stalled = now - this.#lastAt > 3 * this.#everyMs + 50;
    this.#lastAt = now;
    for (const link of this.#links()) {
      if (stalled) link.forgiveSilence(now);
      else link.watch(now);
    }
  }
}
