import { connect } from "../cluster/connect.ts";
import { RecordStore } from "../records/record-store.ts";
import {
  type BlockMetadata,
  type BlockStore,
  type BlockStoreOptions,
  blockKey,
  CONNECT_TIMEOUT_MS,
  type StoreCounters,
  type StoredBlock,
} from "./block-store.ts";

type Client = Awaited<ReturnType<typeof connect>>;

/** slotpack itself, through its public calls. */
class SlotpackStore implements BlockStore {
  readonly #client: Client;
  readonly #records: RecordStore<BlockMetadata>;
  readonly #options: BlockStoreOptions;

  constructor(client: Client, options: BlockStoreOptions) {
    this.#client = client;
    this.#records = new RecordStore<BlockMetadata>(client);
    this.#options = options;
  }

  prefixLength(ids: readonly number[]): Promise<number> {
    return this.#records.prefixLength(this.#keys(ids));
  }

  getMany(ids: readonly number[]): Promise<(StoredBlock | null)[]> {
    return this.#records.getMany(this.#keys(ids));
  }

  async putMany(ids: readonly number[], values: readonly Uint8Array[]): Promise<void> {
    const { prefix, ttlMs } = this.#options;
    const records = ids.map((id, index) => ({
      key: blockKey(prefix, id),
      metadata: { block: id },
      bytes: values[index]!,
    }));
    await this.#records.putMany(records, { ttlMs });
  }

  async deleteMany(ids: readonly number[]): Promise<void> {
    await this.#records.deleteMany(this.#keys(ids));
  }

  counters(): StoreCounters {
    const { commands, socketWrites, retries, moved, ask } = this.#client.stats();
    return { commands, socketWrites, retries, redirects: moved + ask };
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #keys(ids: readonly number[]): string[] {
    return ids.map((id) => blockKey(this.#options.prefix, id));
  }
}

/** Connects slotpack to a target of `connect()`. */
export async function openSlotpackStore(target: string, options: BlockStoreOptions): Promise<BlockStore> {
  return new SlotpackStore(await connect(target, { connectTimeoutMs: CONNECT_TIMEOUT_MS }), options);
}
