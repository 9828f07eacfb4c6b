/** Something with output that waits to be written. */
export interface Flushable {
  flush(): void;
}

/**
 * Connections with replies to write. While commands are run nothing is written; at the end every connection gets one write for all that was added,
 * messages from other connections' commands included.
 */
export class OutputQueue {
  #waiting: Flushable[] = [];
  #depth = 0;
  #scheduled: NodeJS.Immediate | undefined;

  add(output: Flushable): void {
    this.#waiting.push(output);
    if (this.#depth === 0) this.#scheduled ??= setImmediate(() => this.#flush());
  }

  /** Runs `work`, then writes; nests. What timers and promises added is written before, so that it does not count as waiting while `work` looks for room. */
  batch(work: () => void, beforeWrite: () => void): void {
    if (this.#depth === 0) this.#flush();
    this.#depth += 1;
    try {
      work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) {
        beforeWrite();
        this.#flush();
      }
    }
  }

  stop(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#waiting = [];
  }

  #flush(): void {
    this.#scheduled = undefined;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const output of waiting) output.flush();
  }
}
