import type { Reply } from "../bytes/reply.ts";
import { countMisses } from "./batch-outcomes.ts";
import { KeyedBatch, type KeyedBatchRequest } from "./keyed-batch.ts";

/** GET: a value or `null` per key. */
export class ValueBatch extends KeyedBatch {
  readonly values: (Buffer | null)[];

  constructor(request: KeyedBatchRequest) {
    super(request);
    this.values = new Array(this.itemCount);
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    this.values[item] = replies[at] as Buffer | null;
  }

  missCount(): number {
    return countMisses(this.values);
  }
}

/** EXISTS, DEL, UNLINK, TOUCH, PEXPIRE: 0 or 1 per key. */
export class CountBatch extends KeyedBatch {
  readonly counts: number[];
  total: number = 0;

  constructor(request: KeyedBatchRequest) {
    super(request);
    this.counts = new Array(this.itemCount);
  }

  protected override take(item: number, replies: readonly Reply[], at: number): void {
    const count = replies[at] as number;
    this.counts[item] = count;
    this.total += count;
  }
}

/** SET: nothing but that it happened. */
export class WriteBatch extends KeyedBatch {
  protected override take(): void {}
}
