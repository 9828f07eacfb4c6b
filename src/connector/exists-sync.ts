import { throwUnlessComplete } from "../cluster/call.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { NotAppliedError, type SlotpackError } from "../errors.ts";
import { createLayout } from "../records/layout-choice.ts";
import type { LayoutKind, RecordLayout } from "../records/record-layout.ts";
import { RecordReader } from "../records/record-reader.ts";
import type { ResolvedStoreOptions } from "../records/record-store-options.ts";
import type { SyncRequest } from "./exists-sync-worker.ts";
import { SyncCalls } from "./sync-calls.ts";

/** Bytes at the start of a packed record that tell the lengths of its parts; see record-header.ts. */
const HEADER_LAST = "15";

/** Whether records are there and whole, as `containsMany` finds out, in one round trip that blocks this thread. */
export class ExistsSync<M> {
  readonly #client: SlotClient;
  readonly #calls: SyncCalls;
  readonly #layouts: readonly RecordLayout[];
  readonly #reader: RecordReader<M>;

  constructor(client: SlotClient, { layout, others, codec, valueMetadata }: ResolvedStoreOptions<M>) {
    this.#client = client;
    this.#calls = new SyncCalls(client);
    // The worker's client has the key prefix.
    this.#layouts = [layout, ...others].map((name) => createLayout(name, ""));
    this.#reader = new RecordReader(codec, valueMetadata);
  }

  /** Throws what `containsMany` would reject with, and ConfigError `UNSUPPORTED_TARGET`. */
  ask(recordKey: string, timeoutMs: number): boolean {
    if (isClosed(this.#client)) {
      void this.stop();
      throw new NotAppliedError("CLIENT_CLOSED", "existsSync: the client is closed");
    }
    const questions = this.#layouts.map((layout) => questionsOf(layout, recordKey));
    const replies = this.#calls.call("existsSync", questions.flat(), timeoutMs);
    const failed = replies.find((reply) => reply instanceof Error && codeOf(reply) !== "WRONGTYPE");
    if (failed !== undefined) throwFailure(failed as SlotpackError);
    let end = 0;
    return this.#layouts.some(({ kind }, i) => {
      const start = end;
      end += questions[i]!.length;
      const own = replies.slice(start, end);
      return own.every((reply) => !(reply instanceof Error)) && isWhole(kind, this.#reader, recordKey, own);
    });
  }

  /** Ends the worker. */
  stop(): Promise<void> {
    return this.#calls.stop();
  }
}

/** An open client begins accepted work before it returns. */
function isClosed(client: SlotClient): boolean {
  let closed = true;
  const begun = client.accept("existsSync", async () => {
    closed = false;
  });
  begun.catch(() => {});
  return closed;
}

function throwFailure(failed: SlotpackError): void {
  const error = Object.assign(failed, { keyIndex: 0 });
  const end = error.code === "TIMEOUT" ? "timeout" : "complete";
  throwUnlessComplete("existsSync", { end, reason: undefined }, new Map([[0, error]]), () => [
    { status: "rejected", reason: error },
  ]);
}

function questionsOf(layout: RecordLayout, key: string): SyncRequest["commands"] {
  const bytes = layout.bytesName(key);
  if (layout.kind === "packed")
    return [
      ["GETRANGE", bytes, "0", HEADER_LAST],
      ["STRLEN", bytes],
    ];
  const held = [
    ["STRLEN", bytes],
    ["EXISTS", bytes],
  ] as const;
  return layout.kind === "value" ? held : [...held, ["GET", layout.metadataName(key)]];
}

function isWhole<M>(
  kind: LayoutKind,
  reader: RecordReader<M>,
  key: string,
  [first, second, third]: readonly unknown[],
): boolean {
  if (kind === "packed") return reader.isWholePacked(first as Buffer, second as number);
  if (second !== 1) return false;
  if (kind === "value") return reader.isWholeValue(key, first as number);
  return reader.isWholePair(third as Buffer | null, first as number);
}

function codeOf(error: Error): unknown {
  return (error as { code?: unknown }).code;
}
