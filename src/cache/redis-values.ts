import type { SlotClient } from "../cluster/slot-client.ts";
import { BatchError } from "../errors.ts";
import type { CacheCallOptions, CacheEntry, CacheMetadata, CacheSetOptions } from "./cache-backend.ts";
import { CacheOperationError } from "./cache-error.ts";
import { checkMetadata, resolveTtl } from "./cache-input.ts";
import type { CacheOperation } from "./cache-stats.ts";
import type { ResolvedRedisConfig } from "./redis-config.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { type ReadPlan, RedisEntries, type StoredEntries, type WritePlan } from "./redis-entries.ts";
import type { StatsRecorder } from "./stats-recorder.ts";
import { type Decoded, type DecodedValue, ValueFormat } from "./value-format.ts";

/** What a write says besides keys and values; `staleMs`: the part of the TTL that jitter leaves alone. */
export interface ValueWriteOptions extends CacheSetOptions {
  readonly staleMs?: number | undefined;
  readonly condition?: WritePlan["condition"];
}

/** Values with what they were made of. */
export interface StoredValues<V> extends StoredEntries {
  readonly decoded: readonly (DecodedValue<V> | null)[];
  /** Of a value that is there. Throws CacheOperationError `DECODE_FAILED`. */
  metadataOf(index: number): CacheMetadata | null;
}

/** Values in and out of the servers, measured and counted. Its input has been checked, but for metadata and TTLs. */
export class RedisValues<V> {
  readonly #config: ResolvedRedisConfig<V>;
  readonly #connection: RedisConnection;
  readonly #stats: StatsRecorder;
  readonly #format: ValueFormat<V>;
  readonly #entriesOf = new WeakMap<SlotClient, RedisEntries>();

  constructor(config: ResolvedRedisConfig<V>, connection: RedisConnection, stats: StatsRecorder) {
    this.#config = config;
    this.#connection = connection;
    this.#stats = stats;
    this.#format = new ValueFormat(config.codec, config.compression);
  }

