import { type CallResult, checkSignal, throwUnlessComplete } from "../cluster/call.ts";
import type { KeyedBatch } from "../cluster/keyed-batch.ts";
import { type CallOptions, checkCallOptions, checkTtl, resolveTimeout } from "../cluster/options.ts";
import type { SetOptions, SlotClient } from "../cluster/slot-client.ts";
import { createLayout } from "./layout-choice.ts";
import { LayoutRecords, pick } from "./layout-records.ts";
import { OrphanExpiry } from "./orphan-expiry.ts";
import type { KvRecord, RecordStats } from "./record.ts";
import type { RecordReadBatch } from "./record-batches.ts";
import { checkRecordKeys, encodeRecords, type RecordEncoding } from "./record-columns.ts";
import type { RecordTtl } from "./record-layout.ts";
import { PlaceList, type RecordPlaces } from "./record-places.ts";
import { RecordReader } from "./record-reader.ts";
import { type RecordStoreOptions, resolveStoreOptions } from "./record-store-options.ts";
import { errorAt } from "./split-records.ts";

export type { RecordStoreOptions };

export interface GetRecordsOptions extends CallOptions {
  /** The caller's own buffers for the bytes. What they hold where a record is a miss is undefined. */
  into?: RecordPlaces | undefined;
}

/** Records (metadata and bytes under one key) in batches, over any client. Results stand at the caller's index. */
export class RecordStore<M = unknown> {
  readonly #client: SlotClient;
  readonly #own: LayoutRecords<M>;
  /** Where reads look for what the store's own layout misses, in this order. */
  readonly #others: readonly LayoutRecords<M>[];
  readonly #encoding: RecordEncoding<M>;
  readonly #orphans: OrphanExpiry | undefined;
  readonly #stats: RecordStats = { hits: 0, misses: 0, halves: 0, mismatches: 0 };

  /** Throws ConfigError `UNKNOWN_OPTION`, `UNKNOWN_LAYOUT` or `BAD_OPTION`. */
  constructor(client: SlotClient, options: RecordStoreOptions<M> = {}) {
    const { layout, others, codec, valueMetadata } = resolveStoreOptions(options);
    const { keyPrefix } = client.batchDefaults.options;
    const reader = new RecordReader(codec, valueMetadata);
    const [own, ...rest] = [layout, ...others].map(
      (name) => new LayoutRecords(client, createLayout(name, keyPrefix), reader),
    );
    this.#client = client;
    this.#own = own!;
    this.#others = rest;
    this.#encoding = { codec, kind: own!.layout.kind, valueMetadata };
    const upstream = [own!, ...rest].find((records) => records.layout.name === "upstream-pair")?.layout;
    this.#orphans = upstream === undefined ? undefined : new OrphanExpiry(client, upstream, codec);
  }

