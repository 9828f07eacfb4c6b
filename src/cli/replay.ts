import { createHistogram, performance, type RecordableHistogram } from "node:perf_hooks";
import { SlotpackError } from "../errors.ts";
import type { BlockIdSet } from "./block-id-set.ts";
import type { BlockStore, StoreCounters } from "./block-store.ts";
import type { BlockValues } from "./block-values.ts";
import type { TraceRequest } from "./trace-request.ts";

/** Value bytes that one call reads or writes at most: it bounds what a request of large values holds in memory. */
const CALL_BYTES = 64 * 1024 * 1024;

export interface ReplayOptions {
  /** Requests in flight. With 1, hits are exactly what the set of earlier blocks predicts. */
  concurrency: number;
  /** Ends the run behind the requests in flight. */
  signal: AbortSignal;
  /** Receives every block id before its record is sent: what a clean-up has to delete, whatever happens. */
  written: BlockIdSet;
  onRequest?: ((tally: Readonly<ReplayTally>) => void) | undefined;
}

/** Counts of a run. */
export interface ReplayTally {
  requests: number;
  /** Block ids in these requests, repeated ones counted each time. */
  blocks: number;
  /** Blocks of the stored prefixes, each read and verified. */
  hits: number;
  /** Blocks that the prefix promised and that were gone when they were read (evicted or expired). */
  vanished: number;
  verifiedBytes: number;
  writtenRecords: number;
  writtenBytes: number;
}

export interface ReplayFigures extends ReplayTally {
  elapsedMs: number;
  /** Nanoseconds per request. */
  latency: RecordableHistogram;
  /** Microseconds of this process, the making and checking of values included. */
  cpu: NodeJS.CpuUsage;
  /** What the client did in the run. */
  counters: StoreCounters;
}

/**
 * Replays requests: asks how long a prefix of each one's blocks is stored, reads and verifies it, stores the rest.
 *
 * @throws SlotpackError `WRONG_BYTES` when a record is not what was stored
 */
export async function replay(
  requests: AsyncIterator<TraceRequest, void, void>,
  store: BlockStore,
  values: BlockValues,
  options: ReplayOptions,
): Promise<ReplayFigures> {
  const tally: ReplayTally = {
    requests: 0,
    blocks: 0,
    hits: 0,
    vanished: 0,
    verifiedBytes: 0,
    writtenRecords: 0,
    writtenBytes: 0,
  };
  const latency = createHistogram();
  const blocksPerCall = Math.max(1, Math.floor(CALL_BYTES / values.byteLength));
  let failed = false;

  async function worker(): Promise<void> {
    while (!failed && !options.signal.aborted) {
      // An async generator queues calls of next(), so the workers take requests in the order of the file.
      const next = await requests.next().catch((error: unknown) => {
        // Closing the source is how an interrupted run gets out of a wait for input.
        if (options.signal.aborted) return { done: true, value: undefined } as const;
        throw error;
      });
      if (next.done || failed || options.signal.aborted) return;
      const start = process.hrtime.bigint();
      await replayRequest(next.value, store, values, blocksPerCall, options.written, tally);
      latency.record(process.hrtime.bigint() - start);
      options.onRequest?.(tally);
    }
  }

  const before = store.counters();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const settled = await Promise.allSettled(
    Array.from({ length: options.concurrency }, () =>
      worker().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  const elapsedMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const counters = difference(store.counters(), before);
  for (const result of settled) if (result.status === "rejected") throw result.reason;
  return { ...tally, elapsedMs, latency, cpu, counters };
}

async function replayRequest(
  request: TraceRequest,
  store: BlockStore,
  values: BlockValues,
  blocksPerCall: number,
  written: BlockIdSet,
  tally: ReplayTally,
): Promise<void> {
  const ids = request.hashIds;
  let hits = 0;
  if (ids.length > 0) {
    const stored = await store.prefixLength(ids);
    hits = await readPrefix(ids.slice(0, stored), store, values, blocksPerCall, tally);
    tally.vanished += stored - hits;
    // A repeated id is written once; behind a gap, a block that is there already is written again.
    const rest = [...new Set(ids.slice(hits))];
    for (let at = 0; at < rest.length; at += blocksPerCall) {
      const slice = rest.slice(at, at + blocksPerCall);
      for (const id of slice) written.add(id);
      await store.putMany(
        slice,
        slice.map((id) => values.of(id)),
      );
      tally.writtenRecords += slice.length;
      tally.writtenBytes += slice.length * values.byteLength;
    }
  }
  tally.requests++;
  tally.blocks += ids.length;
  tally.hits += hits;
}

/** Reads and verifies blocks up to the first that is gone; returns how many there were. */
async function readPrefix(
  ids: readonly number[],
  store: BlockStore,
  values: BlockValues,
  blocksPerCall: number,
  tally: ReplayTally,
): Promise<number> {
  for (let at = 0; at < ids.length; at += blocksPerCall) {
    const slice = ids.slice(at, at + blocksPerCall);
    const blocks = await store.getMany(slice);
    for (const [index, id] of slice.entries()) {
      const block = blocks[index];
      if (!block) return at + index;
      const wrong = block.metadata.block === id ? values.firstWrongByte(id, block.bytes) : 0;
      if (wrong !== -1) throw wrongBytes(id, wrong, block.metadata.block);
      tally.verifiedBytes += block.bytes.length;
    }
  }
  return ids.length;
}

function wrongBytes(id: number, at: number, metadataId: unknown): SlotpackError {
  const found = metadataId === id ? `differs at byte ${at}` : `carries the metadata of block ${metadataId}`;
  return new SlotpackError("WRONG_BYTES", `the record of block ${id} ${found}`);
}

function difference(now: StoreCounters, before: StoreCounters): StoreCounters {
  return {
    commands: now.commands - before.commands,
    socketWrites: now.socketWrites - before.socketWrites,
    retries: now.retries - before.retries,
    redirects: now.redirects - before.redirects,
  };
}
