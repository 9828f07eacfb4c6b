import { ReplyError } from "../bytes/reply.ts";
import { replyCause } from "./outcome-error.ts";
import { backoffMs } from "./retry-policy.ts";

/** What an item has been through. */
export interface Trouble {
  /** MOVED and ASK replies. */
  hops: number;
  /** Times that it was put off. */
  attempts: number;
  tryAgains: number;
  /** The last thing that went wrong. */
  cause: Error | undefined;
}

/** The items of a call that met trouble, and those of them that wait for their next try. */
export class RetryLedger {
  readonly #troubles = new Map<number, Trouble>();
  readonly #waits = new Map<NodeJS.Timeout, readonly number[]>();

  get troubles(): Iterable<Trouble> {
    return this.#troubles.values();
  }

  /** The item's entry, made at its first trouble. */
  of(item: number, cause?: Error | ReplyError): Trouble {
    let trouble = this.#troubles.get(item);
    if (trouble === undefined) {
      trouble = { hops: 0, attempts: 0, tryAgains: 0, cause: undefined };
      this.#troubles.set(item, trouble);
    }
    if (cause !== undefined) trouble.cause = cause instanceof ReplyError ? replyCause(cause) : cause;
    return trouble;
  }

  causeOf(item: number): Error | undefined {
    return this.#troubles.get(item)?.cause;
  }

  /** Calls `run` once the items' backoff is over: the longest that one of them is due. */
  putOff(items: readonly number[], cause: Error | undefined, run: () => void): void {
    let attempt = 1;
    for (const item of items) attempt = Math.max(attempt, ++this.of(item, cause).attempts);
    const timer = setTimeout(
      () => {
        this.#waits.delete(timer);
        run();
      },
      backoffMs(attempt, Math.random()),
    );
    this.#waits.set(timer, items);
  }

  /** Stops all waiting; the items that did. */
  cancel(): number[] {
    const items = [...this.#waits.values()].flat();
    for (const timer of this.#waits.keys()) clearTimeout(timer);
    this.#waits.clear();
    return items;
  }
}
