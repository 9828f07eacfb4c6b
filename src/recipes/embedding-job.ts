import { hash } from "node:crypto";

/** Hex digits of the sha256 in a key. */
const KEY_DIGITS = 16;

/** One text on its way to its vector. Who asks for it meanwhile waits for the same one. */
export class EmbeddingFlight {
  readonly text: string;
  readonly job: EmbeddingJob;
  readonly digest: Buffer;
  readonly key: string;
  vector: Float32Array | undefined;
  error: unknown;
  isSettled = false;
  #waiting: (() => void)[] | undefined;

  constructor(text: string, job: EmbeddingJob, prefix: string) {
    this.text = text;
    this.job = job;
    this.digest = hash("sha256", text, "buffer");
    this.key = prefix + this.digest.toString("hex", 0, KEY_DIGITS / 2);
  }

  resolve(vector: Float32Array): void {
    if (this.isSettled) return;
    this.vector = vector;
    this.#settle();
  }

  reject(error: unknown): void {
    if (this.isSettled) return;
    this.error = error;
    this.#settle();
  }

  /** Resolves when it is settled, one way or the other. */
  settled(): Promise<void> {
    if (this.isSettled) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }

  #settle(): void {
    this.isSettled = true;
    for (const resolve of this.#waiting ?? []) resolve();
    this.#waiting = undefined;
  }
}

/** The texts that one call looks up and computes; other calls may wait for some of them. */
export class EmbeddingJob {
  readonly flights: EmbeddingFlight[] = [];
  readonly #controller = new AbortController();
  #callers = 0;

  /** Fires when no caller waits any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  enter(): void {
    this.#callers++;
  }

  /** Whether the caller who has its vectors, or was aborted, was the last one. */
  leave(reason: unknown): boolean {
    if (--this.#callers > 0) return false;
    this.#controller.abort(reason);
    return true;
  }
}
