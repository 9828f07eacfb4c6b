import {
  type KvRecord,
  lmcacheMetadata,
  msgpackMetadata,
  RecordStore,
  type SlotClient,
} from "../../src/index.ts";
import { type Equal, same } from "./equal.ts";

interface Chunk {
  readonly tokens: number;
}

export async function use(client: SlotClient, keys: readonly string[]): Promise<void> {
  const store = new RecordStore(client, { layout: "tagged-pair", metadata: msgpackMetadata<Chunk>() });
  const records = await store.getMany(keys);
  same<Equal<typeof records, (KvRecord<Chunk> | null)[]>>();
  for (const record of records) record?.metadata.tokens.toFixed();
  await store.putMany([{ key: "k", metadata: { tokens: 1 }, bytes: new Uint8Array(4) }], { ttlMs: 1000 });
  const whole = await store.containsMany(keys);
  same<Equal<typeof whole, boolean[]>>();
  const length = await store.prefixLength(keys);
  same<Equal<typeof length, number>>();
  await store.deleteMany(keys);

  // @ts-expect-error metadata is a Chunk
  await store.putMany([{ key: "k", metadata: { pages: 1 }, bytes: new Uint8Array(4) }]);
  // @ts-expect-error bytes are bytes
  await store.putMany([{ key: "k", metadata: { tokens: 1 }, bytes: "text" }]);
  // @ts-expect-error no such layout
  new RecordStore(client, { layout: "triple" });
}

export function defaults(client: SlotClient): void {
  new RecordStore(client);
  new RecordStore(client, { layout: "packed", metadata: lmcacheMetadata() });
}
