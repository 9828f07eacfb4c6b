import { randomFillSync } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { SlotClient } from "../../src/index.ts";
import { KvConnector, msgpackMetadata, RecordStore } from "../../src/index.ts";

export interface LaneLoad {
  /** Bytes of one value. */
  readonly valueBytes: number;
  /** Bytes that are put altogether. */
  readonly totalBytes: number;
  /** Records in one put. */
  readonly batch: number;
  /** Milliseconds between the begins of two lookups, whatever became of the earlier ones. */
  readonly everyMs: number;
}

/** Puts and lookups, by whatever way they are measured. */
export interface Contender {
  put(keys: readonly string[], values: readonly Uint8Array[]): Promise<void>;
  exists(key: string): Promise<boolean>;
  get(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  close(): Promise<void>;
}

export interface LaneFigures {
  /** Of each lookup that began while puts were queued, in milliseconds. */
  readonly latencies: number[];
  readonly bytesPerSecond: number;
}

/** `connector`: KvConnector with `lanes`. `store`: RecordStore, everything in the client's queue at once, puts in the one lane or the other. */
export function contender(through: "connector" | "store", client: SlotClient, lanes: boolean): Contender {
  if (through === "connector") {
    const connector = new KvConnector<number>(client, { lanes, metadata: msgpackMetadata<number>() });
    return {
      put: (keys, values) =>
        connector.batchedPut(
          keys,
          values.map((bytes) => ({ metadata: 0, bytes })),
        ),
      exists: (key) => connector.exists(key),
      get: async (keys) => (await connector.batchedGet(keys)).map((record) => record?.bytes),
      close: () => connector.close(),
    };
  }
  const store = new RecordStore<number>(client);
  const lane = lanes ? "bulk" : "main";
  return {
    put: (keys, values) =>
      store.putMany(
        keys.map((key, i) => ({ key, metadata: 0, bytes: values[i]! })),
        { lane },
      ),
    exists: async (key) => (await store.containsMany([key]))[0]!,
    get: async (keys) => (await store.getMany(keys)).map((record) => record?.bytes),
    close: async () => {},
  };
}

/** More than one, so that a value in the wrong place is seen; a prime, so that no batch repeats their order. */
const SOURCES = 7;
const PROBES = 64;

/** Queues all puts at once, asks for records all the while, and compares every byte afterwards. */
export async function runLane(target: Contender, load: LaneLoad): Promise<LaneFigures> {
  const sources = Array.from({ length: SOURCES }, () => randomFillSync(new Uint8Array(load.valueBytes)));
  const count = Math.ceil(load.totalBytes / load.valueBytes);
  const keys = Array.from({ length: count }, (_, i) => `lanes:${i}`);
  const probes = Array.from({ length: PROBES }, (_, i) => `lanes-probe:${i}`);
  const small = new Uint8Array(2_048);
  await target.put(
    probes,
    probes.map(() => small),
  );
  const slices = Array.from({ length: Math.ceil(count / load.batch) }, (_, i) =>
    keys.slice(i * load.batch, (i + 1) * load.batch),
  );
  const sourceOf = (index: number) => sources[index % SOURCES]!;
  const began = performance.now();
  let open = true;
  let index = 0;
  const puts = Promise.all(
    slices.map((slice) => {
      const from = index;
      index += slice.length;
      return target.put(
        slice,
        slice.map((_, i) => sourceOf(from + i)),
      );
    }),
  ).finally(() => {
    open = false;
  });
  const latencies: number[] = [];
  const lookups: Promise<void>[] = [];
  const lookUp = async (key: string, dueAt: number): Promise<void> => {
    if (!(await target.exists(key))) throw new Error(`${key} is stored, and exists says no`);
    latencies.push(performance.now() - dueAt);
  };
  // From the moment it was due: a late timer is part of what a caller waits for.
  for (let n = 0; open; n++) {
    const dueAt = began + n * load.everyMs;
    const wait = dueAt - performance.now();
    if (wait > 0) await sleep(wait);
    if (open) lookups.push(lookUp(probes[n % PROBES]!, dueAt));
    else break;
  }
  await puts;
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(lookups);
  let at = 0;
  for (const slice of slices) {
    for (const bytes of await target.get(slice)) {
      if (bytes === undefined || Buffer.compare(bytes, sourceOf(at)) !== 0)
        throw new Error(`${keys[at]} came back with other bytes than were put`);
      at++;
    }
  }
  return { latencies, bytesPerSecond: (count * load.valueBytes) / seconds };
}
