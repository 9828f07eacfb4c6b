import { AsyncResource } from "node:async_hooks";
import { describe } from "../bytes/describe.ts";
import { AbortWatch } from "../cluster/abort-watch.ts";
import { AbortError, ConfigError, NotAppliedError } from "../errors.ts";
import { LinkedQueue } from "./linked-queue.ts";

/** What goes first: the lower number. The four of LMCache's AsyncPQExecutor. */
export const Priority = { PEEK: 1, PREFETCH: 2, GET: 3, PUT: 4 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

export interface PriorityExecutorOptions {
  /** Jobs that run at a time. Default 4. */
  workers?: number | undefined;
  /** Jobs that wait before a further one is refused with `QUEUE_OVERFLOW`. Default 10,000. */
  maxQueuedJobs?: number | undefined;
}

export interface SubmitOptions {
  /** Takes the job out of the queue. One that has begun is its own to end. */
  signal?: AbortSignal | undefined;
}

interface Job {
  run(): Promise<void>;
}

/** A producer that waits for room. */
interface Producer {
  resolve(): void;
  reject(error: Error): void;
}

/** Turns of the microtask queue that a producer has to submit what it waited with: enough for a few layers of `await`. */
const PRODUCER_TURNS = 8;

/**
 * Runs jobs by priority, those of one priority in the order of their submission, `workers` of them at a time. A job that runs is not
 * interrupted for a better one. A job must not wait for another one that it submits: with every worker waiting like that nothing would go on.
 */
export class PriorityExecutor {
  readonly #workers: number;
  readonly #maxQueuedJobs: number;
  readonly #queues: readonly LinkedQueue<Job>[] = Object.values(Priority).map(() => new LinkedQueue<Job>());
  readonly #producers = new LinkedQueue<Producer>();
  readonly #aborts = new AbortWatch();
  #waiting = 0;
  #active = 0;
  #offering = false;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`. */
  constructor(options: PriorityExecutorOptions = {}) {
    for (const name of Object.keys(options)) {
      if (name === "workers" || name === "maxQueuedJobs") continue;
      const message = `unknown option "${name}"; the options are workers, maxQueuedJobs`;
      throw new ConfigError("UNKNOWN_OPTION", message, { option: name });
    }
    this.#workers = checkCount("workers", options.workers ?? 4);
    this.#maxQueuedJobs = checkCount("maxQueuedJobs", options.maxQueuedJobs ?? 10_000);
  }

  /** Jobs that have not begun. */
  get waiting(): number {
    return this.#waiting;
  }

  /** @internal Jobs of one priority that have not begun. */
  waitingAt(priority: Priority): number {
    return this.#queues[priority - 1]!.length;
  }

  /** Jobs that run now. */
  get active(): number {
    return this.#active;
  }

  /**
   * Runs `job` when its turn comes, at once where a worker is idle; settles as the job does. Rejects with NotAppliedError `QUEUE_OVERFLOW` when the
   * queue is full (see `whenRoom`) and `CLIENT_CLOSED` after `close()`, with AbortError when the signal fires before the job begins, with
   * ConfigError `BAD_ARGUMENT` or `BAD_OPTION`. In all of these the job has not run.
   */
  async submit<T>(priority: Priority, job: () => T | Promise<T>, options: SubmitOptions = {}): Promise<T> {
    const queue = typeof priority === "number" ? this.#queues[priority - 1] : undefined;
    if (queue === undefined) throw badArgument("priority", "a Priority, 1 to 4", priority);
    if (typeof job !== "function") throw badArgument("job", "a function", job);
    const signal = checkSignal(options.signal);
    this.#refuseIfClosed("submit");
    if (this.#active < this.#workers) {
      this.#active++;
      return this.#run(job);
    }
    if (this.#waiting >= this.#maxQueuedJobs) {
      const message = `submit: ${this.#waiting} jobs are waiting already, and maxQueuedJobs is ${this.#maxQueuedJobs}`;
      throw new NotAppliedError("QUEUE_OVERFLOW", message);
    }
    return this.#enqueue(queue, job, signal);
  }

  /**
   * Resolves when a job can be submitted without being refused; producers are served in the order of their calls, one for each free place. Submit right
   * after it: the place is not kept. Rejects with AbortError, and with NotAppliedError `CLIENT_CLOSED`.
   */
  async whenRoom(signal?: AbortSignal): Promise<void> {
    checkSignal(signal);
    this.#refuseIfClosed("whenRoom");
    return new Promise((resolve, reject) => {
      const settle = (): void => unwatch?.();
      const entry = this.#producers.push({
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      const unwatch =
        signal === undefined
          ? undefined
          : this.#aborts.watch(signal, () => {
              if (this.#producers.remove(entry)) reject(aborted(signal));
            });
      this.#offerRoom();
    });
  }

  /** Refuses what comes from now on; resolves when everything accepted has ended, whatever became of it. Never rejects. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#closing = new Promise((resolve) => {
      this.#drained = resolve;
    });
    for (let producer = this.#producers.shift(); producer !== undefined; producer = this.#producers.shift())
      producer.reject(closedError("whenRoom"));
    this.#notifyDrained();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #full(): boolean {
    return this.#active >= this.#workers && this.#waiting >= this.#maxQueuedJobs;
  }

  #enqueue<T>(
    queue: LinkedQueue<Job>,
    job: () => T | Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let unwatch = (): void => {};
      const entry = queue.push({
        // In the async context of whoever submitted it, and not of the job that made room.
        run: AsyncResource.bind(async () => {
          unwatch();
          try {
            resolve(await this.#run(job));
          } catch (error) {
            reject(error);
          }
        }),
      });
      this.#waiting++;
      if (signal === undefined) return;
      unwatch = this.#aborts.watch(signal, () => {
        if (!queue.remove(entry)) return;
        this.#waiting--;
        reject(aborted(signal));
        this.#offerRoom();
        this.#notifyDrained();
      });
    });
  }

  /** Runs a job for which a worker has been counted already; the worker then takes the next one. */
  async #run<T>(job: () => T | Promise<T>): Promise<T> {
    try {
      return await job();
    } finally {
      this.#active--;
      this.#next();
    }
  }

  #next(): void {
    while (this.#active < this.#workers && this.#waiting > 0) {
      const job = this.#queues.find(({ length }) => length > 0)!.shift()!;
      this.#waiting--;
      this.#active++;
      void job.run();
    }
    this.#offerRoom();
    this.#notifyDrained();
  }

  /** Wakes one producer, and the next one only when that has had its time to submit: else many would race for one place. */
  async #offerRoom(): Promise<void> {
    if (this.#offering) return;
    this.#offering = true;
    while (!this.#full && this.#producers.length > 0) {
      this.#producers.shift()!.resolve();
      for (let turn = 0; turn < PRODUCER_TURNS; turn++) await undefined;
    }
    this.#offering = false;
  }

  #refuseIfClosed(what: string): void {
    if (this.#closing !== undefined) throw closedError(what);
  }

  #notifyDrained(): void {
    if (this.#active === 0 && this.#waiting === 0) this.#drained?.();
  }
}

/** Throws ConfigError `BAD_OPTION` for anything but a whole number from 1. */
export function checkCount(option: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  const got = typeof value === "number" ? String(value) : describe(value);
  throw new ConfigError("BAD_OPTION", `${option}: expected a whole number from 1, got ${got}`, { option });
}

/** Throws ConfigError for what is no signal and AbortError for one that has fired. */
function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (!(signal instanceof AbortSignal)) {
    const message = `signal: expected an AbortSignal, got ${describe(signal)}`;
    throw new ConfigError("BAD_OPTION", message, { option: "signal" });
  }
  if (signal.aborted) throw aborted(signal);
  return signal;
}

function aborted(signal: AbortSignal): AbortError {
  return new AbortError("ABORTED", "aborted before the job began", [], { cause: signal.reason });
}

function badArgument(option: string, expected: string, got: unknown): ConfigError {
  const shown = typeof got === "number" ? String(got) : describe(got);
  return new ConfigError("BAD_ARGUMENT", `${option}: expected ${expected}, got ${shown}`, { option });
}

function closedError(what: string): NotAppliedError {
  return new NotAppliedError("CLIENT_CLOSED", `${what}: the executor is closed`);
}
