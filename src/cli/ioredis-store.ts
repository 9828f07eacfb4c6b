import { openPlainIoredis, type PlainIoredis } from "../cluster/comparison.ts";
import { msgpackMetadata } from "../records/msgpack-metadata.ts";
import {
  type BlockMetadata,
  type BlockStore,
  type BlockStoreOptions,
  blockKey,
  CONNECT_TIMEOUT_MS,
  type StoreCounters,
  type StoredBlock,
} from "./block-store.ts";

type Node = ReturnType<PlainIoredis["nodeOf"]>;
type Pipeline = ReturnType<Node["pipeline"]>;
type Pair = (Buffer | null)[];

/** The names and the metadata bytes of RecordStore's `tagged-pair` layout, by hand. */
class PlainRecords {
  readonly ttlMs: number;
  readonly #prefix: string;
  readonly #codec = msgpackMetadata<BlockMetadata>();

  constructor(options: BlockStoreOptions) {
    this.ttlMs = options.ttlMs;
    this.#prefix = options.prefix;
  }

  metadataKey(id: number): string {
    return `{${blockKey(this.#prefix, id)}}:metadata`;
  }

  bytesKey(id: number): string {
    return `{${blockKey(this.#prefix, id)}}:kv_bytes`;
  }

  encode(id: number, bytes: Uint8Array): Uint8Array {
    return this.#codec.encode({ block: id }, bytes.length);
  }

  decode([stored, bytes]: Pair): StoredBlock | null {
    if (!stored || !bytes) return null;
    const metadata = this.#codec.decode(stored, bytes.length);
    return metadata === undefined ? null : { metadata, bytes };
  }
}

/** Plain ioredis behind the replay's calls: the counters and the end are the same for both ways of using it. */
abstract class IoredisStore implements BlockStore {
  protected readonly plain: PlainIoredis;
  protected readonly records: PlainRecords;

  constructor(plain: PlainIoredis, options: BlockStoreOptions) {
    this.plain = plain;
    this.records = new PlainRecords(options);
  }

  abstract prefixLength(ids: readonly number[]): Promise<number>;
  abstract getMany(ids: readonly number[]): Promise<(StoredBlock | null)[]>;
  abstract putMany(ids: readonly number[], values: readonly Uint8Array[]): Promise<void>;
  abstract deleteMany(ids: readonly number[]): Promise<void>;

  counters(): StoreCounters {
    return { ...this.plain.counters, retries: 0, redirects: 0 };
  }

  async close(): Promise<void> {
    this.plain.close();
  }
}

/** The best that is written by hand: one pipeline per node, all nodes at once. */
class PipelineStore extends IoredisStore {
  async prefixLength(ids: readonly number[]): Promise<number> {
    const { records } = this;
    const counts = await this.#perNode<number>(ids, (pipeline, id) =>
      pipeline.exists(records.metadataKey(id), records.bytesKey(id)),
    );
    const gap = counts.findIndex((count) => count !== 2);
    return gap === -1 ? ids.length : gap;
  }

  async getMany(ids: readonly number[]): Promise<(StoredBlock | null)[]> {
    const { records } = this;
    const pairs = await this.#perNode<Pair>(ids, (pipeline, id) =>
      pipeline.mgetBuffer(records.metadataKey(id), records.bytesKey(id)),
    );
    return pairs.map((pair) => records.decode(pair));
  }

  async putMany(ids: readonly number[], values: readonly Uint8Array[]): Promise<void> {
    const { records } = this;
    await this.#perNode(ids, (pipeline, id, index) => {
      const bytes = values[index]!;
      pipeline.set(records.bytesKey(id), asBuffer(bytes), "PX", records.ttlMs);
      pipeline.set(records.metadataKey(id), asBuffer(records.encode(id, bytes)), "PX", records.ttlMs);
    });
  }

  async deleteMany(ids: readonly number[]): Promise<void> {
    const { records } = this;
    await this.#perNode(ids, (pipeline, id) =>
      pipeline.unlink(records.metadataKey(id), records.bytesKey(id)),
    );
  }

  /** Adds every id's commands to the pipeline of its node; the last reply of each stands at the caller's index. */
  async #perNode<T>(
    ids: readonly number[],
    add: (pipeline: Pipeline, id: number, index: number) => void,
  ): Promise<T[]> {
    const batches = new Map<Node, { pipeline: Pipeline; indexes: number[] }>();
    for (const [index, id] of ids.entries()) {
      const node = this.plain.nodeOf(this.records.metadataKey(id));
      let batch = batches.get(node);
      if (batch === undefined) {
        batch = { pipeline: node.pipeline(), indexes: [] };
        batches.set(node, batch);
      }
      add(batch.pipeline, id, index);
      while (batch.indexes.length < batch.pipeline.length) batch.indexes.push(index);
    }
    const results = new Array<T>(ids.length);
    await Promise.all(
      Array.from(batches.values(), async ({ pipeline, indexes }) => {
        const replies = (await pipeline.exec()) ?? [];
        for (const [at, [error, reply]] of replies.entries()) {
          if (error) throw error;
          results[indexes[at]!] = reply as T;
        }
      }),
    );
    return results;
  }
}

/** One command after another, each awaited: what a loop around `await redis.get()` does. */
class SequentialStore extends IoredisStore {
  async prefixLength(ids: readonly number[]): Promise<number> {
    const { client } = this.plain;
    for (const [index, id] of ids.entries()) {
      if ((await client.exists(this.records.metadataKey(id))) === 0) return index;
      if ((await client.exists(this.records.bytesKey(id))) === 0) return index;
    }
    return ids.length;
  }

  async getMany(ids: readonly number[]): Promise<(StoredBlock | null)[]> {
    const { client } = this.plain;
    const blocks: (StoredBlock | null)[] = [];
    for (const id of ids) {
      const metadata = await client.getBuffer(this.records.metadataKey(id));
      const bytes = await client.getBuffer(this.records.bytesKey(id));
      blocks.push(this.records.decode([metadata, bytes]));
    }
    return blocks;
  }

  async putMany(ids: readonly number[], values: readonly Uint8Array[]): Promise<void> {
    const { client } = this.plain;
    const { ttlMs } = this.records;
    for (const [index, id] of ids.entries()) {
      const bytes = values[index]!;
      await client.set(this.records.bytesKey(id), asBuffer(bytes), "PX", ttlMs);
      await client.set(this.records.metadataKey(id), asBuffer(this.records.encode(id, bytes)), "PX", ttlMs);
    }
  }

  async deleteMany(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      await this.plain.client.unlink(this.records.metadataKey(id), this.records.bytesKey(id));
    }
  }
}

/** Opens plain ioredis, with a hand-written pipeline per node or one command after another. */
export async function openIoredisStore(
  target: string,
  options: BlockStoreOptions,
  way: "pipeline" | "sequential",
): Promise<BlockStore> {
  const plain = await openPlainIoredis(target, { connectTimeoutMs: CONNECT_TIMEOUT_MS });
  return way === "pipeline" ? new PipelineStore(plain, options) : new SequentialStore(plain, options);
}

/** A Buffer over the same bytes: ioredis sends other views as text. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
