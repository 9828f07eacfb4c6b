import type { Reply } from "../bytes/reply.ts";
import { KeyedBatch, type KeyedBatchRequest } from "../cluster/keyed-batch.ts";
import type { SlotpackError } from "../errors.ts";
import type { KvRecord } from "./record.ts";
import type { PlaceList } from "./record-places.ts";
import type { RecordReader } from "./record-reader.ts";

/** Whole records, `null` for what is none. */
export class RecordReadBatch<M> extends KeyedBatch {
  readonly records: (KvRecord<M> | null)[];
  readonly #reader: RecordReader<M>;
  readonly #packed: boolean;
  readonly #places: PlaceList | undefined;

  constructor(
    request: KeyedBatchRequest,
    reader: RecordReader<M>,
    packed: boolean,
    places: PlaceList | undefined,
  ) {
    super(request);
    this.records = new Array(this.itemCount);
    this.#reader = reader;
    this.#packed = packed;
    this.#places = places;
  }

  /** The two halves of one record, wherever they were read. */
  takePair(item: number, metadata: Buffer | null, bytes: Buffer | null): void {
    this.#settle(item, this.#reader.pair(this.request.keys[item] as string, metadata, bytes));
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    const reply = replies[at];
    if (this.#packed) {
      this.#settle(item, this.#reader.packed(this.request.keys[item] as string, reply as Buffer | null));
      return;
    }
    const halves = reply as (Buffer | null)[];
    this.takePair(item, halves[0]!, halves[1]!);
  }

  /** The second half of a pair may be received where the caller wants it; a packed value holds more than that. */
  place(item: number, _reply: number, element: number, length: number): Buffer | undefined {
    return this.#packed || element !== 1 ? undefined : this.#places?.find(item, length);
  }

  #settle(item: number, record: KvRecord<M> | null): void {
    this.records[item] = record;
    if (record === null || this.#places === undefined) return;
    try {
      record.bytes = this.#places.settle(item, record.bytes);
    } catch (error) {
      this.fail(item, error as SlotpackError);
    }
  }
}

/** Whether each record is whole, without its bytes. */
export class RecordProbeBatch<M> extends KeyedBatch {
  readonly whole: boolean[];
  /** Records of no bytes that look whole: STRLEN does not tell an empty value from a missing one. */
  readonly empty: number[] = [];
  readonly #reader: RecordReader<M>;
  readonly #packed: boolean;

  constructor(request: KeyedBatchRequest, reader: RecordReader<M>, packed: boolean) {
    super(request);
    this.whole = new Array(this.itemCount);
    this.#reader = reader;
    this.#packed = packed;
  }

  /** What was found of one pair, wherever it was asked for. */
  takePair(item: number, metadata: Buffer | null, byteLength: number): void {
    const whole = this.#reader.isWholePair(metadata, byteLength);
    this.whole[item] = whole;
    if (whole && byteLength === 0) this.empty.push(item);
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    const length = replies[at + 1] as number;
    if (this.#packed) this.whole[item] = this.#reader.isWholePacked(replies[at] as Buffer, length);
    else this.takePair(item, replies[at] as Buffer | null, length);
  }
}
