import { type CallOptions, checkCallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { AbortError, ConfigError } from "../errors.ts";
import type { ResolvedStoreOptions } from "../records/record-store-options.ts";
import { closedError } from "./connector-jobs.ts";
import type { ConnectorKeys } from "./connector-keys.ts";
import { listRecordKeys } from "./listing.ts";
import { Sweep } from "./sweep.ts";
import type { SweepOptions, SweepReport } from "./sweep-options.ts";

/** What goes through the whole keyspace, page by page and beside the queue of jobs; closing ends it. */
export class KeyspaceWalks<M> {
  readonly #client: SlotClient;
  readonly #store: ResolvedStoreOptions<M>;
  readonly #keys: ConnectorKeys;
  readonly #closed = new AbortController();
  readonly #sweeps = new Set<Promise<unknown>>();

  constructor(client: SlotClient, store: ResolvedStoreOptions<M>, keys: ConnectorKeys) {
    this.#client = client;
    this.#store = store;
    this.#keys = keys;
  }

  /** The callers' keys of stored records; those of another salt are left out. */
  async *keys(prefix: string, options: CallOptions | undefined): AsyncGenerator<string, void, undefined> {
    checkCallOptions(options);
    if (typeof prefix !== "string")
      throw new ConfigError("BAD_ARGUMENT", "prefix: expected a string", { option: "prefix" });
    const { valueMetadata } = this.#store;
    const settings = { client: this.#client, ...this.#space, valueMetadata };
    try {
      const call = { ...options, signal: this.#untilClosed("list", options?.signal) };
      for await (const recordKey of listRecordKeys(settings, prefix, call))
        yield this.#keys.fromRecordKey(recordKey)!;
    } catch (error) {
      throw this.#asClosed("list", error, options?.signal);
    }
  }

  async sweep(options: SweepOptions | undefined): Promise<SweepReport> {
    const settings = { client: this.#client, ...this.#space, codec: this.#store.codec };
    const signal = this.#untilClosed("sweep", options?.signal);
    const running = new Sweep(settings, { ...options, signal }).run();
    this.#sweeps.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.#asClosed("sweep", error, options?.signal);
    } finally {
      this.#sweeps.delete(running);
    }
  }

  /** Ends what is under way with `CLIENT_CLOSED`; sweeps tidy up first. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled(this.#sweeps);
  }

  get #space() {
    const { layout, others } = this.#store;
    return { layouts: [layout, ...others], ending: this.#keys.ending };
  }

  #untilClosed(what: string, signal: AbortSignal | undefined): AbortSignal {
    if (this.#closed.signal.aborted) throw closedError(what);
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  #asClosed(what: string, error: unknown, signal: AbortSignal | undefined): unknown {
    const ended = error instanceof AbortError && this.#closed.signal.aborted && signal?.aborted !== true;
    return ended ? closedError(what) : error;
  }
}
