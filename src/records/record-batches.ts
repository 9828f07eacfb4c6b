import type { Reply } from "../bytes/reply.ts";
import { KeyedBatch, type KeyedBatchRequest } from "../cluster/keyed-batch.ts";
import type { SlotpackError } from "../errors.ts";
import type { KvRecord, RecordFlaw } from "./record.ts";
import type { LayoutKind } from "./record-layout.ts";
import type { Places } from "./record-places.ts";
import type { RecordReader } from "./record-reader.ts";

/** Whole records, `null` for what is none. */
export class RecordReadBatch<M> extends KeyedBatch {
  readonly records: (KvRecord<M> | null)[];
  /** What was found in place of a record; undefined while there is nothing such. */
  flaws: Map<number, RecordFlaw> | undefined;
  readonly #reader: RecordReader<M>;
  readonly #kind: LayoutKind;
  readonly #places: Places | undefined;

  constructor(
    request: KeyedBatchRequest,
    reader: RecordReader<M>,
    kind: LayoutKind,
    places: Places | undefined,
  ) {
    super(request);
    this.records = new Array(this.itemCount);
    this.#reader = reader;
    this.#kind = kind;
    this.#places = places;
  }

  /** The two halves of one record, wherever they were read. */
  takePair(item: number, metadata: Buffer | null, bytes: Buffer | null): void {
    this.#settle(item, this.#reader.pair(this.request.keys[item] as string, metadata, bytes));
  }

  /** What another layout has at `item`, which this one misses. What is wrong with a record here says more than its absence there. */
  adopt(item: number, record: KvRecord<M> | null, flaw: RecordFlaw | undefined): void {
    this.records[item] = record;
    if (record !== null) this.flaws?.delete(item);
    else if (flaw !== undefined && this.flaws?.has(item) !== true) this.#note(item, flaw);
  }

  /** Items without a record and without an error. */
  missing(): number[] {
    const missing: number[] = [];
    for (let item = 0; item < this.itemCount; item++)
      if (this.records[item] === null && this.errors?.has(item) !== true) missing.push(item);
    return missing;
  }

  /** Where the bytes of an item may be received. */
  placeOf(item: number, length: number): Buffer | undefined {
    return this.#places?.find(item, length);
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    const reply = replies[at];
    if (this.#kind === "pair") {
      const halves = reply as (Buffer | null)[];
      this.takePair(item, halves[0]!, halves[1]!);
      return;
    }
    const key = this.request.keys[item] as string;
    const value = reply as Buffer | null;
    this.#settle(
      item,
      this.#kind === "packed" ? this.#reader.packed(key, value) : this.#reader.value(key, value),
    );
  }

  /** The second half of a pair and a value alone may be received where the caller wants them; a packed value holds more than that. */
  place(item: number, _reply: number, element: number, length: number): Buffer | undefined {
    if (this.#kind === "packed" || (this.#kind === "pair" && element !== 1)) return undefined;
    return this.placeOf(item, length);
  }

  #settle(item: number, found: KvRecord<M> | RecordFlaw | null): void {
    if (typeof found === "string") {
      this.records[item] = null;
      this.#note(item, found);
      return;
    }
    this.records[item] = found;
    if (found === null || this.#places === undefined) return;
    try {
      found.bytes = this.#places.settle(item, found.bytes);
    } catch (error) {
      this.fail(item, error as SlotpackError);
    }
  }

  #note(item: number, flaw: RecordFlaw): void {
    this.flaws ??= new Map();
    this.flaws.set(item, flaw);
  }
}

/** Whether each record is whole, without its bytes. */
export class RecordProbeBatch<M> extends KeyedBatch {
  readonly whole: boolean[];
  /** Pairs of no bytes that look whole: STRLEN does not tell an empty value from a missing one. */
  readonly empty: number[] = [];
  readonly #reader: RecordReader<M>;
  readonly #kind: LayoutKind;

  constructor(request: KeyedBatchRequest, reader: RecordReader<M>, kind: LayoutKind) {
    super(request);
    this.whole = new Array(this.itemCount);
    this.#reader = reader;
    this.#kind = kind;
  }

  /** What was found of one pair, wherever it was asked for. */
  takePair(item: number, metadata: Buffer | null, byteLength: number): void {
    const whole = this.#reader.isWholePair(metadata, byteLength);
    this.whole[item] = whole;
    if (whole && byteLength === 0) this.empty.push(item);
  }

  /** Items that are not whole and have no error. */
  missing(): number[] {
    const missing: number[] = [];
    for (let item = 0; item < this.itemCount; item++)
      if (this.whole[item] === false && this.errors?.has(item) !== true) missing.push(item);
    return missing;
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    const [first, second] = [replies[at], replies[at + 1]];
    if (this.#kind === "pair") this.takePair(item, first as Buffer | null, second as number);
    else if (this.#kind === "packed")
      this.whole[item] = this.#reader.isWholePacked(first as Buffer, second as number);
    else
      this.whole[item] =
        second === 1 && this.#reader.isWholeValue(this.request.keys[item] as string, first as number);
  }
}
