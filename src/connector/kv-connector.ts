import { connect } from "../cluster/connect.ts";
import { type CallOptions, checkCallOptions, checkTtl, resolveTimeout } from "../cluster/options.ts";
import type { SetOptions, SlotClient } from "../cluster/slot-client.ts";
import { type LmcacheMetadata, lmcacheMetadata } from "../records/lmcache-metadata.ts";
import type { KvRecord } from "../records/record.ts";
import { type GetRecordsOptions, RecordStore } from "../records/record-store.ts";
import { type ResolvedStoreOptions, resolveStoreOptions } from "../records/record-store-options.ts";
import { type ConnectorConfig, type ConnectorSettings, readConnectorConfig } from "./connector-config.ts";
import type {
  ConnectorConnectOptions,
  ConnectorStats,
  GetOptions,
  KvObject,
  PutOptions,
} from "./connector-contract.ts";
import { ConnectorJobs, closedError } from "./connector-jobs.ts";
import { type ConnectorKey, ConnectorKeys } from "./connector-keys.ts";
import { type ConnectorOptions, checkConnectorOptions, splitOptions } from "./connector-options.ts";
import { ConnectorSupport } from "./connector-support.ts";
import { ExistsSync } from "./exists-sync.ts";
import { KeyspaceWalks } from "./keyspace-walks.ts";
import { readLmcacheYaml } from "./lmcache-yaml.ts";
import { PingCode, pingPrimaries } from "./ping-code.ts";
import { Priority } from "./priority-executor.ts";
import { joinRecords, LANE_PORTION_BYTES, putPortions } from "./put-portions.ts";
import type { SweepOptions, SweepReport } from "./sweep-options.ts";

/**
 * LMCache's remote connector over any client: one server, Sentinel or a cluster. Calls wait in one queue by priority: PEEK (`exists`,
 * `batchedContains`, `batchedAsyncContains`), PREFETCH (`batchedGetNonBlocking`), GET (`get`, `batchedGet`), PUT (`put`, `batchedPut`, `remove`,
 * `batchedRemove`). `existsSync` and `ping` do not queue; `list`, `keys` and `sweep` go through the keyspace page by page beside the queue.
 *
 * Results stand at the caller's index; half a record is a miss; an error is never shown as one: calls reject as those of RecordStore do.
 */
export class KvConnector<M = LmcacheMetadata> extends ConnectorSupport {
  /** What the connector works with; its own only when `connect`, `fromConfig` or `fromYaml` made it. */
  readonly client: SlotClient;
  /** What the configuration said that means nothing here; empty where there was none. */
  readonly ignored: readonly string[] = [];
  readonly #store: RecordStore<M>;
  readonly #resolved: ResolvedStoreOptions<M>;
  readonly #keys: ConnectorKeys;
  readonly #jobs: ConnectorJobs;
  readonly #walks: KeyspaceWalks<M>;
  readonly #existsSync: ExistsSync<M>;
  readonly #putOptions: SetOptions & { readonly portionBytes: number };
  #ownsClient = false;
  #closing: Promise<void> | undefined;

  /** Throws ConfigError `UNKNOWN_OPTION`, `UNKNOWN_LAYOUT`, `BAD_OPTION` or `BAD_TTL`. */
  constructor(client: SlotClient, options: ConnectorOptions<M> = {}) {
    super();
    checkConnectorOptions(options);
    const { layout, readLayouts, valueMetadata, ttlMs, salt = "", lanes = true } = options;
    const metadata = options.metadata ?? (lmcacheMetadata() as NonNullable<ConnectorOptions<M>["metadata"]>);
    const storeOptions = { layout, readLayouts, metadata, valueMetadata };
    this.client = client;
    this.#store = new RecordStore(client, storeOptions);
    this.#resolved = resolveStoreOptions(storeOptions);
    this.#keys = new ConnectorKeys(salt);
    this.#jobs = new ConnectorJobs(client, options);
    this.#walks = new KeyspaceWalks(client, this.#resolved, this.#keys);
    this.#existsSync = new ExistsSync(client, this.#resolved);
    const portionBytes = lanes ? LANE_PORTION_BYTES : client.batchDefaults.options.maxInFlightBytes;
    this.#putOptions = { ttlMs, lane: lanes ? "bulk" : "main", portionBytes };
  }