  /**
   * Records in the order of `keys`; `null` where there is none, or none that is whole. Metadata of an `upstream-pair` whose bytes are gone is given
   * a minute to live, as LMCache deletes it on reading.
   */
  async getMany(keys: readonly string[], options?: GetRecordsOptions): Promise<(KvRecord<M> | null)[]> {
    checkCallOptions(options, "into");
    checkRecordKeys(keys);
    const work = async () => {
      checkSignal("getMany", options, keys.length);
      const places = options?.into === undefined ? undefined : new PlaceList(options.into);
      const began = performance.now();
      const { batch, result } = await this.#own.read(keys, places, options);
      this.#expireOrphans(this.#own, batch);
      const end = await this.#lookFurther(batch, result, async (records, items) => {
        const wanted = pick(batch.request.keys as readonly string[], items);
        const found = await records.read(wanted, places?.of(items), records.rest(options, began));
        this.#expireOrphans(records, found.batch);
        for (const [i, item] of items.entries())
          if (found.batch.errors?.has(i) !== true)
            batch.adopt(item, found.batch.records[i]!, found.batch.flaws?.get(i));
        return found;
      });
      this.#count(batch);
      throwUnlessComplete("getMany", end, batch.errors, () => batch.settled((item) => batch.records[item]!));
      return batch.records;
    };
    return this.#client.accept("getMany", work, traced(keys, options));
  }

  /**
   * Writes records, bytes before metadata. `bytes` are sent from the caller's buffers, which must not change until the call has ended. A TTL
   * holds for both halves; the bytes' own is longer by the call's deadline, so that metadata never outlives them.
   */
  async putMany(records: readonly KvRecord<M>[], options?: SetOptions): Promise<void> {
    checkCallOptions(options, "ttlMs");
    const ttl = this.#ttl(options);
    const columns = encodeRecords(records, this.#encoding);
    const work = async () => {
      checkSignal("putMany", options, columns.keys.length);
      const { batch, result } = await this.#own.write(columns, ttl, options);
      throwUnlessComplete("putMany", result, batch.errors, () => batch.settled(() => undefined));
    };
    return this.#client.accept("putMany", work, traced(columns.keys, options));
  }

  /** Whether each record is there and whole: its metadata tells the length that its bytes have. Reads no bytes. */
  async containsMany(keys: readonly string[], options?: CallOptions): Promise<boolean[]> {
    checkCallOptions(options);
    checkRecordKeys(keys);
    const work = async () => {
      checkSignal("containsMany", options, keys.length);
      const began = performance.now();
      const { batch, result } = await this.#own.probe(keys, options);
      const end = await this.#lookFurther(batch, result, async (records, items) => {
        const wanted = pick(batch.request.keys as readonly string[], items);
        const found = await records.probe(wanted, records.rest(options, began));
        for (const [i, item] of items.entries()) if (found.batch.whole[i] === true) batch.whole[item] = true;
        return found;
      });
      throwUnlessComplete("containsMany", end, batch.errors, () =>
        batch.settled((item) => batch.whole[item]!),
      );
      return batch.whole;
    };
    return this.#client.accept("containsMany", work, traced(keys, options));
  }

  /** How many of the keys, from the first on, are stored without a gap. */
  async prefixLength(keys: readonly string[], options?: CallOptions): Promise<number> {
    const whole = await this.containsMany(keys, options);
    const gap = whole.indexOf(false);
    return gap === -1 ? whole.length : gap;
  }

  /**
   * Deletes both halves, in `readLayouts` too, except in `value-only`, where any string of that name would go; how many of the keys had anything
   * to delete.
   */
  async deleteMany(keys: readonly string[], options?: CallOptions): Promise<number> {
    checkCallOptions(options);
    checkRecordKeys(keys);
    const work = async () => {
      checkSignal("deleteMany", options, keys.length);
      const others = this.#others.filter(({ layout }) => layout.kind !== "value");
      const all = [this.#own, ...others];
      const [first, ...rest] = await Promise.all(all.map((records) => records.remove(keys, options)));
      const { batch } = first!;
      let { result } = first!;
      for (const other of rest) {
        for (let item = 0; item < batch.itemCount; item++) {
          const error = other.batch.errors?.get(item);
          if (error !== undefined) batch.fail(item, error);
          else if (other.batch.counts[item]! > 0) batch.counts[item] = 1;
        }
        if (other.result.end !== "complete") result = other.result;
      }
      throwUnlessComplete("deleteMany", result, batch.errors, () =>
        batch.settled((item) => batch.counts[item]!),
      );
      return batch.counts.filter((count) => count > 0).length;
    };
    return this.#client.accept("deleteMany", work, traced(keys, options));
  }

  /** What this store's reads met; a copy. */
  stats(): RecordStats {
    return { ...this.#stats };
  }

  /** Asks the other layouts for the items that are missing still; an error in one of them is the item's outcome, and no miss. */
  async #lookFurther(
    batch: KeyedBatch & { missing(): number[] },
    first: CallResult,
    look: (
      records: LayoutRecords<M>,
      items: readonly number[],
    ) => Promise<{ readonly batch: KeyedBatch; readonly result: CallResult }>,
  ): Promise<CallResult> {
    let end = first;
    for (const records of this.#others) {
      const items = end.end === "complete" ? batch.missing() : [];
      if (items.length === 0) return end;
      const found = await look(records, items);
      for (const [i, error] of found.batch.errors ?? []) batch.fail(items[i]!, errorAt(error, items[i]!));
      end = found.result;
    }
    return end;
  }

  #expireOrphans({ layout }: LayoutRecords<M>, batch: RecordReadBatch<M>): void {
    if (this.#orphans === undefined || layout.name !== "upstream-pair" || batch.flaws === undefined) return;
    const keys = batch.request.keys as readonly string[];
    const found = [...batch.flaws].flatMap(([item, flaw]) => (flaw === "metadata-only" ? [keys[item]!] : []));
    this.#orphans.start(found);
  }

  #count({ records, flaws, errors }: RecordReadBatch<M>): void {
    const stats = this.#stats;
    for (let item = 0; item < records.length; item++) {
      const record = records[item];
      if (record === undefined || (record === null && errors?.has(item) === true)) continue;
      const flaw = record === null ? flaws?.get(item) : undefined;
      if (record !== null) stats.hits++;
      else if (flaw === undefined) stats.misses++;
      else if (flaw === "mismatch") stats.mismatches++;
      else stats.halves++;
    }
  }

  #ttl(options: SetOptions | undefined): RecordTtl | undefined {
    if (options?.ttlMs === undefined) return undefined;
    const metadataMs = checkTtl(options.ttlMs);
    return { metadataMs, bytesMs: metadataMs + resolveTimeout(options, this.#client.batchDefaults.options) };
  }
}

function traced(keys: readonly string[], options: CallOptions | undefined) {
  return { itemCount: keys.length, options, keys: () => [...keys] };
}
