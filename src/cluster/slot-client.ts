import { EventEmitter } from "node:events";
import { inspect } from "node:util";
import type { Key } from "../bytes/key.ts";
import type { Reply } from "../bytes/reply.ts";
import type { SlotMap } from "../slots/index.ts";
import type { Kernel } from "../wasm/kernel.ts";
import type { TracedCall } from "./batch-trace.ts";
import { type CallResult, type SourceCall, throwUnlessComplete } from "./call.ts";
import { CallGate } from "./call-gate.ts";
import type { SubscribeRequest } from "./channel-name.ts";
import type { ClientEvents } from "./client-events.ts";
import type { ClientParts } from "./client-parts.ts";
import { CommandBatch } from "./command-batch.ts";
import { type CommandShape, createShape, type ShapeArgument } from "./command-shape.ts";
import { CountBatch, ValueBatch, WriteBatch } from "./key-batches.ts";
import type { KeyedBatch, KeyedBatchRequest, ReplyEstimate } from "./keyed-batch.ts";
import { type CallOptions, checkCallOptions, checkTtl, type ResolvedOptions } from "./options.ts";
import { askPrimaries } from "./primaries.ts";
import type { PrimaryWatch, PrimaryWatchListener, PrimaryWatchRequest } from "./primary-watch.ts";
import type { Effect } from "./retry-policy.ts";
import { type ScanOptions, scanKeys } from "./scan.ts";
import { splitEntries } from "./set-entries.ts";
import type { ClientStats } from "./stats.ts";
import type { Subscription } from "./subscription.ts";
import type { SubscriptionMessage } from "./subscription-events.ts";
import type { SubscribeOptions } from "./subscription-host.ts";

export interface SetOptions extends CallOptions {
  /** Milliseconds that the keys live, from 1. Default: for ever. */
  ttlMs?: number | undefined;
}

/**
 * Batches of keys over one server or a cluster. Results stand at the caller's index and a missing key is `null`. When part of a call fails it
 * rejects with BatchError (TimeoutError at the deadline, AbortError on abort) whose `results` hold every outcome.
 */
export class SlotClient extends EventEmitter<ClientEvents> {
  readonly #parts: ClientParts;
  readonly #gate: CallGate;
  readonly #shapes = new Map<string, CommandShape>();
  readonly #valueEstimate: ReplyEstimate = { bytesPerItem: 1024, guessed: true };

