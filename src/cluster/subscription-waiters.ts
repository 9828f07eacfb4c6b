import { AbortError, TimeoutError } from "../errors.ts";
import type { ChannelName } from "./channel-name.ts";
import { beforeDeadline } from "./deadline.ts";

export interface WaitLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Waiter {
  readonly missing: Set<string>;
  resolve(): void;
  reject(error: Error): void;
  lastCause: Error | undefined;
}

/** Who waits until names are subscribed. */
export class SubscriptionWaiters {
  readonly #waiters = new Set<Waiter>();

  /** Resolves when all names have joined; `begin` makes them. Rejects with TimeoutError, AbortError or what `fail` was told. */
  async wait(
    names: readonly ChannelName[],
    { timeoutMs, signal }: WaitLimits,
    begin: () => void,
  ): Promise<void> {
    if (names.length === 0) return;
    let waiter!: Waiter;
    const work = new Promise<void>((resolve, reject) => {
      waiter = { missing: new Set(names.map(({ id }) => id)), resolve, reject, lastCause: undefined };
    });
    this.#waiters.add(waiter);
    try {
      begin();
      const { end } = await beforeDeadline(work, timeoutMs, signal);
      if (end === "complete") return;
      if (end === "aborted")
        throw new AbortError("ABORTED", "subscribe: aborted", [], { cause: signal!.reason });
      const { lastCause: cause } = waiter;
      const why = cause === undefined ? "" : `: ${cause.message}`;
      throw new TimeoutError("TIMEOUT", `subscribe: not subscribed within ${timeoutMs} ms${why}`, [], {
        cause,
      });
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  joined(names: Iterable<ChannelName>): void {
    for (const waiter of this.#waiters) {
      for (const { id } of names) waiter.missing.delete(id);
      if (waiter.missing.size === 0) waiter.resolve();
    }
  }

  /** Fails those who wait for this name; all of them without one. */
  fail(error: Error, id?: string): void {
    for (const waiter of this.#waiters) if (id === undefined || waiter.missing.has(id)) waiter.reject(error);
  }

  /** What to give as the cause when the time is up. */
  note(cause: Error): void {
    for (const waiter of this.#waiters) waiter.lastCause = cause;
  }
}
