import { SlotpackError } from "../errors.ts";

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type EndingSignal = keyof typeof SIGNALS;

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort, so that a command can tidy up. The second signal ends the process at
 * once.
 */
export class Interruption implements Disposable {
  readonly #controller: AbortController = new AbortController();
  #received: EndingSignal | undefined;
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#received !== undefined) process.exit(SIGNALS[this.#received]);
    this.#received = signal as EndingSignal;
    this.#controller.abort();
  };

  constructor() {
    for (const signal of Object.keys(SIGNALS) as EndingSignal[]) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The promise's outcome, or a rejection with `INTERRUPTED` as soon as a signal comes. */
  async orInterrupted<T>(promise: Promise<T>): Promise<T> {
    const { promise: interrupted, reject } = rejection();
    const onAbort = () => reject(new SlotpackError("INTERRUPTED", "interrupted by a signal"));
    this.signal.addEventListener("abort", onAbort, { once: true });
    if (this.signal.aborted) onAbort();
    try {
      return await Promise.race([promise, interrupted]);
    } finally {
      this.signal.removeEventListener("abort", onAbort);
    }
  }

  /** The exit code that shells expect of a process ended by the signal; `undefined` while none came. */
  get exitCode(): number | undefined {
    return this.#received === undefined ? undefined : SIGNALS[this.#received];
  }

  [Symbol.dispose](): void {
    for (const signal of Object.keys(SIGNALS) as EndingSignal[]) process.off(signal, this.#onSignal);
  }
}

function rejection(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject!: (error: Error) => void;
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
