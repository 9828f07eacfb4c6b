import type { Key } from "../bytes/key.ts";
import type { CallResult } from "../cluster/call.ts";
import { type CommandShape, createShape } from "../cluster/command-shape.ts";
import { CountBatch, ValueBatch, WriteBatch } from "../cluster/key-batches.ts";
import type { KeyedBatch, KeyedBatchRequest, ReplyEstimate } from "../cluster/keyed-batch.ts";
import type { CallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { NotAppliedError, type SlotpackError } from "../errors.ts";
import { NameBatch, type NameCommand } from "./name-batch.ts";
import type { RecordLayout, RecordTtl } from "./record-layout.ts";

/** One outcome per record of a split call. */
export interface SplitOutcome<T> {
  readonly values: T[];
  readonly errors: ReadonlyMap<number, SlotpackError>;
  readonly result: CallResult;
}

/** Where the bytes of record `index` may be received. */
export type PlaceOf = (index: number, length: number) => Buffer | undefined;

/**
 * Records whose halves lie in different slots: nearly all of `colon-pair` and `upstream-pair` on a cluster, of `tagged-pair` those whose key is empty or
 * begins with `}`, and pairs of which a migrating slot has moved one half. Every command then holds one name, and what must come after something
 * else waits for its acknowledgement.
 */
export class SplitRecords {
  readonly #client: SlotClient;
  readonly #layout: RecordLayout;
  readonly #estimate: ReplyEstimate = { bytesPerItem: 1024, guessed: true };
  readonly #shapes = new Map<string, CommandShape>();

  constructor(client: SlotClient, layout: RecordLayout) {
    this.#client = client;
    this.#layout = layout;
  }

  /** Both halves of every record: one packed write per node. */
  async read(
    keys: readonly string[],
    placeOf: PlaceOf,
    options: CallOptions | undefined,
  ): Promise<SplitOutcome<[Buffer | null, Buffer | null]>> {
    const batch = new HalvesBatch(this.#request("GET", this.#names(keys), "read", this.#estimate), placeOf);
    const result = await this.#run("getMany", batch, options);
    const values = keys.map((_, i): [Buffer | null, Buffer | null] => [
      batch.values[2 * i] ?? null,
      batch.values[2 * i + 1] ?? null,
    ]);
    return { values, errors: halve(batch.errors), result };
  }

  /** The metadata and the length of the bytes of every record: one packed write per node. */
  async probe(
    keys: readonly string[],
    options: CallOptions | undefined,
  ): Promise<SplitOutcome<[Buffer | null, number]>> {
    const commands = keys.flatMap((key): NameCommand[] => [
      { command: "GET", name: this.#layout.metadataName(key) },
      { command: "STRLEN", name: this.#layout.bytesName(key) },
    ]);
    const batch = new NameBatch(this.#client.batchDefaults, commands, "read");
    const result = await this.#run("containsMany", batch, options);
    const values = keys.map((_, i): [Buffer | null, number] => [
      (batch.replies[2 * i] as Buffer | null | undefined) ?? null,
      (batch.replies[2 * i + 1] as number | undefined) ?? 0,
    ]);
    return { values, errors: halve(batch.errors), result };
  }

  /** Bytes first; metadata of those records only whose bytes were acknowledged. At most two packed writes per node. */
  async write(
    keys: readonly string[],
    [bytes, metadata]: readonly [readonly Uint8Array[], readonly Uint8Array[]],
    ttl: RecordTtl | undefined,
    options: CallOptions | undefined,
  ): Promise<SplitOutcome<undefined>> {
    const began = performance.now();
    const tail = (ms: number | undefined) => (ms === undefined ? [] : ["PX", String(ms)]);
    const first = new WriteBatch({
      ...this.#request("SET", keys.map(this.#layout.bytesName), "repeatable", { bytesPerItem: 5 }, [
        { value: 0 },
        ...tail(ttl?.bytesMs),
      ]),
      columns: [bytes],
    });
    const firstResult = await this.#run("putMany", first, options);
    const errors = new Map(first.errors);
    const stored = keys.flatMap((_, i) => (errors.has(i) ? [] : [i]));
    const values = new Array<undefined>(keys.length);
    if (firstResult.end !== "complete") {
      const why =
        "the call ended before the metadata was sent, so there is no record yet; sending it again is safe";
      const code = firstResult.end === "timeout" ? "TIMEOUT" : "ABORTED";
      for (const i of stored) errors.set(i, new NotAppliedError(code, why, { keyIndex: i }));
    }
    if (firstResult.end !== "complete" || stored.length === 0) return { values, errors, result: firstResult };
    const second = new WriteBatch({
      ...this.#request(
        "SET",
        stored.map((i) => this.#layout.metadataName(keys[i]!)),
        "repeatable",
        { bytesPerItem: 5 },
        [{ value: 0 }, ...tail(ttl?.metadataMs)],
      ),
      columns: [stored.map((i) => metadata[i]!)],
    });
    const timeoutMs = options?.timeoutMs ?? this.#client.batchDefaults.options.timeoutMs;
    const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - began)));
    const result = await this.#run("putMany", second, { ...options, timeoutMs: left });
    for (const [i, error] of second.errors ?? []) errors.set(stored[i]!, errorAt(error, stored[i]!));
    return { values, errors, result };
  }

  /** Which records have their bytes, be they none: STRLEN does not tell an empty value from a missing one. */
  async haveBytes(keys: readonly string[], options: CallOptions | undefined): Promise<SplitOutcome<boolean>> {
    const batch = new CountBatch(
      this.#request("EXISTS", keys.map(this.#layout.bytesName), "read", { bytesPerItem: 4 }),
    );
    const result = await this.#run("containsMany", batch, options);
    return { values: batch.counts.map((count) => count > 0), errors: batch.errors ?? new Map(), result };
  }

  /** How many names of each record were deleted. */
  async remove(keys: readonly string[], options: CallOptions | undefined): Promise<SplitOutcome<number>> {
    const batch = new CountBatch(this.#request("UNLINK", this.#names(keys), "write", { bytesPerItem: 4 }));
    const result = await this.#run("deleteMany", batch, options);
    const values = keys.map((_, i) => (batch.counts[2 * i] ?? 0) + (batch.counts[2 * i + 1] ?? 0));
    return { values, errors: halve(batch.errors), result };
  }

  #names(keys: readonly string[]): string[] {
    return keys.flatMap((key) => [this.#layout.metadataName(key), this.#layout.bytesName(key)]);
  }

  #run(what: string, source: KeyedBatch, options: CallOptions | undefined): Promise<CallResult> {
    return runPart(this.#client, what, source, options);
  }

  #request(
    command: string,
    names: readonly Key[],
    effect: "read" | "repeatable" | "write",
    estimate: ReplyEstimate,
    tail: readonly (string | { readonly value: number })[] = [],
  ): KeyedBatchRequest {
    const { options, kernel } = this.#client.batchDefaults;
    const shape = this.#shape(command, tail);
    return { kernel, shape, keys: names, effect, estimate, gatherFromBytes: options.gatherFromBytes };
  }

  #shape(command: string, tail: readonly (string | { readonly value: number })[]): CommandShape {
    const id = `${command} ${JSON.stringify(tail)}`;
    let shape = this.#shapes.get(id);
    if (shape === undefined) {
      const name = { prefix: this.#client.batchDefaults.options.keyPrefix, suffix: "" };
      shape = createShape([[command, { name }, ...tail]], name);
      // TTLs are the callers' own numbers, and there is no end to them.
      if (this.#shapes.size > 64) this.#shapes.clear();
      this.#shapes.set(id, shape);
    }
    return shape;
  }
}

/** Metadata (even items) and bytes (odd ones), the latter received where the caller wants them. */
class HalvesBatch extends ValueBatch {
  readonly #placeOf: PlaceOf;

  constructor(request: KeyedBatchRequest, placeOf: PlaceOf) {
    super(request);
    this.#placeOf = placeOf;
  }

  place(item: number, _reply: number, _element: number, length: number): Buffer | undefined {
    return item % 2 === 0 ? undefined : this.#placeOf(item >> 1, length);
  }
}

/**
 * Runs a part of a call that has begun. A signal that has fired by now fails the part's items, so that what other parts of the call have is not
 * thrown away.
 */
export async function runPart(
  client: SlotClient,
  what: string,
  source: KeyedBatch,
  options: CallOptions | undefined,
): Promise<CallResult> {
  const { signal } = options ?? {};
  if (signal?.aborted !== true) return client.runSource({ what, source, options, accepted: true });
  for (let item = 0; item < source.itemCount; item++) {
    const place = { keyIndex: item, cause: signal.reason as unknown };
    source.fail(item, new NotAppliedError("ABORTED", "the call was aborted", place));
  }
  return { end: "aborted", reason: signal.reason };
}

/** Errors of names 2i and 2i + 1 as errors of record i. */
function halve(errors: ReadonlyMap<number, SlotpackError> | undefined): Map<number, SlotpackError> {
  return new Map(Array.from(errors ?? [], ([index, error]) => [index >> 1, errorAt(error, index >> 1)]));
}

/** The error of an item of a batch of ours, as the error of the caller's record `index`. */
export function errorAt(error: SlotpackError, index: number): SlotpackError {
  return Object.assign(error, { keyIndex: index });
}
