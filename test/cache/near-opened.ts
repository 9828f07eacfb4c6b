import { NearCache } from "../../src/cache/near-cache.ts";
import type { NearCacheOptions } from "../../src/cache/near-options.ts";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import type { SlotClient } from "../../src/index.ts";

const PATIENT = { deadNodeTimeoutMs: 60_000 };

export interface OpenedNear extends AsyncDisposable {
  readonly cache: NearCache<string>;
  readonly client: SlotClient;
  /** Events in their order, invalidations with their keys. */
  readonly told: string[];
}

/** Connected; keys under `c:`, values are text. */
export async function openNear(
  url: string,
  options: NearCacheOptions = {},
  config: RedisBackendConfig<string> = {},
): Promise<OpenedNear> {
  const backend = new RedisBackend<string>({
    url,
    codec: "text",
    keyPrefix: "c:",
    socketTimeoutMs: 60_000,
    clientOptions: PATIENT,
    ...config,
  });
  const cache = new NearCache(backend, options);
  const told: string[] = [];
  cache.on("invalidate", ({ keys }) => told.push(`invalidate ${keys}`));
  cache.on("trackingUp", () => told.push("up"));
  cache.on("trackingLost", () => told.push("lost"));
  await cache.connect({ timeoutMs: 60_000 });
  const client = await backend.client();
  return { cache, client, told, [Symbol.asyncDispose]: () => cache.disconnect() };
}

/** Whether a read was answered by a copy; false, now and then, where something else was asked of a server meanwhile. */
export async function isNear({ cache, client }: OpenedNear, key: string): Promise<boolean> {
  const before = client.stats().commands;
  await cache.get(key);
  return client.stats().commands === before;
}

export async function copies({ cache }: OpenedNear): Promise<number | null> {
  return (await cache.getStats()).parts.near!.entries;
}
