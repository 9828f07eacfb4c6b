import type { Worker } from "node:worker_threads";
import { SlotpackError } from "../../errors.ts";
import { fromPlainError } from "./plain-error.ts";
import { START_CALL, type WorkerReport, type WorkerRequest } from "./worker-message.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

type Method = (...args: never[]) => unknown;
/** The methods of what runs in the worker. */
export type Methods<C> = { [M in keyof C as C[M] extends Method ? M : never]: C[M] };

/**
 * A worker thread as the thread that started it sees it: calls of the methods of `C`, news in between, and its end. It keeps the process alive until it
 * has ended, as a server that listens does.
 */
export class WorkerThread<C> {
  /** Resolves when the thread has ended as it was told to, rejects where an error ended it. */
  readonly closed: Promise<void>;
  /** Resolves when the thread is gone, however it ended. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onNews: (news: unknown) => void;
  #calls: number = START_CALL;
  #failure: Error | undefined;
  #ending: Promise<void> | undefined;
  #fail: (error: Error) => void = () => {};

  constructor(worker: Worker, onNews: (news: never) => void = () => {}) {
    this.#worker = worker;
    this.#onNews = onNews as (news: unknown) => void;
    this.exited = new Promise((resolve) => {
      worker.once("exit", (code) => {
        if (this.#ending === undefined) this.#died(new Error(`it ended with exit code ${code}`));
        this.#settle(new SlotpackError("SERVER_CLOSED", "the server has been closed"));
        resolve();
      });
    });
    this.closed = new Promise((resolve, reject) => {
      this.#fail = reject;
      void this.exited.then(resolve);
    });
    worker.on("message", (report: WorkerReport) => this.#take(report));
    worker.on("error", (error) => this.#died(error));
    worker.on("messageerror", (error) => this.#died(error));
  }

  /** Resolves with what the start returned. */
  started(): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(START_CALL, { resolve, reject }));
  }

  /** Rejects with what the method threw, with SERVER_CLOSED after the end, with SERVER_WORKER_FAILED where the thread ended by an error. */
  call<M extends keyof Methods<C> & string>(
    method: M,
    ...args: Methods<C>[M] extends (...args: infer A) => unknown ? A : never
  ): Promise<Methods<C>[M] extends (...args: never[]) => infer R ? Awaited<R> : never> {
    return this.#request(method, args) as ReturnType<typeof this.call<M>>;
  }

  /** Moves the worker's clock, see ClockFollower. */
  async advanceTo(ownUs: number): Promise<void> {
    if (this.#ending !== undefined) return;
    await this.#request("advance", [ownUs]).catch((error: SlotpackError) => {
      if (error.code !== "SERVER_CLOSED") throw error;
    });
  }

  /** Ends the thread after `last`, the method that closes what runs in it; without one, at once. A second call waits for the first. */
  end(last?: "close" | "kill"): Promise<void> {
    this.#ending ??= this.#end(last);
    return this.#ending;
  }

  async #end(last: string | undefined): Promise<void> {
    try {
      if (last !== undefined) await this.#request(last, []);
    } finally {
      await this.#worker.terminate();
    }
  }

  #request(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      // First, since it throws where an argument cannot be copied.
      this.#worker.postMessage({ call, method, args } satisfies WorkerRequest);
      this.#waiting.set(call, { resolve, reject });
    });
  }

  #take(report: WorkerReport): void {
    if (report.kind === "news") this.#onNews(report.news);
    else if (report.kind === "ended") void this.end();
    else {
      const waiting = this.#waiting.get(report.call);
      this.#waiting.delete(report.call);
      if (report.kind === "value") waiting?.resolve(report.value);
      else waiting?.reject(fromPlainError(report.error));
    }
  }

  #died(cause: unknown): void {
    if (this.#failure !== undefined) return;
    const text = cause instanceof Error ? cause.message : String(cause);
    const message = `the worker thread of the server failed: ${text}`;
    const error = new SlotpackError("SERVER_WORKER_FAILED", message, { cause });
    const told = this.#waiting.size > 0;
    this.#settle(error);
    this.#failure = error;
    this.#ending ??= this.exited;
    // Whoever waited for a call knows it; where nobody did, it ends the process unless somebody looks at `closed`.
    if (told) this.closed.catch(() => {});
    this.#fail(error);
  }

  /** All calls that wait, and those to come, reject with this. */
  #settle(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
