import { randomFillSync } from "node:crypto";
import type { KvRecord, RecordStore } from "../../src/index.ts";

export interface TrafficShape {
  /** Bytes of one record. */
  readonly recordBytes: number;
  /** Records in one `putMany` or `getMany`. */
  readonly batch: number;
  /** Calls in flight at any time. */
  readonly calls: number;
  /** Bytes that go through `putMany`, and again through `getMany`. */
  readonly bytesEachWay: number;
  /** Read into buffers of the caller's own. */
  readonly into: boolean;
}

export interface TrafficTally {
  putBytes: number;
  gotBytes: number;
  readonly elapsedMs: number;
}

interface Stamp {
  /** Which of the sources the record was written from. */
  source: number;
}

/** Batches of keys that every caller takes in turn: 4 × 16 records of 1 MB keep three servers below 0.1 GB together. */
const SETS_PER_CALL = 2;

/**
 * Writes and reads records of random bytes, `calls` of them at a time, and compares every byte that comes back. What the
 * callers themselves need (the bytes to write, the buffers to read into) is allocated once, in the constructor.
 */
export class RecordTraffic {
  readonly #shape: TrafficShape;
  readonly #sources: readonly Uint8Array[];
  readonly #places: readonly (readonly Uint8Array[])[];

  constructor(shape: TrafficShape) {
    const buffers = (count: number) =>
      Array.from({ length: count }, () => randomFillSync(new Uint8Array(shape.recordBytes)));
    this.#shape = shape;
    this.#sources = buffers(shape.batch + 1);
    this.#places = Array.from({ length: shape.into ? shape.calls : 0 }, () => buffers(shape.batch));
  }

  async run(store: RecordStore<Stamp>): Promise<TrafficTally> {
    const { calls, batch, recordBytes, bytesEachWay } = this.#shape;
    const rounds = Math.ceil(bytesEachWay / (batch * recordBytes));
    const tally = { putBytes: 0, gotBytes: 0 };
    let next = 0;
    const began = performance.now();
    const caller = async (call: number): Promise<void> => {
      while (next < rounds) {
        const round = next++;
        const keys = this.#keys(call, round);
        await store.putMany(keys.map((key, i) => this.#record(key, round + i)));
        tally.putBytes += batch * recordBytes;
        const places = this.#places[call];
        const records = await store.getMany(keys, places === undefined ? undefined : { into: places });
        records.forEach((record, i) => {
          this.#check(record, keys[i]!, round + i);
          if (places !== undefined && record!.bytes.buffer !== places[i]!.buffer)
            throw new Error(`${keys[i]} did not come where it was wanted`);
        });
        tally.gotBytes += batch * recordBytes;
      }
    };
    await Promise.all(Array.from({ length: calls }, (_, call) => caller(call)));
    return { ...tally, elapsedMs: performance.now() - began };
  }

  #keys(call: number, round: number): string[] {
    const set = round % SETS_PER_CALL;
    return Array.from({ length: this.#shape.batch }, (_, i) => `memory:${call}:${set}:${i}`);
  }

  #record(key: string, seed: number): KvRecord<Stamp> {
    const source = seed % this.#sources.length;
    return { key, metadata: { source }, bytes: this.#sources[source]! };
  }

  #check(record: KvRecord<Stamp> | null, key: string, seed: number): void {
    const source = seed % this.#sources.length;
    if (record === null) throw new Error(`${key} is not there`);
    if (record.metadata.source !== source || Buffer.compare(record.bytes, this.#sources[source]!) !== 0)
      throw new Error(`${key} came back with other bytes than were written`);
  }
}
