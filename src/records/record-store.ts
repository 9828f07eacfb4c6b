import { type CallResult, throwUnlessComplete } from "../cluster/call.ts";
import type { CommandShape } from "../cluster/command-shape.ts";
import { CountBatch, WriteBatch } from "../cluster/key-batches.ts";
import type { KeyedBatch, KeyedBatchRequest, ReplyEstimate } from "../cluster/keyed-batch.ts";
import { type CallOptions, checkCallOptions, checkTtl, resolveTimeout } from "../cluster/options.ts";
import type { SetOptions, SlotClient } from "../cluster/slot-client.ts";
import { ConfigError } from "../errors.ts";
import type { MetadataCodec } from "./metadata-codec.ts";
import { msgpackMetadata } from "./msgpack-metadata.ts";
import type { KvRecord, RecordStats } from "./record.ts";
import { RecordProbeBatch, RecordReadBatch } from "./record-batches.ts";
import { checkRecordKeys, encodeRecords } from "./record-columns.ts";
import { createLayout, type LayoutName, type RecordLayout, type RecordTtl } from "./record-layout.ts";
import { PlaceList, type RecordPlaces } from "./record-places.ts";
import { RecordReader } from "./record-reader.ts";
import { errorAt, type SplitOutcome, SplitRecords } from "./split-records.ts";

export interface RecordStoreOptions<M> {
  /** How a record is laid out in keys. Default `tagged-pair`: `{key}:metadata` and `{key}:kv_bytes`. */
  layout?: LayoutName | undefined;
  /** How metadata is encoded. Default `msgpackMetadata()`. */
  metadata?: MetadataCodec<M> | undefined;
}

export interface GetRecordsOptions extends CallOptions {
  /** The caller's own buffers for the bytes. What they hold where a record is a miss is undefined. */
  into?: RecordPlaces | undefined;
}

/** TRYAGAINs of a pair whose halves a migrating slot holds apart, before its names are asked for one by one. */
const TRYAGAIN_LIMIT = 2;

/** Records (metadata and bytes under one key) in batches, over any client. Results stand at the caller's index. */
export class RecordStore<M = unknown> {
  readonly #client: SlotClient;
  readonly #layout: RecordLayout;
  readonly #codec: MetadataCodec<M>;
  readonly #reader: RecordReader<M>;
  readonly #split: SplitRecords;
  readonly #readEstimate: ReplyEstimate = { bytesPerItem: 2048 };
  readonly #write: CommandShape;

  /** Throws ConfigError `UNKNOWN_OPTION`, `UNKNOWN_LAYOUT` or `BAD_OPTION`. */
  constructor(client: SlotClient, options: RecordStoreOptions<M> = {}) {
    for (const name of Object.keys(options)) {
      if (name !== "layout" && name !== "metadata") {
        throw new ConfigError(
          "UNKNOWN_OPTION",
          `unknown option "${name}"; the options are layout, metadata`,
          { option: name },
        );
      }
    }
    const { layout = "tagged-pair", metadata = msgpackMetadata<M>() } = options;
    if (typeof metadata?.encode !== "function" || typeof metadata.decode !== "function") {
      throw new ConfigError("BAD_OPTION", "metadata: expected a codec such as msgpackMetadata()", {
        option: "metadata",
      });
    }
    this.#client = client;
    this.#codec = metadata;
    this.#layout = createLayout(layout, client.batchDefaults.options.keyPrefix);
    this.#reader = new RecordReader(metadata);
    this.#split = new SplitRecords(client, this.#layout);
    this.#write = this.#layout.write(undefined);
  }

