import { describe } from "../bytes/describe.ts";
import { MAX_VALUE_BYTES } from "../bytes/value-limit.ts";
import { throwUnlessComplete } from "../cluster/call.ts";
import type { SetOptions } from "../cluster/slot-client.ts";
import {
  AbortError,
  BatchError,
  ConfigError,
  NotAppliedError,
  SlotpackError,
  TimeoutError,
} from "../errors.ts";
import { createLayout } from "../records/layout-choice.ts";
import type { KvRecord } from "../records/record.ts";
import { encodeRecords } from "../records/record-columns.ts";
import type { RecordStore } from "../records/record-store.ts";
import type { ResolvedStoreOptions } from "../records/record-store-options.ts";
import type { KvObject } from "./connector-contract.ts";

/** Bytes of records in one call to the client, in lanes: what a put keeps in flight at most, unless one record is larger. */
export const LANE_PORTION_BYTES: number = 8 * 1024 ** 2;

/** Throws ConfigError `BAD_ARGUMENT` or `BAD_VALUE` unless every key has an object with bytes. */
export function joinRecords<M>(
  recordKeys: readonly string[],
  objects: readonly KvObject<M>[],
): KvRecord<M>[] {
  if (!Array.isArray(objects) || objects.length !== recordKeys.length) {
    const got = Array.isArray(objects) ? `${objects.length} of them` : describe(objects);
    const message = `objects: expected an array of ${recordKeys.length}, one for each key, got ${got}`;
    throw new ConfigError("BAD_ARGUMENT", message, { option: "objects" });
  }
  return recordKeys.map((key, index) => {
    const { metadata, bytes } = (objects[index] ?? {}) as KvObject<M>;
    if (!(bytes instanceof Uint8Array)) {
      const message = `object ${index}: expected bytes that are a Uint8Array, got ${describe(bytes)}`;
      throw new ConfigError("BAD_VALUE", message, { keyIndex: index });
    }
    return { key, metadata, bytes };
  });
}

/** Where the portions end, as indexes behind their last records. */
export function portionEnds(records: readonly KvRecord[], portionBytes: number): number[] {
  const ends: number[] = [];
  let bytes = 0;
  for (let i = 0; i < records.length; i++) {
    const { byteLength } = records[i]!.bytes;
    if (bytes > 0 && bytes + byteLength > portionBytes) {
      ends.push(i);
      bytes = 0;
    }
    bytes += byteLength;
  }
  ends.push(records.length);
  return ends;
}

/**
 * Writes records one portion after another, within one deadline, so that of any batch no more than that is under way. Nothing is written unless
 * all are fit to be. A record that fails keeps no other one from being written; after the deadline or an abort nothing more is sent. Rejects like
 * `RecordStore.putMany`, with results at the caller's index.
 */
export async function putPortions<M>(
  store: RecordStore<M>,
  { codec, layout, valueMetadata }: ResolvedStoreOptions<M>,
  records: readonly KvRecord<M>[],
  { portionBytes, ...options }: SetOptions & { timeoutMs: number; portionBytes: number },
): Promise<void> {
  const ends = portionEnds(records, portionBytes);
  if (ends.length === 1) return store.putMany(records, options);
  const { kind } = createLayout(layout, "");
  checkLengths(records);
  encodeRecords(records, { codec, kind, valueMetadata });
  const until = performance.now() + options.timeoutMs;
  const errors = new Map<number, SlotpackError>();
  let from = 0;
  let ended: TimeoutError | AbortError | undefined;
  for (const to of ends) {
    if (ended !== undefined) break;
    try {
      await store.putMany(records.slice(from, to), { ...options, timeoutMs: left(until) });
    } catch (error) {
      if (!(error instanceof SlotpackError)) throw error;
      collect(errors, error, from, to);
      if (error instanceof TimeoutError || error instanceof AbortError) ended = error;
    }
    from = to;
  }
  for (let i = from; i < records.length; i++) {
    const why = `${ended!.code === "TIMEOUT" ? "the deadline passed" : "the call was aborted"} before it was sent`;
    errors.set(i, new NotAppliedError(ended!.code, why, { keyIndex: i, cause: ended!.cause }));
  }
  if (errors.size === 0) return;
  const end =
    ended === undefined ? "complete" : ended instanceof AbortError ? ("aborted" as const) : "timeout";
  throwUnlessComplete("batchedPut", { end, reason: ended?.cause }, errors, () =>
    records.map((_, i): PromiseSettledResult<void> => {
      const reason = errors.get(i);
      return reason === undefined
        ? { status: "fulfilled", value: undefined }
        : { status: "rejected", reason };
    }),
  );
}

function checkLengths(records: readonly KvRecord[]): void {
  const index = records.findIndex(({ bytes }) => bytes.length > MAX_VALUE_BYTES);
  if (index === -1) return;
  const message = `object ${index}: expected at most ${MAX_VALUE_BYTES} bytes (512 MB), got ${records[index]!.bytes.length}`;
  throw new ConfigError("VALUE_TOO_LARGE", message, { keyIndex: index });
}

/** The outcomes of the portion `from` … `to` at the caller's index. */
function collect(errors: Map<number, SlotpackError>, error: SlotpackError, from: number, to: number): void {
  const results = error instanceof BatchError ? error.results : [];
  for (let i = from; i < to; i++) {
    const result = results[i - from];
    if (result?.status === "fulfilled") continue;
    const reason = (result?.reason ?? error) as SlotpackError;
    errors.set(i, result === undefined ? reason : Object.assign(reason, { keyIndex: i }));
  }
}

function left(until: number): number {
  return Math.max(1, Math.ceil(until - performance.now()));
}
