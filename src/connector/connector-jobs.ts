import { abortedUnsent, checkSignal } from "../cluster/call.ts";
import { type CallOptions, resolveTimeout } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { NotAppliedError, TimeoutError } from "../errors.ts";
import type { ConnectorOptions } from "./connector-options.ts";
import { checkCount, Priority, PriorityExecutor, type SubmitOptions } from "./priority-executor.ts";

/** A call of the connector as a job. */
export interface ConnectorJob<T> {
  readonly what: string;
  readonly priority: Priority;
  /** Keys of the call, each of which has an outcome when the job never begins. */
  readonly itemCount: number;
  readonly options: CallOptions | undefined;
  /** Does the work with what is left of the call's deadline. */
  work(rest: CallOptions & { timeoutMs: number }): Promise<T>;
}

type JobOptions = Pick<ConnectorOptions<unknown>, "workers" | "maxQueuedJobs" | "lanes">;

/**
 * The connector's queue. One deadline holds for the waiting and the work. Puts have a queue of their own in front of it and, with lanes, all
 * workers but one: however many are accepted, a lookup finds a place in its queue and a worker that no put keeps busy. With one worker it
 * waits for the put under way. Without lanes puts may have all workers.
 *
 * Invariant: of the executor's `maxQueuedJobs + putWorkers` places lookups fill `maxQueuedJobs` at most, which `#refuseIfFull` sees to, and puts
 * `putWorkers`, since that many jobs of their own queue run at a time. So the executor itself never refuses a job: puts are refused by their
 * own queue alone, lookups by the number of lookups that wait.
 */
export class ConnectorJobs {
  readonly #client: SlotClient;
  readonly #executor: PriorityExecutor;
  readonly #puts: PriorityExecutor;
  readonly #workers: number;
  readonly #putWorkers: number;
  readonly #maxQueuedJobs: number;
  #closing: Promise<void> | undefined;

  /** Throws ConfigError `BAD_OPTION`. */
  constructor(client: SlotClient, { workers = 4, maxQueuedJobs = 10_000, lanes = true }: JobOptions) {
    this.#client = client;
    this.#workers = checkCount("workers", workers);
    this.#maxQueuedJobs = checkCount("maxQueuedJobs", maxQueuedJobs);
    this.#putWorkers = lanes ? Math.max(1, workers - 1) : workers;
    const places = Math.min(maxQueuedJobs + this.#putWorkers, Number.MAX_SAFE_INTEGER);
    this.#executor = new PriorityExecutor({ workers, maxQueuedJobs: places });
    this.#puts = new PriorityExecutor({ workers: this.#putWorkers, maxQueuedJobs });
  }

  /** Jobs that wait for a worker. */
  get waiting(): number {
    return this.#executor.waiting + this.#puts.waiting;
  }

  /** Jobs at work. */
  get active(): number {
    return this.#executor.active;
  }

  /** Rejects as `work` does, or with TimeoutError, AbortError or NotAppliedError (`QUEUE_OVERFLOW`, `CLIENT_CLOSED`) when it never begins. */
  async run<T>(call: ConnectorJob<T>): Promise<T> {
    const { what, priority, itemCount, options, work } = call;
    const signal = checkSignal(what, options, itemCount);
    if (this.#closing !== undefined) throw closedError(what);
    const timeoutMs = resolveTimeout(options, this.#client.batchDefaults.options);
    // A job that begins at once needs nothing to end its waiting; an AbortController alone costs 5 µs.
    if (this.#isIdle(priority)) return this.#submit(priority, () => work({ ...options, timeoutMs }), {});
    if (priority !== Priority.PUT) this.#refuseIfFull(what);
    return this.#wait(call, timeoutMs, signal);
  }

  /** Resolves when a put can be accepted, see `PriorityExecutor.whenRoom`. */
  whenRoom(signal?: AbortSignal): Promise<void> {
    return this.#puts.whenRoom(signal);
  }

  /** Refuses new jobs; resolves when the accepted ones are done. */
  close(): Promise<void> {
    this.#closing ??= this.#puts.close().then(() => this.#executor.close());
    return this.#closing;
  }

  #isIdle(priority: Priority): boolean {
    if (this.#executor.active >= this.#workers) return false;
    return priority !== Priority.PUT || this.#puts.active < this.#putWorkers;
  }

  #refuseIfFull(what: string): void {
    const lookups = this.#executor.waiting - this.#executor.waitingAt(Priority.PUT);
    if (lookups < this.#maxQueuedJobs) return;
    throw new NotAppliedError(
      "QUEUE_OVERFLOW",
      `${what}: ${lookups} lookups are waiting already, and maxQueuedJobs is ${this.#maxQueuedJobs}`,
    );
  }

  #submit<T>(priority: Priority, job: () => Promise<T>, options: SubmitOptions): Promise<T> {
    if (priority !== Priority.PUT) return this.#executor.submit(priority, job, options);
    return this.#puts.submit(priority, () => this.#executor.submit(priority, job, options), options);
  }

  async #wait<T>(
    { what, priority, itemCount, options, work }: ConnectorJob<T>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const began = performance.now();
    const waiting = new Waiting(timeoutMs, signal);
    const job = (): Promise<T> => {
      waiting.end();
      const left = timeoutMs - (performance.now() - began);
      return work({ ...options, timeoutMs: Math.max(1, Math.ceil(left)) });
    };
    try {
      return await this.#submit(priority, job, { signal: waiting.signal });
    } catch (error) {
      if (waiting.interrupted === "aborted") throw abortedUnsent(what, itemCount, signal!.reason);
      if (waiting.interrupted === "timeout") throw timedOutUnsent(what, itemCount, timeoutMs);
      throw error;
    } finally {
      waiting.end();
    }
  }
}

/** The time until a job begins, which its call's deadline or its caller's abort may end. */
class Waiting {
  interrupted: "timeout" | "aborted" | undefined;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #caller: AbortSignal | undefined;
  readonly #abort = (): void => this.#interrupt("aborted");

  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#timer = setTimeout(() => this.#interrupt("timeout"), timeoutMs);
    this.#caller = caller;
    caller?.addEventListener("abort", this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#abort);
  }

  #interrupt(why: "timeout" | "aborted"): void {
    this.interrupted = why;
    this.end();
    this.#controller.abort();
  }
}

/** For what comes after `close()`. */
export function closedError(what: string): NotAppliedError {
  return new NotAppliedError("CLIENT_CLOSED", `${what}: the connector is closed`);
}

function timedOutUnsent(what: string, itemCount: number, timeoutMs: number): TimeoutError {
  const message = `${what}: still waiting for a worker after ${timeoutMs} ms`;
  const results = Array.from({ length: itemCount }, (_, keyIndex) => ({
    status: "rejected" as const,
    reason: new NotAppliedError("TIMEOUT", message, { keyIndex }),
  }));
  return new TimeoutError("TIMEOUT", message, results);
}
