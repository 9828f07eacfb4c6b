import type { CallOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { RecordStore } from "../records/record-store.ts";
import type { Interruption } from "./interruption.ts";
import { CODEC_NAMES, knownMetadata } from "./known-metadata.ts";
import { readRecordKeys } from "./record-keys.ts";
import { type WalkedRecord, walkRecords } from "./record-walk.ts";
import type { RmSettings } from "./rm-options.ts";
import type { Terminal } from "./terminal.ts";
import { openWalkMeter } from "./walk-meter.ts";

/** Keys in one call. */
const STEP_KEYS = 1000;

/** Removes records, and counts the keys that were looked for and those that had anything to remove. */
export class RecordRemoval {
  readonly #client: SlotClient;
  readonly #settings: RmSettings;
  readonly #tally: { keys: number; removed: number };
  readonly #terminal: Terminal;

  constructor(
    client: SlotClient,
    settings: RmSettings,
    tally: { keys: number; removed: number },
    terminal: Terminal,
  ) {
    this.#client = client;
    this.#settings = settings;
    this.#tally = tally;
    this.#terminal = terminal;
  }

  /** Of the keys of the command line, or of the standard input. */
  async ofKeys(interruption: Interruption): Promise<void> {
    const { keys, layouts } = this.#settings;
    const [layout, ...readLayouts] = layouts;
    const store = new RecordStore(this.#client, { layout, readLayouts });
    const call = this.#call(interruption);
    for await (const batch of readRecordKeys(this.#terminal, { keys, resultsStream: false, interruption })) {
      const unique = [...new Set(batch)];
      for (let at = 0; at < unique.length; at += STEP_KEYS) {
        const step = unique.slice(at, at + STEP_KEYS);
        this.#tally.removed += await store.deleteMany(step, call);
        this.#tally.keys += step.length;
      }
    }
  }

  /** Of all records and halves whose keys begin so. */
  async ofPrefix(prefix: string, interruption: Interruption): Promise<void> {
    const { layouts, dryRun } = this.#settings;
    const call = this.#call(interruption);
    const codec = knownMetadata(CODEC_NAMES, { foreign: true });
    const walk = walkRecords({ client: this.#client, layouts, prefix, detail: "halves", codec }, call);
    using meter = await openWalkMeter(this.#terminal, this.#client, false, call);
    const tally = this.#tally;
    let names = 0;
    for await (const page of walk) {
      if (dryRun) tally.keys += page.records.length;
      else {
        for (const layout of layouts) await this.#remove(layout, page.records, call);
        // A half that was met behind the other one is no further record.
        tally.keys = tally.removed;
      }
      names += page.names;
      meter.update(names, { records: tally.keys });
    }
  }

  async #remove(layout: LayoutName, page: readonly WalkedRecord[], call: CallOptions): Promise<void> {
    const keys = page.filter((record) => record.layout === layout).map(({ key }) => key);
    if (keys.length === 0) return;
    this.#tally.removed += await new RecordStore(this.#client, { layout }).deleteMany(keys, call);
  }

  #call({ signal }: Interruption): CallOptions {
    return { timeoutMs: this.#settings.server.timeoutMs, signal };
  }
}
