import KeyvRedis from "@keyv/redis";
import { createCache } from "cache-manager";
import calculateSlot from "cluster-key-slot";
import { Cluster, type Redis } from "ioredis";
import Keyv, { type KeyvStoreAdapter } from "keyv";
import { createStorage, type Driver, type Storage } from "unstorage";
import redisDriver from "unstorage/drivers/redis";
import { KeyvSlotpack } from "../../src/adapters/keyv.ts";
import { slotpackDriver } from "../../src/adapters/unstorage.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import type { Address } from "../peers/contestant.ts";
import { reasonOf } from "../peers/failure.ts";
import type { CacheContestant, CacheContestantSource, CacheLoad } from "./contestant.ts";

function urlOf(nodes: readonly Address[]): string {
  return `redis-cluster://${nodes.map(({ host, port }) => `${host}:${port}`).join(",")}`;
}

function entriesOf({ keys, values }: CacheLoad): [string, string][] {
  return keys.map((key, i) => [key, values[i]!]);
}

function slotpackBackend(label: string, nodes: readonly Address[]): CacheContestant {
  const backend = new RedisBackend<string>({ url: urlOf(nodes), codec: "text", keyPrefix: "backend:" });
  return {
    label,
    stores: "text",
    setMany: (load) => backend.setMany(entriesOf(load)),
    getMany: (keys) => backend.getMany(keys),
    texts: (result, keys) => keys.map((key) => (result as Map<string, string>).get(key) ?? null),
    close: () => backend.disconnect(),
  };
}

function throughKeyv(label: string, store: KeyvStoreAdapter, namespace: string): CacheContestant {
  const keyv = new Keyv(store, { namespace, useKeyPrefix: false });
  return {
    label,
    stores: "keyv",
    setMany: ({ keys, values }) => keyv.setMany(keys.map((key, i) => ({ key, value: values[i] }))),
    getMany: (keys) => keyv.getMany([...keys]),
    texts: (result) => (result as (string | undefined)[]).map((value) => value ?? null),
    close: () => keyv.disconnect(),
  };
}

function throughCacheManager(label: string, store: KeyvStoreAdapter, namespace: string): CacheContestant {
  const cache = createCache({ stores: [new Keyv(store, { namespace, useKeyPrefix: false })] });
  return {
    label,
    stores: "keyv",
    setMany: ({ keys, values }) => cache.mset(keys.map((key, i) => ({ key, value: values[i] }))),
    getMany: (keys) => cache.mget([...keys]),
    texts: (result) => (result as (string | undefined)[]).map((value) => value ?? null),
    close: () => cache.disconnect() as Promise<never>,
  };
}

function keyvSlotpack(nodes: readonly Address[]): KeyvStoreAdapter {
  return new KeyvSlotpack(new RedisBackend({ url: urlOf(nodes) }));
}

function keyvRedis(nodes: readonly Address[]): KeyvStoreAdapter {
  const rootNodes = nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }));
  return new KeyvRedis({ rootNodes }) as KeyvStoreAdapter;
}

async function throughUnstorage(label: string, driver: Driver): Promise<CacheContestant> {
  const storage: Storage = createStorage({ driver });
  // A driver without batches is called once per item, by unstorage or, where its getItems fails, here.
  const refusal = await storage.getItems(["a", "b"]).then(() => undefined, reasonOf);
  const each = (keys: readonly string[]) =>
    Promise.all(keys.map(async (key) => ({ key, value: await storage.getItem<string>(key) })));
  return {
    label,
    stores: "text",
    ...(refusal === undefined ? {} : { note: `getItems fails: ${refusal}; getItem for each key instead` }),
    setMany: ({ keys, values }) => storage.setItems(keys.map((key, i) => ({ key, value: values[i]! }))),
    getMany: (keys) => (refusal === undefined ? storage.getItems([...keys]) : each(keys)),
    texts: (result) => (result as { value: string | null }[]).map(({ value }) => value),
    close: () => storage.dispose(),
  };
}

/** What a careful user of ioredis writes: one pipeline per primary, GET and SET per key. */
async function handWritten(label: string, nodes: readonly Address[]): Promise<CacheContestant> {
  const cluster = new Cluster([...nodes], { lazyConnect: true });
  await cluster.connect();
  const primaries = cluster.nodes("master");
  await Promise.all(primaries.map((node) => node.ping()));
  const names = primaries.map((node) => `${node.options.host}:${node.options.port}`);
  const owner = cluster.slots.map(([name = ""]) => names.indexOf(name));
  type Pipeline = ReturnType<Redis["pipeline"]>;
  const run = async (
    keys: readonly string[],
    add: (pipeline: Pipeline, name: string, index: number) => void,
  ): Promise<unknown[]> => {
    const groups = primaries.map((node) => ({ pipeline: node.pipeline(), indexes: [] as number[] }));
    for (let i = 0; i < keys.length; i++) {
      const name = `hand:${keys[i]}`;
      const group = groups[owner[calculateSlot(name)]!]!;
      add(group.pipeline, name, i);
      group.indexes.push(i);
    }
    const results = new Array<unknown>(keys.length);
    await Promise.all(
      groups.map(async ({ pipeline, indexes }) => {
        const replies = (await pipeline.exec())!;
        for (let j = 0; j < replies.length; j++) {
          const [error, reply] = replies[j]!;
          if (error !== null) throw error;
          results[indexes[j]!] = reply;
        }
      }),
    );
    return results;
  };
  return {
    label,
    stores: "text",
    setMany: ({ keys, values }) => run(keys, (pipeline, name, i) => pipeline.set(name, values[i]!)),
    getMany: (keys) => run(keys, (pipeline, name) => pipeline.get(name)),
    texts: (result) => result as (string | null)[],
    close: async () => void (await cluster.quit()),
  };
}

function source(
  label: string,
  open: (label: string, nodes: readonly Address[]) => CacheContestant | Promise<CacheContestant>,
): CacheContestantSource {
  return { label, open: async (nodes) => open(label, nodes) };
}

/** In the order of the report. */
export const CACHE_CONTESTANTS: readonly CacheContestantSource[] = [
  source("slotpack RedisBackend", slotpackBackend),
  source("ioredis, hand-written pipeline per node", handWritten),
  source("unstorage on slotpack", (label, nodes) =>
    throughUnstorage(label, slotpackDriver({ redis: { url: urlOf(nodes) }, base: "ours" })),
  ),
  source("unstorage on its redis driver", (label, nodes) =>
    throughUnstorage(label, redisDriver({ cluster: [...nodes], base: "theirs" })),
  ),
  source("Keyv on slotpack", (label, nodes) => throughKeyv(label, keyvSlotpack(nodes), "ours")),
  source("Keyv on @keyv/redis", (label, nodes) => throughKeyv(label, keyvRedis(nodes), "theirs")),
  source("cache-manager on slotpack", (label, nodes) =>
    throughCacheManager(label, keyvSlotpack(nodes), "ours-cm"),
  ),
  source("cache-manager on @keyv/redis", (label, nodes) =>
    throughCacheManager(label, keyvRedis(nodes), "theirs-cm"),
  ),
];