  /** Records in the order of `keys`; `null` where there is none, or none that is whole. */
  async getMany(keys: readonly string[], options?: GetRecordsOptions): Promise<(KvRecord<M> | null)[]> {
    checkCallOptions(options, "into");
    return this.#client.accept("getMany", async () => {
      checkRecordKeys(keys);
      const places = options?.into === undefined ? undefined : new PlaceList(options.into);
      const request = this.#request(this.#layout.read, keys, "read", this.#readEstimate);
      const batch = new RecordReadBatch(request, this.#reader, this.#layout.packed, places);
      const result = await this.#run("getMany", batch, options, {
        apart: (indexes, rest) => this.#split.read(pick(keys, indexes), rest),
        take: (item, [metadata, bytes]) => batch.takePair(item, metadata, bytes),
      });
      throwUnlessComplete("getMany", result, batch.errors, () =>
        batch.settled((item) => batch.records[item]!),
      );
      return batch.records;
    });
  }

  /**
   * Writes records, bytes before metadata. `bytes` are sent from the caller's buffers, which must not change until the call has ended. A TTL
   * holds for both halves; the bytes' own is longer by the call's deadline, so that metadata never outlives them.
   */
  async putMany(records: readonly KvRecord<M>[], options?: SetOptions): Promise<void> {
    checkCallOptions(options, "ttlMs");
    return this.#client.accept("putMany", async () => {
      const ttl = this.#ttl(options);
      const { keys, values } = encodeRecords(records, this.#codec, this.#layout.packed);
      const [bytes, metadata] = values;
      const shape = ttl === undefined ? this.#write : this.#layout.write(ttl);
      const estimate = { bytesPerItem: 5 * shape.commandCount };
      const batch = new WriteBatch({
        ...this.#request(shape, keys, "repeatable", estimate),
        columns: values,
      });
      const result = await this.#run("putMany", batch, options, {
        apart: (indexes, rest) =>
          this.#split.write(pick(keys, indexes), [pick(bytes, indexes), pick(metadata, indexes)], ttl, rest),
        take() {},
      });
      throwUnlessComplete("putMany", result, batch.errors, () => batch.settled(() => undefined));
    });
  }

  /** Whether each record is there and whole: its metadata tells the length that its bytes have. Reads no bytes. */
  async containsMany(keys: readonly string[], options?: CallOptions): Promise<boolean[]> {
    checkCallOptions(options);
    return this.#client.accept("containsMany", async () => {
      checkRecordKeys(keys);
      const began = performance.now();
      const request = this.#request(this.#layout.probe, keys, "read", { bytesPerItem: 48 });
      const batch = new RecordProbeBatch(request, this.#reader, this.#layout.packed);
      const settled = () => batch.settled((item) => batch.whole[item]!);
      const result = await this.#run("containsMany", batch, options, {
        apart: (indexes, rest) => this.#split.probe(pick(keys, indexes), rest),
        take: (item, [metadata, byteLength]) => batch.takePair(item, metadata, byteLength),
      });
      throwUnlessComplete("containsMany", result, batch.errors, settled);
      if (batch.empty.length > 0) {
        const outcome = await this.#split.haveBytes(pick(keys, batch.empty), this.#rest(options, began));
        merge(batch, batch.empty, outcome, (item, there) => {
          batch.whole[item] = there;
        });
        throwUnlessComplete("containsMany", outcome.result, batch.errors, settled);
      }
      return batch.whole;
    });
  }

  /** How many of the keys, from the first on, are stored without a gap. */
  async prefixLength(keys: readonly string[], options?: CallOptions): Promise<number> {
    const whole = await this.containsMany(keys, options);
    const gap = whole.indexOf(false);
    return gap === -1 ? whole.length : gap;
  }

  /** Deletes both halves; how many of the keys had anything to delete. */
  async deleteMany(keys: readonly string[], options?: CallOptions): Promise<number> {
    checkCallOptions(options);
    return this.#client.accept("deleteMany", async () => {
      checkRecordKeys(keys);
      const batch = new CountBatch(this.#request(this.#layout.remove, keys, "write", { bytesPerItem: 4 }));
      const result = await this.#run("deleteMany", batch, options, {
        apart: (indexes, rest) => this.#split.remove(pick(keys, indexes), rest),
        take: (item, count) => {
          batch.counts[item] = count;
        },
      });
      throwUnlessComplete("deleteMany", result, batch.errors, () =>
        batch.settled((item) => batch.counts[item]!),
      );
      return batch.counts.filter((count) => count > 0).length;
    });
  }

  /** What this store's reads met; a copy. */
  stats(): RecordStats {
    return { ...this.#reader.stats };
  }

  /** Runs a batch whose items hold both names of a record; those whose names lie apart are done name by name. */
  async #run<T>(
    what: string,
    batch: KeyedBatch,
    options: CallOptions | undefined,
    split: SplitRun<T>,
  ): Promise<CallResult> {
    const began = performance.now();
    let apart: number[];
    if (await this.#mustSplit(batch.request.keys as readonly string[], options)) {
      apart = Array.from({ length: batch.itemCount }, (_, item) => item);
    } else {
      const result = await this.#client.runSource({ what, source: batch, options, accepted: true });
      apart = takeApart(batch, result);
      if (apart.length === 0) return result;
    }
    const outcome = await split.apart(apart, this.#rest(options, began));
    merge(batch, apart, outcome, split.take);
    return outcome.result;
  }

  #ttl(options: SetOptions | undefined): RecordTtl | undefined {
    if (options?.ttlMs === undefined) return undefined;
    const metadataMs = checkTtl(options.ttlMs);
    return { metadataMs, bytesMs: metadataMs + resolveTimeout(options, this.#client.batchDefaults.options) };
  }

  /** The same options for a second part of a call that began then: one deadline for both. */
  #rest<O extends CallOptions>(options: O | undefined, began: number): O {
    const timeoutMs = resolveTimeout(options, this.#client.batchDefaults.options);
    const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - began)));
    return { ...options, timeoutMs: left } as O;
  }

  async #mustSplit(keys: readonly string[], options: CallOptions | undefined): Promise<boolean> {
    if (this.#layout.packed || keys.every(this.#layout.colocated)) return false;
    return this.#client.isCluster(options);
  }

  #request(
    shape: CommandShape,
    keys: readonly string[],
    effect: "read" | "repeatable" | "write",
    estimate: ReplyEstimate,
  ): KeyedBatchRequest {
    const { options, kernel } = this.#client.batchDefaults;
    const { gatherFromBytes } = options;
    const tryAgainLimit = this.#layout.packed ? undefined : TRYAGAIN_LIMIT;
    return { kernel, shape, keys, effect, estimate, gatherFromBytes, tryAgainLimit };
  }
}

/** How the records at `indexes` are done when their two names lie apart, and what becomes of the outcome of one. */
interface SplitRun<T> {
  apart(indexes: readonly number[], rest: CallOptions): Promise<SplitOutcome<T>>;
  take(item: number, value: T): void;
}

/** Items that a migrating slot holds apart; they are no longer failed. */
function takeApart(batch: KeyedBatch, { end }: CallResult): number[] {
  if (batch.errors === undefined || end !== "complete") return [];
  const apart = [...batch.errors].filter(([, { code }]) => code === "TRYAGAIN").map(([index]) => index);
  for (const index of apart) batch.errors.delete(index);
  if (batch.errors.size === 0) batch.errors = undefined;
  return apart;
}

function merge<T>(
  batch: KeyedBatch,
  items: readonly number[],
  outcome: SplitOutcome<T>,
  take: (item: number, value: T) => void,
): void {
  for (let i = 0; i < items.length; i++) {
    const error = outcome.errors.get(i);
    if (error === undefined) take(items[i]!, outcome.values[i]!);
    else batch.fail(items[i]!, errorAt(error, items[i]!));
  }
}

function pick<T>(list: readonly T[], indexes: readonly number[]): T[] {
  return indexes.map((i) => list[i]!);
}
