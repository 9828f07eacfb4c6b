import { AbortError, NotAppliedError, TimeoutError } from "../errors.ts";
import { countOutcomes } from "./batch-outcomes.ts";
import type { BatchSource } from "./batch-source.ts";
import { BatchTrace, type TracedCall } from "./batch-trace.ts";
import { BulkLane, bulkLimits } from "./bulk-lane.ts";
import { batchError, type CallResult, checkSignal, runCall, type SourceCall } from "./call.ts";
import type { ClientParts } from "./client-parts.ts";
import { beforeDeadline } from "./deadline.ts";
import type { DispatchLimits } from "./dispatch.ts";
import type { Network } from "./network.ts";
import { type CallOptions, type Lane, resolveTimeout } from "./options.ts";
import { isTraced } from "./telemetry.ts";

/** The way in for every call of a client: connects when that is still to be done, counts calls, and closes behind the last one. */
export class CallGate {
  readonly #parts: ClientParts;
  readonly #bulkLimits: DispatchLimits;
  #calls = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#bulkLimits = bulkLimits(parts.options);
  }

  /** For logs: neither addresses nor passwords. */
  describe(): string {
    const state = this.#closing === undefined ? "open" : "closed";
    return `SlotClient { ${state}, nodes: ${this.#parts.slotMap()?.nodes.length ?? 1}, calls: ${this.#calls} }`;
  }

  /** The nodes as a call of a lane sees them; undefined before they are known. */
  network(lane: Lane | undefined): Network | undefined {
    const network = this.#parts.network();
    if (lane !== "bulk" || network === undefined) return network;
    return new BulkLane(network, this.#parts.bulkOf);
  }

  /** Runs a batch to its end; the source holds the outcomes, and failed items do not reject. */
  run(call: SourceCall): Promise<CallResult> {
    if (call.accepted === true) return this.#runSource(call, BatchTrace.current);
    if (!isTraced() || call.source.itemCount === 0) return this.#runSource(call, undefined);
    const work = (trace: BatchTrace) => this.#runSource(call, trace);
    return BatchTrace.run(call.what, this.#parts.options, tracedSource(call), work);
  }

  async #runSource(
    { what, source, options, accepted }: SourceCall,
    trace: BatchTrace | undefined,
  ): Promise<CallResult> {
    const signal = checkSignal(what, options, source.itemCount);
    const timeoutMs = resolveTimeout(options, this.#parts.options);
    if (this.#closing !== undefined && accepted !== true) throw closedError(what);
    if (source.itemCount === 0) return { end: "complete", reason: undefined };
    this.#calls++;
    try {
      if (this.#parts.network() !== undefined)
        return await this.#run(options?.lane, source, timeoutMs, signal, trace);
      const began = performance.now();
      const start = await beforeDeadline(this.#start(what), timeoutMs, signal).catch((error: Error) => {
        if (!isConnectFailure(error)) throw error;
        failAll(source, error);
      });
      if (start === undefined) return { end: "complete", reason: undefined };
      if (start.end !== "complete") return failUnsent(source, start, signal, this.#parts.lastFailure());
      const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - began)));
      return await this.#run(options?.lane, source, left, signal, trace);
    } finally {
      this.#callEnded();
    }
  }

  /** Waits for the connection until the deadline or the abort; returns the options with what is left of the deadline. */
  async ready(what: string, options: CallOptions | undefined): Promise<CallOptions | undefined> {
    if (this.#parts.network() !== undefined && this.#closing === undefined) return options;
    const signal = checkSignal(what, options, 0);
    const timeoutMs = resolveTimeout(options, this.#parts.options);
    const began = performance.now();
    const start = await beforeDeadline(this.#start(what), timeoutMs, signal);
    if (start.end === "timeout") {
      const cause = this.#parts.lastFailure();
      const message = withReason(`${what}: not connected within ${timeoutMs} ms`, cause);
      throw new TimeoutError("TIMEOUT", message, [], { cause });
    }
    if (start.end === "aborted")
      throw new AbortError("ABORTED", `${what}: aborted before it was connected`, [], {
        cause: signal!.reason,
      });
    return { ...options, timeoutMs: Math.max(1, Math.ceil(timeoutMs - (performance.now() - began))) };
  }

  /** Work of several steps that `close()` waits for as a whole; the calls in it say that they are `accepted`. `call`: it is one call to telemetry. */
  accept<T>(what: string, work: () => Promise<T>, call?: TracedCall<T>): Promise<T> {
    if (call === undefined || call.itemCount === 0 || !isTraced()) return this.#accept(what, work);
    return BatchTrace.run(what, this.#parts.options, call, () => this.#accept(what, work));
  }

  async #accept<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closedError(what);
    this.#calls++;
    try {
      return await work();
    } finally {
      this.#callEnded();
    }
  }

  /** Lets accepted calls finish, refuses new ones, closes every connection. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #run(
    lane: Lane | undefined,
    source: BatchSource,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    trace: BatchTrace | undefined,
  ): Promise<CallResult> {
    const limits = lane === "bulk" ? this.#bulkLimits : this.#parts.options;
    return runCall(this.network(lane)!, limits, source, timeoutMs, signal, trace);
  }

  async #start(what: string): Promise<Network> {
    if (this.#closing !== undefined) throw closedError(what);
    return this.#parts.ready();
  }

  #callEnded(): void {
    this.#calls--;
    if (this.#calls === 0) this.#idle?.();
  }

  async #close(): Promise<void> {
    if (this.#calls > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.#parts.close();
  }
}

/** A batch that is a call of its own. */
function tracedSource({ what, source, options, settled }: SourceCall): TracedCall<CallResult> {
  const { itemCount } = source;
  return {
    itemCount,
    options,
    keys: () => source.keys,
    outcomesOf: () =>
      countOutcomes(
        itemCount,
        source.failures?.() ?? source.errors?.values() ?? [],
        source.missCount?.() ?? 0,
      ),
    errorOf: (result) =>
      settled === true && result.end !== "aborted"
        ? undefined
        : batchError(what, result, source.errors, () => new Array(itemCount)),
  };
}

/** A call that ended before there was a connection: nothing of it was written. */
function failUnsent(
  source: BatchSource,
  { end }: { end: "timeout" | "aborted" },
  signal: AbortSignal | undefined,
  failure: Error | undefined,
): CallResult {
  const [code, text, cause] =
    end === "timeout"
      ? ["TIMEOUT", withReason("not connected in time", failure), failure]
      : ["ABORTED", "the call was aborted", signal!.reason];
  for (let item = 0; item < source.itemCount; item++)
    source.fail(item, new NotAppliedError(code, text, { keyIndex: item, cause }));
  return { end, reason: signal?.reason };
}

/** Whether a call of a lazy client failed because there is nobody to connect to, which is its items' outcome. */
export function isConnectFailure(error: unknown): error is NotAppliedError {
  return error instanceof NotAppliedError && error.code === "CONNECT_FAILED";
}

function failAll(source: BatchSource, { code, message, cause }: NotAppliedError): void {
  for (let item = 0; item < source.itemCount; item++)
    source.fail(item, new NotAppliedError(code, message, { keyIndex: item, cause }));
}

function closedError(what: string): NotAppliedError {
  return new NotAppliedError("CLIENT_CLOSED", `${what}: the client is closed`);
}

function withReason(text: string, cause: Error | undefined): string {
  return cause === undefined ? text : `${text}: ${cause.message}`;
}
