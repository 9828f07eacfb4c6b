import type { CallResult } from "../cluster/call.ts";
import type { CommandShape } from "../cluster/command-shape.ts";
import { CountBatch, WriteBatch } from "../cluster/key-batches.ts";
import type { KeyedBatch, KeyedBatchRequest, ReplyEstimate } from "../cluster/keyed-batch.ts";
import { type CallOptions, resolveTimeout } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { RecordProbeBatch, RecordReadBatch } from "./record-batches.ts";
import type { RecordColumns } from "./record-columns.ts";
import type { RecordLayout, RecordTtl } from "./record-layout.ts";
import type { Places } from "./record-places.ts";
import type { RecordReader } from "./record-reader.ts";
import { errorAt, runPart, type SplitOutcome, SplitRecords } from "./split-records.ts";

/** TRYAGAINs of a pair whose halves a migrating slot holds apart, before its names are asked for one by one. */
const TRYAGAIN_LIMIT = 2;

/** A batch that has come to its end; it holds the outcomes of its items. */
export interface LayoutOutcome<B extends KeyedBatch> {
  readonly batch: B;
  readonly result: CallResult;
}

/** Records in one layout: its names, in whichever slots they lie. The calls in it are part of work that the client has accepted. */
export class LayoutRecords<M> {
  readonly layout: RecordLayout;
  readonly #client: SlotClient;
  readonly #reader: RecordReader<M>;
  readonly #split: SplitRecords;
  readonly #readEstimate: ReplyEstimate = { bytesPerItem: 2048, guessed: true };
  readonly #write: CommandShape;

  constructor(client: SlotClient, layout: RecordLayout, reader: RecordReader<M>) {
    this.layout = layout;
    this.#client = client;
    this.#reader = reader;
    this.#split = new SplitRecords(client, layout);
    this.#write = layout.write(undefined);
  }

  async read(
    keys: readonly string[],
    places: Places | undefined,
    options: CallOptions | undefined,
  ): Promise<LayoutOutcome<RecordReadBatch<M>>> {
    const { read, kind } = this.layout;
    const request = this.#request(read, keys, "read", this.#readEstimate);
    const batch = new RecordReadBatch(request, this.#reader, kind, places);
    const result = await this.#run("getMany", batch, options, {
      apart: (items, rest) =>
        this.#split.read(pick(keys, items), (i, length) => batch.placeOf(items[i]!, length), rest),
      take: (item, [metadata, bytes]) => batch.takePair(item, metadata, bytes),
    });
    return { batch, result };
  }

  async write(
    { keys, bytes, metadata, values }: RecordColumns,
    ttl: RecordTtl | undefined,
    options: CallOptions | undefined,
  ): Promise<LayoutOutcome<WriteBatch>> {
    const shape = ttl === undefined ? this.#write : this.layout.write(ttl);
    const estimate = { bytesPerItem: 5 * shape.commandCount };
    const batch = new WriteBatch({ ...this.#request(shape, keys, "repeatable", estimate), columns: values });
    const result = await this.#run("putMany", batch, options, {
      apart: (items, rest) =>
        this.#split.write(pick(keys, items), [pick(bytes, items), pick(metadata, items)], ttl, rest),
      take() {},
    });
    return { batch, result };
  }

  /** Whether records are whole; pairs that look whole and have no bytes take a second packed write. */
  async probe(
    keys: readonly string[],
    options: CallOptions | undefined,
  ): Promise<LayoutOutcome<RecordProbeBatch<M>>> {
    const began = performance.now();
    const { probe, kind } = this.layout;
    const batch = new RecordProbeBatch(
      this.#request(probe, keys, "read", { bytesPerItem: 48 }),
      this.#reader,
      kind,
    );
    const result = await this.#run("containsMany", batch, options, {
      apart: (items, rest) => this.#split.probe(pick(keys, items), rest),
      take: (item, [metadata, byteLength]) => batch.takePair(item, metadata, byteLength),
    });
    if (result.end !== "complete" || batch.empty.length === 0) return { batch, result };
    const outcome = await this.#split.haveBytes(pick(keys, batch.empty), this.rest(options, began));
    merge(batch, batch.empty, outcome, (item, there) => {
      batch.whole[item] = there;
    });
    return { batch, result: outcome.result };
  }

  async remove(
    keys: readonly string[],
    options: CallOptions | undefined,
  ): Promise<LayoutOutcome<CountBatch>> {
    const batch = new CountBatch(this.#request(this.layout.remove, keys, "write", { bytesPerItem: 4 }));
    const result = await this.#run("deleteMany", batch, options, {
      apart: (items, rest) => this.#split.remove(pick(keys, items), rest),
      take: (item, count) => {
        batch.counts[item] = count;
      },
    });
    return { batch, result };
  }

  /** The same options for a later part of a call that began then: one deadline for all. */
  rest(options: CallOptions | undefined, began: number): CallOptions {
    const timeoutMs = resolveTimeout(options, this.#client.batchDefaults.options);
    const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - began)));
    return { ...options, timeoutMs: left };
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
      const result = await runPart(this.#client, what, batch, options);
      apart = takeApart(batch, result);
      if (apart.length === 0) return result;
    }
    const outcome = await split.apart(apart, this.rest(options, began));
    merge(batch, apart, outcome, split.take);
    return outcome.result;
  }

  async #mustSplit(keys: readonly string[], options: CallOptions | undefined): Promise<boolean> {
    if (this.layout.kind !== "pair" || keys.every(this.layout.colocated)) return false;
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
    const tryAgainLimit = this.layout.kind === "pair" ? TRYAGAIN_LIMIT : undefined;
    return { kernel, shape, keys, effect, estimate, gatherFromBytes, tryAgainLimit };
  }
}

/** How the records at `items` are done when their two names lie apart, and what becomes of the outcome of one. */
interface SplitRun<T> {
  apart(items: readonly number[], rest: CallOptions): Promise<SplitOutcome<T>>;
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

export function pick<T>(list: readonly T[], indexes: readonly number[]): T[] {
  return indexes.map((i) => list[i]!);
}
