import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import type { Key } from "../bytes/key.ts";
import { countMisses, countOutcomes, countRejected } from "./batch-outcomes.ts";
import type { CallOptions, ResolvedOptions } from "./options.ts";
import {
  type BatchMessage,
  type BatchOutcomes,
  batchChannel,
  telemetryError,
  type Unfinished,
} from "./telemetry.ts";

/** A call as telemetry tells of it. */
export interface TracedCall<T> {
  readonly itemCount: number;
  readonly options: CallOptions | undefined;
  /** Called only where keys are asked for. */
  keys(): readonly (Key | undefined)[] | undefined;
  /** What became of the items of a call that did not reject. Default: all succeeded, and those that are `null` or `false` are misses. */
  outcomesOf?(result: T): BatchOutcomes;
  /** The error that the call will reject with, although this part of it did not. */
  errorOf?(result: T): unknown;
}

/** Holds the trace of the call that the work in hand belongs to. */
const current = new AsyncLocalStorage<BatchTrace>();

/** One call on the tracing channel. It exists only while somebody listens. */
export class BatchTrace {
  readonly message: Unfinished<BatchMessage>;
  readonly withMessages: boolean;
  readonly #began: number = performance.now();
  #scope: AsyncResource | undefined;
  #open = true;

  private constructor(message: Unfinished<BatchMessage>, withMessages: boolean) {
    this.message = message;
    this.withMessages = withMessages;
  }

  /** The trace of the call that this is part of, while that lasts. */
  static get current(): BatchTrace | undefined {
    const trace = current.getStore();
    if (trace === undefined) return undefined;
    return trace.#open ? trace : undefined;
  }

  /** Runs a call in the async context that the subscribers of `start` bind. */
  static run<T>(
    operation: string,
    client: ResolvedOptions,
    call: TracedCall<T>,
    work: (trace: BatchTrace) => Promise<T>,
  ): Promise<T> {
    const { keys: withKeys } = client.telemetry;
    const message: Unfinished<BatchMessage> = {
      operation,
      itemCount: call.itemCount,
      lane: call.options?.lane ?? "main",
      database: client.database,
      keys: withKeys ? call.keys() : undefined,
      durationMs: undefined,
      outcomes: undefined,
      writeCount: 0,
      redirects: 0,
      retries: 0,
      error: undefined,
    };
    const trace = new BatchTrace(message, withKeys);
    return batchChannel.start.runStores(message, () => {
      trace.#scope = new AsyncResource("SlotpackBatch");
      const running = current.run(trace, () => trace.#run(call, work));
      batchChannel.end.publish(message);
      return running;
    });
  }

  /** What items of one of its batches have been through: MOVED and ASK replies, and times that they were put off. */
  addTroubles(troubles: Iterable<{ readonly hops: number; readonly attempts: number }>): void {
    for (const { hops, attempts } of troubles) {
      this.message.redirects += hops;
      this.message.retries += attempts;
    }
  }

  /** Publishes in the call's own async context, from wherever. */
  publish(publish: () => void): void {
    this.#scope!.runInAsyncScope(publish);
  }

  async #run<T>(call: TracedCall<T>, work: (trace: BatchTrace) => Promise<T>): Promise<T> {
    let outcomes: BatchOutcomes | undefined;
    let error: unknown;
    try {
      const result = await work(this);
      outcomes = call.outcomesOf?.(result) ?? allSucceeded(call.itemCount, result);
      error = call.errorOf?.(result);
      return result;
    } catch (thrown) {
      error = thrown;
      outcomes = countRejected(thrown, call.itemCount);
      throw thrown;
    } finally {
      this.#finish(outcomes, error);
    }
  }

  #finish(outcomes: BatchOutcomes | undefined, error: unknown): void {
    const { message } = this;
    this.#open = false;
    message.durationMs = performance.now() - this.#began;
    message.outcomes = outcomes;
    if (error !== undefined) {
      message.error = telemetryError(error, this.withMessages);
      batchChannel.error.publish(message);
    }
    batchChannel.asyncStart.publish(message);
    batchChannel.asyncEnd.publish(message);
  }
}

function allSucceeded(itemCount: number, result: unknown): BatchOutcomes {
  return countOutcomes(itemCount, [], Array.isArray(result) ? countMisses(result) : 0);
}