  /** @internal Use `connect()`. */
  constructor(parts: ClientParts) {
    super();
    this.#parts = parts;
    this.#gate = new CallGate(parts);
    Object.defineProperty(this, inspect.custom, { value: () => this.#gate.describe() });
  }

  /** Values in the order of `keys`, `null` for a key that does not exist. */
  async mget(keys: readonly Key[], options?: CallOptions): Promise<(Buffer | null)[]> {
    checkCallOptions(options);
    const batch = new ValueBatch(this.#request("GET", [], keys, "read", this.#valueEstimate));
    await this.#run("mget", batch, options, () => batch.settled((item) => batch.values[item]!));
    return batch.values;
  }

  /** Like `mget`, with an outcome per key instead of an error for all. Rejects only on abort and bad input. */
  async mgetSettled(
    keys: readonly Key[],
    options?: CallOptions,
  ): Promise<PromiseSettledResult<Buffer | null>[]> {
    checkCallOptions(options);
    const batch = new ValueBatch(this.#request("GET", [], keys, "read", this.#valueEstimate));
    return this.#runSettled("mgetSettled", batch, options, () =>
      batch.settled((item) => batch.values[item]!),
    );
  }

  /** Sets every key; of two entries with one key the later one wins. */
  async mset(entries: readonly (readonly [Key, Key])[], options?: SetOptions): Promise<void> {
    const batch = this.#writeBatch(entries, options);
    await this.#run("mset", batch, options, () => batch.settled(() => undefined));
  }

  async msetSettled(
    entries: readonly (readonly [Key, Key])[],
    options?: SetOptions,
  ): Promise<PromiseSettledResult<void>[]> {
    const batch = this.#writeBatch(entries, options);
    return this.#runSettled("msetSettled", batch, options, () => batch.settled(() => undefined));
  }

  /** How many of the keys existed and were deleted. */
  del(keys: readonly Key[], options?: CallOptions): Promise<number> {
    return this.#count("DEL", [], keys, "write", options);
  }

  /** Like `del`; the server frees the memory in the background. */
  unlink(keys: readonly Key[], options?: CallOptions): Promise<number> {
    return this.#count("UNLINK", [], keys, "write", options);
  }

  /** How many of the keys exist; a key given twice counts twice. */
  exists(keys: readonly Key[], options?: CallOptions): Promise<number> {
    return this.#count("EXISTS", [], keys, "read", options);
  }

  /** How many of the keys exist, and had their access time updated. */
  touch(keys: readonly Key[], options?: CallOptions): Promise<number> {
    return this.#count("TOUCH", [], keys, "read", options);
  }

  /** Gives every key a TTL in milliseconds, from 1; how many of them exist. */
  async expire(keys: readonly Key[], ttlMs: number, options?: CallOptions): Promise<number> {
    return this.#count("PEXPIRE", [String(checkTtl(ttlMs))], keys, "write", options);
  }

  /** Collects any commands; `exec()` sends them, one packed write per node. */
  batch(): CommandBatch {
    return new CommandBatch({
      keyPrefix: this.#parts.options.keyPrefix,
      gatherFromBytes: this.#parts.options.gatherFromBytes,
      kernel: this.#parts.kernel,
      clustered: () => this.#parts.slotMap() !== undefined,
      ready: (callOptions) => this.#gate.ready("batch", callOptions),
      run: (call) => this.runSource({ ...call, accepted: true }),
      accept: (work, call) => this.accept("batch", work, call),
    });
  }

  /**
   * Keys that match a glob pattern, on all primaries. A key may come twice while slots move or the keyspace is resized, as with SCAN
   * itself. Keys are bytes, without the client's `keyPrefix`. A client that is closed in between ends it with `CLIENT_CLOSED`.
   */
  scan(pattern: string = "*", options?: ScanOptions): AsyncGenerator<Buffer, void, undefined> {
    return scanKeys(this.#host("scan"), pattern, options);
  }

  /** @internal A command without keys, asked of every primary; rejects with the first failure. */
  askPrimaries(what: string, command: readonly string[], options?: CallOptions): Promise<Reply[]> {
    return this.accept(what, () => askPrimaries(what, this.#host(what), command, options));
  }

  /**
   * Subscribes to channels, patterns and shard channels, and stays subscribed through lost connections, failovers and moves of slots; its
   * events tell of the gaps. Messages are bytes, in the order of the wire; names get no `keyPrefix`. Resolves when all is subscribed; the signal
   * closes it at any time. Rejects as `Subscription.add` does. To publish: `batch().call("PUBLISH", …)` or `"SPUBLISH"`.
   */
  subscribe(
    request: SubscribeRequest,
    onMessage: (message: SubscriptionMessage) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    return this.accept("subscribe", async () =>
      this.#parts.subscriptions.subscribe(request, onMessage, options, (rest) =>
        this.#gate.ready("subscribe", rest),
      ),
    );
  }

  /** @internal The same names at every primary; `ready()` must have been awaited. */
  watchPrimaries(request: PrimaryWatchRequest, listener: PrimaryWatchListener): PrimaryWatch {
    return this.#parts.subscriptions.watch(request, listener);
  }

  /**
   * The slot table; behind Sentinels the primary, which has all slots, and its replicas; undefined for one server. A copy is not made: it
   * changes as the cluster does.
   */
  topology(): SlotMap | undefined {
    return this.#parts.topology();
  }

  /** Counters since `connect()`; a copy. */
  stats(): ClientStats {
    return { ...this.#parts.stats };
  }

  /** Lets accepted calls finish, refuses new ones, closes every connection. */
  close(): Promise<void> {
    return this.#gate.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal The options and the kernel that batches of other rooms are made with. */
  get batchDefaults(): { readonly options: ResolvedOptions; readonly kernel: Kernel } {
    return this.#parts;
  }

  /** Whether keys have slots here; waits for the connection. Rejects with TimeoutError or AbortError. */
  async isCluster(options?: CallOptions): Promise<boolean> {
    await this.#gate.ready("isCluster", options);
    return this.#parts.slotMap() !== undefined;
  }

  /** @internal Work of several steps that `close()` waits for as a whole; the calls in it say that they are `accepted`. */
  accept<T>(what: string, work: () => Promise<T>, call?: TracedCall<T>): Promise<T> {
    return this.#gate.accept(what, work, call);
  }

  /** @internal Runs a batch of another room; the source holds the outcomes, and failed items do not reject. */
  runSource(call: SourceCall): Promise<CallResult> {
    return this.#gate.run(call);
  }

  #host(what: string) {
    const network = async (callOptions: CallOptions) => {
      await this.#gate.ready(what, callOptions);
      return this.#gate.network(callOptions.lane)!;
    };
    return { network, options: this.#parts.options };
  }

  async #run<T>(
    what: string,
    batch: KeyedBatch,
    options: CallOptions | undefined,
    settled: () => PromiseSettledResult<T>[],
  ): Promise<void> {
    const result = await this.runSource({ what, source: batch, options });
    throwUnlessComplete(what, result, batch.errors, settled);
  }

  async #runSettled<T>(
    what: string,
    batch: KeyedBatch,
    options: CallOptions | undefined,
    settled: () => PromiseSettledResult<T>[],
  ): Promise<PromiseSettledResult<T>[]> {
    const result = await this.runSource({ what, source: batch, options, settled: true });
    if (result.end === "aborted") throwUnlessComplete(what, result, batch.errors, settled);
    return settled();
  }

  async #count(
    command: string,
    tail: readonly string[],
    keys: readonly Key[],
    effect: Effect,
    options?: CallOptions,
  ): Promise<number> {
    checkCallOptions(options);
    const batch = new CountBatch(this.#request(command, tail, keys, effect, { bytesPerItem: 4 }));
    await this.#run(command.toLowerCase(), batch, options, () =>
      batch.settled((item) => batch.counts[item]!),
    );
    return batch.total;
  }

  #writeBatch(entries: readonly (readonly [Key, Key])[], options: SetOptions | undefined): WriteBatch {
    checkCallOptions(options, "ttlMs");
    const { keys, values } = splitEntries(entries);
    const tail = options?.ttlMs === undefined ? [] : ["PX", String(checkTtl(options.ttlMs))];
    return new WriteBatch({
      ...this.#request("SET", [{ value: 0 }, ...tail], keys, "write", { bytesPerItem: 5 }),
      columns: [values],
    });
  }

  #request(
    command: string,
    tail: readonly ShapeArgument[],
    keys: readonly Key[],
    effect: Effect,
    estimate: ReplyEstimate,
  ): KeyedBatchRequest {
    const { options, kernel } = this.#parts;
    return {
      kernel,
      shape: this.#shape(command, tail),
      keys,
      effect,
      estimate,
      gatherFromBytes: options.gatherFromBytes,
    };
  }

  #shape(command: string, tail: readonly ShapeArgument[]): CommandShape {
    const id = `${command} ${JSON.stringify(tail)}`;
    let shape = this.#shapes.get(id);
    if (shape === undefined) {
      const name = { prefix: this.#parts.options.keyPrefix, suffix: "" };
      shape = createShape([[command, { name }, ...tail]], name);
      // TTLs are the callers' own numbers, and there is no end to them.
      if (this.#shapes.size > 64) this.#shapes.clear();
      this.#shapes.set(id, shape);
    }
    return shape;
  }
}