  /** `keepTtl`: whether a hit leaves a sliding TTL alone; `whole`: whether metadata and TTL are read too, which are null and 0 otherwise. */
  async readOne(
    what: string,
    key: string,
    { keepTtl = false, whole = false }: { readonly keepTtl?: boolean; readonly whole?: boolean },
    options: CacheCallOptions | undefined,
  ): Promise<CacheEntry<V> | null> {
    const plan: ReadPlan = { renewMs: keepTtl ? undefined : this.#renewMs, ttls: whole };
    const entry = await this.call("get", what, options, async (entries, limits) => {
      const { values, ttlsMs } = await entries.read(what, [key], plan, limits);
      const [decoded] = await this.#format.decode(values);
      if (decoded instanceof CacheOperationError) throw decoded;
      if (decoded == null) return null;
      const metadata = whole ? this.#format.metadataOf(values[0]!) : null;
      return { value: decoded.value, metadata, ttlMs: ttlsMs[0] ?? 0 };
    });
    if (entry === null) this.#stats.miss();
    else this.#stats.hit();
    return entry;
  }

  /** The hits, in the order of `keys`, which is the caller's own array. */
  async readMany(keys: readonly string[], options: CacheCallOptions | undefined): Promise<Map<string, V>> {
    const asked = keys.slice();
    const decoded = await this.call("get", "getMany", options, async (entries, limits) => {
      const { values } = await this.#read("getMany", entries, asked, { renewMs: this.#renewMs }, limits);
      return requireDecoded("getMany", await this.#format.decode(values));
    });
    const found = new Map<string, V>();
    let hits = 0;
    decoded.forEach((entry, i) => {
      if (entry === null) return;
      hits++;
      found.set(asked[i]!, entry.value);
    });
    this.#stats.hit(hits);
    this.#stats.miss(asked.length - hits);
    return found;
  }

  /** At the index of the keys. */
  async readStored(
    what: string,
    keys: readonly string[],
    options: CacheCallOptions | undefined,
  ): Promise<StoredValues<V>> {
    const found = await this.call("get", what, options, async (entries, limits) => {
      const { values, ttlsMs } = await this.#read(what, entries, keys, { ttls: true }, limits);
      const decoded = requireDecoded(what, await this.#format.decode(values));
      return { values, ttlsMs, decoded, metadataOf: (i: number) => this.#format.metadataOf(values[i]!) };
    });
    const hits = found.decoded.filter((entry) => entry !== null).length;
    this.#stats.hit(hits);
    this.#stats.miss(keys.length - hits);
    return found;
  }

  /** How many were set. Throws ConfigError `BAD_METADATA` or `BAD_TTL`. */
  async write(
    what: string,
    keys: readonly string[],
    values: readonly V[],
    { ttlMs: given, staleMs = 0, condition, metadata, signal, timeoutMs }: ValueWriteOptions,
  ): Promise<number> {
    checkMetadata(metadata);
    const ttlMs = this.#spread(resolveTtl(given, this.#config.ttlMs), staleMs, keys.length);
    const done = await this.call("set", what, { signal, timeoutMs }, async (entries, limits) => {
      const stored = await this.#format.encode(values, metadata);
      return entries.write(what, keys, stored, { ttlMs, condition }, limits);
    });
    const count = done.filter(Boolean).length;
    this.#stats.set(count);
    return count;
  }

  /** How many there were. */
  async remove(
    what: string,
    keys: readonly string[],
    options: CacheCallOptions | undefined,
  ): Promise<number> {
    const counts = await this.call("delete", what, options, (entries, limits) =>
      entries.remove(what, keys, limits),
    );
    const removed = counts.filter((count) => count === 1).length;
    this.#stats.delete(removed);
    return removed;
  }

  copier(value: V): () => V {
    return this.#format.copier(value);
  }

  /** One measured call of the backend. */
  call<T>(
    operation: CacheOperation,
    what: string,
    options: CacheCallOptions | undefined,
    work: (entries: RedisEntries, limits: CacheCallOptions) => Promise<T>,
  ): Promise<T> {
    return this.#stats.timed(operation, () =>
      this.#connection.use(what, (client) => work(this.#entries(client), this.limits(options))),
    );
  }

  /** A call's options for the client. */
  limits({ signal, timeoutMs = this.#config.timeoutMs }: CacheCallOptions = {}): CacheCallOptions {
    return { signal, timeoutMs };
  }

  /** Where some of it fails, the error's results hold values, as they do where one cannot be decoded. */
  async #read(
    what: string,
    entries: RedisEntries,
    keys: readonly string[],
    plan: ReadPlan,
    limits: CacheCallOptions,
  ): Promise<StoredEntries> {
    try {
      return await entries.read(what, keys, plan, limits);
    } catch (error) {
      if (error instanceof BatchError) {
        const { results } = error as BatchError<Uint8Array | null>;
        const stored = results.map((result) => (result.status === "fulfilled" ? result.value : null));
        const decoded = await this.#format.decode(stored);
        decoded.forEach((entry, i) => {
          if (results[i]!.status === "fulfilled") error.results[i] = outcomeOf(entry);
        });
      }
      throw error;
    }
  }

  get #renewMs(): number | undefined {
    return this.#config.slidingTtl ? this.#config.ttlMs! : undefined;
  }

  #spread(ttlMs: number | null, staleMs: number, count: number): number | readonly number[] | null {
    const { ttlJitter } = this.#config;
    if (ttlMs === null || ttlJitter === 0) return ttlMs;
    const freshMs = ttlMs - staleMs;
    return Array.from({ length: count }, () =>
      Math.max(1, Math.round(staleMs + freshMs * (1 - ttlJitter * Math.random()))),
    );
  }

  #entries(client: SlotClient): RedisEntries {
    let entries = this.#entriesOf.get(client);
    if (entries === undefined) {
      entries = new RedisEntries(client, this.#config.keyPrefix);
      this.#entriesOf.set(client, entries);
    }
    return entries;
  }
}

/** Throws a CacheOperationError whose cause holds every outcome where one of the values could not be decoded. */
function requireDecoded<V>(
  what: string,
  decoded: readonly (Decoded<V> | null)[],
): (DecodedValue<V> | null)[] {
  const failed = decoded.filter((entry) => entry instanceof CacheOperationError);
  const [first] = failed;
  if (first === undefined) return decoded as (DecodedValue<V> | null)[];
  const results = decoded.map(outcomeOf);
  const message = `${what}: ${failed.length} of ${decoded.length} values could not be decoded, the first: ${first.message}`;
  const { code, keyIndex } = first;
  const cause = new BatchError(code, message, results, { keyIndex, cause: first });
  throw new CacheOperationError(code, message, { keyIndex, cause });
}

function outcomeOf<V>(entry: Decoded<V> | null): PromiseSettledResult<V | null> {
  if (entry instanceof CacheOperationError) return { status: "rejected", reason: entry };
  return { status: "fulfilled", value: entry === null ? null : entry.value };
}
