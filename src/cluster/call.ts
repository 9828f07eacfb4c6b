import { AbortError, BatchError, NotAppliedError, TimeoutError } from "../errors.ts";
import type { BatchSource } from "./batch-source.ts";
import type { BatchTrace } from "./batch-trace.ts";
import { Dispatch, type DispatchLimits } from "./dispatch.ts";
import type { Network } from "./network.ts";
import { badOption, type CallOptions } from "./options.ts";

/** How a call ended; the items' outcomes are with the source. */
export type CallEnd = "complete" | "timeout" | "aborted";

/** The signal's reason after `runCall` ended with `aborted`. */
export interface CallResult {
  readonly end: CallEnd;
  readonly reason: unknown;
}

/** A batch that somebody else defines (RecordStore), and the options of its call. */
export interface SourceCall {
  readonly what: string;
  readonly source: BatchSource & { readonly errors: ReadonlyMap<number, Error> | undefined };
  readonly options?: CallOptions | undefined;
  /** Part of work that was accepted before the client was closed, see `SlotClient.accept`. */
  readonly accepted?: boolean | undefined;
  /** Failed items are part of the result and no error of the call. */
  readonly settled?: boolean | undefined;
}

/** Runs one batch to its end: all items done, the deadline, or the caller's abort, whichever is first. One promise. */
export function runCall(
  network: Network,
  limits: DispatchLimits,
  source: BatchSource,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  trace?: BatchTrace | undefined,
): Promise<CallResult> {
  return new Promise((resolve) => {
    let end: CallEnd = "complete";
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      resolve({ end, reason: signal?.reason });
    };
    const dispatch = new Dispatch(network, limits, source, finish, trace);
    const abort = () => {
      end = "aborted";
      dispatch.interrupt({ code: "ABORTED", message: "the call was aborted", cause: signal!.reason });
    };
    const timer = setTimeout(() => {
      end = "timeout";
      network.stats.timeouts++;
      dispatch.interrupt({ code: "TIMEOUT", message: `no result within ${timeoutMs} ms` });
    }, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      dispatch.start();
    } catch (error) {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      throw error;
    }
  });
}

/** Throws unless every item has its value. */
export function throwUnlessComplete<T>(
  what: string,
  result: CallResult,
  errors: ReadonlyMap<number, Error> | undefined,
  settled: () => PromiseSettledResult<T>[],
): void {
  const error = batchError(what, result, errors, settled);
  if (error !== undefined) throw error;
}

/** The error of a call some of whose items failed; undefined when every item has its value. */
export function batchError<T>(
  what: string,
  result: CallResult,
  errors: ReadonlyMap<number, Error> | undefined,
  settled: () => PromiseSettledResult<T>[],
): BatchError<T> | undefined {
  if (errors === undefined) return undefined;
  const [first] = errors.values() as unknown as [Error & { code: string }];
  const total = settled();
  const count = `${errors.size} of ${total.length}`;
  if (result.end === "aborted") {
    return new AbortError("ABORTED", `${what}: aborted with ${count} items open`, total, {
      cause: result.reason,
    });
  }
  if (result.end === "timeout") {
    const last = [...errors.values()].find(({ cause }) => cause !== undefined) ?? first;
    return new TimeoutError("TIMEOUT", `${what}: ${count} items without a result at the deadline`, total, {
      cause: last,
    });
  }
  const { node, slot, keyIndex } = first as { node?: string; slot?: number; keyIndex?: number };
  return new BatchError(
    first.code,
    `${what}: ${count} items failed, the first with ${first.message}`,
    total,
    {
      cause: first,
      node,
      slot,
      keyIndex,
    },
  );
}

/** A signal that has fired already ends the call of so many items before anything is sent. */
export function checkSignal(
  what: string,
  options: CallOptions | undefined,
  itemCount: number,
): AbortSignal | undefined {
  const signal = options?.signal;
  if (signal === undefined) return undefined;
  if (!(signal instanceof AbortSignal)) throw badOption("signal", "an AbortSignal", signal);
  if (signal.aborted) throw abortedUnsent(what, itemCount, signal.reason);
  return signal;
}

/** For a call of which nothing was sent. */
export function abortedUnsent(what: string, itemCount: number, cause: unknown): AbortError {
  const message = `${what}: aborted before it began`;
  const results = Array.from({ length: itemCount }, (_, keyIndex) => ({
    status: "rejected" as const,
    reason: new NotAppliedError("ABORTED", message, { keyIndex, cause }),
  }));
  return new AbortError("ABORTED", message, results, { cause });
}