  /** Connects like `connect()`, whose options may stand beside the connector's own. `close()` then closes the client, too. */
  static async connect<M = LmcacheMetadata>(
    target: Parameters<typeof connect>[0],
    options: ConnectorConnectOptions<M> = {},
  ): Promise<KvConnector<M>> {
    const parts = splitOptions<M>(options);
    checkConnectorOptions(parts.connector);
    const client = await connect(target, parts.client);
    try {
      const connector = new KvConnector<M>(client, parts.connector);
      connector.#ownsClient = true;
      return connector;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** Connects as LMCache's URL, `extra_config` and environment say, see `readConnectorConfig`; `options` win. */
  static async fromConfig<M = LmcacheMetadata>(
    settings: ConnectorSettings = {},
    options: ConnectorConnectOptions<M> = {},
  ): Promise<KvConnector<M>> {
    return KvConnector.#connectConfigured(readConnectorConfig(settings), options);
  }

  /** The same from LMCache's configuration file, see `readLmcacheYaml`. */
  static async fromYaml<M = LmcacheMetadata>(
    file: string | URL,
    options: ConnectorConnectOptions<M> = {},
  ): Promise<KvConnector<M>> {
    return KvConnector.#connectConfigured(await readLmcacheYaml(file), options);
  }

  static async #connectConfigured<M>(
    { target, clientOptions, connectorOptions, ignored }: ConnectorConfig,
    options: ConnectorConnectOptions<M>,
  ): Promise<KvConnector<M>> {
    const given = splitOptions<M>(options);
    const merged = { ...clientOptions, ...connectorOptions, ...given.client, ...given.connector };
    return Object.assign(await KvConnector.connect<M>(target, merged), { ignored });
  }

  /** Whether the record is there and whole. */
  async exists(key: ConnectorKey, options?: CallOptions): Promise<boolean> {
    return (await this.#contains("exists", [key], options)) === 1;
  }

  /**
   * Like `exists`, and blocks this thread for the answer: a worker thread asks over a connection of its own. It is started by the first call. Throws
   * what `exists` would reject with, and ConfigError `UNSUPPORTED_TARGET` where the client's target cannot cross a thread (an ioredis instance).
   */
  existsSync(key: ConnectorKey, options?: { timeoutMs?: number | undefined }): boolean {
    if (this.#closing !== undefined) throw closedError("existsSync");
    checkCallOptions(options);
    const timeoutMs = resolveTimeout(options, this.client.batchDefaults.options);
    return this.#existsSync.ask(this.#keys.toRecordKey(key), timeoutMs);
  }

  /** The record; `null` where there is none, or none that is whole. `into` is the caller's own buffer for its bytes. */
  async get(key: ConnectorKey, { into, ...options }: GetOptions = {}): Promise<KvRecord<M> | null> {
    const places = into === undefined ? {} : { into: [into] };
    return (await this.#read("get", Priority.GET, [key], { ...options, ...places }))[0]!;
  }

  /** Writes one record, see `batchedPut`. */
  put(key: ConnectorKey, object: KvObject<M>, options?: PutOptions): Promise<void> {
    return this.#write("put", [key], [object], options);
  }

  /**
   * Writes records, bytes before metadata, in portions that leave room for others. A failure reaches the caller: BatchError with every outcome. Of
   * objects with one key the last one wins. `bytes` must not change until the call has ended.
   */
  batchedPut(
    keys: readonly ConnectorKey[],
    objects: readonly KvObject<M>[],
    options?: PutOptions,
  ): Promise<void> {
    return this.#write("batchedPut", keys, objects, options);
  }

  /** Records aligned with `keys`, `null` for a miss. */
  batchedGet(keys: readonly ConnectorKey[], options?: GetRecordsOptions): Promise<(KvRecord<M> | null)[]> {
    return this.#read("batchedGet", Priority.GET, keys, options);
  }

  /**
   * The records of the stored prefix: those before the first miss. What is stored behind it is read and dropped, so ask `batchedAsyncContains` first, as
   * LMCache does. `lookupId` is the caller's own.
   */
  async batchedGetNonBlocking(
    _lookupId: string,
    keys: readonly ConnectorKey[],
    options?: GetRecordsOptions,
  ): Promise<KvRecord<M>[]> {
    const records = await this.#read("batchedGetNonBlocking", Priority.PREFETCH, keys, options);
    const gap = records.indexOf(null);
    return (gap === -1 ? records : records.slice(0, gap)) as KvRecord<M>[];
  }

  /** How many of the keys, from the first on, are stored without a gap. */
  batchedContains(keys: readonly ConnectorKey[], options?: CallOptions): Promise<number> {
    return this.#contains("batchedContains", keys, options);
  }

  /** How many of the keys, from the first on, are stored without a gap. `lookupId` is the caller's own. */
  batchedAsyncContains(
    _lookupId: string,
    keys: readonly ConnectorKey[],
    options?: CallOptions,
  ): Promise<number> {
    return this.#contains("batchedAsyncContains", keys, options);
  }

  /** 0 when every primary answers, else what is wrong, see {@link PingCode}. Rejects on abort and bad options only. */
  async ping(options?: CallOptions): Promise<PingCode> {
    checkCallOptions(options);
    if (this.#closing !== undefined) return PingCode.CLOSED;
    return pingPrimaries(this.client, options);
  }

  /** Logical keys of the stored records that begin with `prefix`, on all primaries, each once. */
  async list(prefix: string = "", options?: CallOptions): Promise<string[]> {
    const keys = new Set<string>();
    for await (const key of this.keys(prefix, options)) keys.add(key);
    return [...keys];
  }

  /** Like `list`, a page at a time. A key may come twice while slots move, as with SCAN, and when it is stored in two layouts. */
  keys(prefix: string = "", options?: CallOptions): AsyncGenerator<string, void, undefined> {
    return this.#walks.keys(prefix, options);
  }

  /** Deletes both halves; whether there was anything to delete. */
  async remove(key: ConnectorKey, options?: CallOptions): Promise<boolean> {
    return (await this.#remove("remove", [key], options)) > 0;
  }

  /** Deletes both halves of each; how many keys had anything to delete. */
  batchedRemove(keys: readonly ConnectorKey[], options?: CallOptions): Promise<number> {
    return this.#remove("batchedRemove", keys, options);
  }

  /**
   * Finds halves of pairs whose other half was evicted, and removes them; never half of a record that is being written, see `Sweep`. Takes
   * twice `graceMs` at least. `close()` ends it with `CLIENT_CLOSED`.
   */
  sweep(options?: SweepOptions): Promise<SweepReport> {
    return this.#walks.sweep(options);
  }

  /** What reads met, and the jobs of now. */
  stats(): ConnectorStats {
    return { ...this.#store.stats(), waitingJobs: this.#jobs.waiting, activeJobs: this.#jobs.active };
  }

  /** Resolves when a put is accepted that else would be refused with `QUEUE_OVERFLOW`; for producers that do not await their puts. */
  whenRoom(signal?: AbortSignal): Promise<void> {
    return this.#jobs.whenRoom(signal);
  }

  /** Does what was accepted, refuses what comes later, and closes the client if the connector made it. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #contains(
    what: string,
    keys: readonly ConnectorKey[],
    options: CallOptions | undefined,
  ): Promise<number> {
    checkCallOptions(options);
    const recordKeys = this.#keys.toRecordKeys(keys);
    const work = (rest: CallOptions) => this.#store.prefixLength(recordKeys, rest);
    return this.#jobs.run({ what, priority: Priority.PEEK, itemCount: keys.length, options, work });
  }

  async #read(
    what: string,
    priority: Priority,
    keys: readonly ConnectorKey[],
    options: GetRecordsOptions | undefined,
  ): Promise<(KvRecord<M> | null)[]> {
    checkCallOptions(options, "into");
    const recordKeys = this.#keys.toRecordKeys(keys);
    const work = async (rest: GetRecordsOptions) =>
      this.#keys.unsalt(await this.#store.getMany(recordKeys, rest));
    return this.#jobs.run({ what, priority, itemCount: keys.length, options, work });
  }

  async #write(
    what: string,
    keys: readonly ConnectorKey[],
    objects: readonly KvObject<M>[],
    options: PutOptions | undefined,
  ): Promise<void> {
    checkCallOptions(options, "ttlMs");
    const { ttlMs = this.#putOptions.ttlMs, ...call } = options ?? {};
    if (ttlMs !== undefined && ttlMs !== null) checkTtl(ttlMs);
    const records = joinRecords(this.#keys.toRecordKeys(keys), objects);
    const own = { ...this.#putOptions, ttlMs: ttlMs ?? undefined };
    const work = (rest: CallOptions & { timeoutMs: number }) =>
      putPortions(this.#store, this.#resolved, records, { ...own, ...rest });
    await this.#jobs.run({ what, priority: Priority.PUT, itemCount: keys.length, options: call, work });
  }

  async #remove(
    what: string,
    keys: readonly ConnectorKey[],
    options: CallOptions | undefined,
  ): Promise<number> {
    checkCallOptions(options);
    const recordKeys = this.#keys.toRecordKeys(keys);
    const work = (rest: CallOptions) => this.#store.deleteMany(recordKeys, rest);
    return this.#jobs.run({ what, priority: Priority.PUT, itemCount: keys.length, options, work });
  }

  async #close(): Promise<void> {
    await Promise.all([this.#jobs.close(), this.#walks.close(), this.#existsSync.stop()]);
    if (this.#ownsClient) await this.client.close();
  }
}
