import { throwUnlessComplete } from "../cluster/call.ts";
import type { CallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { createLayout } from "../records/layout-choice.ts";
import { LayoutRecords } from "../records/layout-records.ts";
import type { KvRecord, RecordFlaw } from "../records/record.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { RecordReader } from "../records/record-reader.ts";
import { codeOf } from "./failure.ts";
import { type CodecName, type KnownMetadata, knownMetadata } from "./known-metadata.ts";

/** What was found under a key. */
export type RecordSight =
  | {
      readonly key: string;
      readonly state: "whole";
      readonly layout: LayoutName;
      /** null where none is stored. */
      readonly known: KnownMetadata | null;
      readonly bytes: Uint8Array;
    }
  | { readonly key: string; readonly state: RecordFlaw; readonly layout: LayoutName }
  | { readonly key: string; readonly state: "missing" }
  | { readonly key: string; readonly state: "failed"; readonly error: Error };

/** Reads records in several layouts, and tells what is there in place of one; changes nothing on the server. */
export class RecordLook {
  readonly #client: SlotClient;
  readonly #layouts: readonly {
    readonly name: LayoutName;
    readonly records: LayoutRecords<KnownMetadata | null>;
  }[];

  constructor(client: SlotClient, layouts: readonly LayoutName[], codecs: readonly CodecName[]) {
    const { keyPrefix } = client.batchDefaults.options;
    const codec = knownMetadata(codecs, { foreign: codecs.length > 1 });
    const reader = new RecordReader<KnownMetadata | null>(codec as never, undefined);
    this.#client = client;
    this.#layouts = layouts.map((name) => ({
      name,
      records: new LayoutRecords(client, createLayout(name, keyPrefix), reader),
    }));
  }

  /** In the order of the keys. Rejects on abort and at the deadline; a server's error is the sight of its key. */
  at(keys: readonly string[], options: CallOptions): Promise<RecordSight[]> {
    return this.#client.accept("get", async () => {
      const sights = keys.map((key): RecordSight => ({ key, state: "missing" }));
      for (const { name, records } of this.#layouts) {
        const open = sights.flatMap((sight, i) => (isOpen(sight) ? [i] : []));
        if (open.length === 0) break;
        const { batch, result } = await records.read(
          open.map((i) => keys[i]!),
          undefined,
          options,
        );
        if (result.end !== "complete")
          throwUnlessComplete("get", result, batch.errors, () =>
            batch.settled((item) => batch.records[item]!),
          );
        for (const [item, i] of open.entries()) {
          const error = batch.errors?.get(item);
          if (error !== undefined) sights[i] = failed(sights[i]!, error);
          else sights[i] = seen(sights[i]!, name, batch.records[item]!, batch.flaws?.get(item));
        }
      }
      return sights;
    });
  }
}

/** A name that holds something else than a string is none of this record's; it may lie in another layout. */
function isOpen(sight: RecordSight): boolean {
  return sight.state === "failed" ? codeOf(sight.error) === "WRONGTYPE" : sight.state !== "whole";
}

function failed(before: RecordSight, error: Error): RecordSight {
  if (codeOf(error) === "WRONGTYPE" && before.state !== "missing") return before;
  return { key: before.key, state: "failed", error };
}

/** A whole record says most, and what is wrong in an earlier layout more than in a later one. */
function seen(
  before: RecordSight,
  layout: LayoutName,
  record: KvRecord<KnownMetadata | null> | null,
  flaw: RecordFlaw | undefined,
): RecordSight {
  const { key } = before;
  if (record !== null) return { key, state: "whole", layout, known: record.metadata, bytes: record.bytes };
  if (flaw === undefined || before.state !== "missing") return before;
  return { key, state: flaw, layout };
}
