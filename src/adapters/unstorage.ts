import type { CacheBackend } from "../cache/cache-backend.ts";
import { RedisBackend, type RedisBackendConfig } from "../cache/redis-backend.ts";
import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { checkOptions } from "./adapter-options.ts";
import { requireBytes, requireBytesBackend, textOf } from "./bytes-backend.ts";
import { allKeys, type KeySpace, removeKeys } from "./key-space.ts";
import { failureOf, setTimed } from "./ttl-groups.ts";

export interface SlotpackDriverOptions {
  /** A cache backend whose codec is `bytes`; or else `redis`. */
  backend?: CacheBackend<Uint8Array> | undefined;
  /** What a RedisBackend is made of, e.g. `{ url: "redis://…" }`: plain data, for configuration files such as Nitro's. */
  redis?: RedisBackendConfig<Uint8Array> | undefined;
  /** Put in front of every key with a `:` behind it. Default none. */
  base?: string | undefined;
  /** Seconds that an item lives where the call says nothing else. Default: the backend's own TTL. */
  ttl?: number | undefined;
}

/** What a call may carry; unstorage hands on whatever its own caller gave, and the rest is not looked at. */
export interface SlotpackItemOptions {
  /** Seconds that the item lives. */
  ttl?: number | undefined;
}

interface ItemToRead {
  readonly key: string;
}

interface ItemToSet extends ItemToRead {
  readonly value: string;
  readonly options?: SlotpackItemOptions;
}

/** An unstorage driver; the shape is that of unstorage's `Driver`, which is not needed at run time. */
export interface SlotpackDriver {
  readonly name: string;
  readonly flags: { ttl: boolean };
  readonly options: SlotpackDriverOptions;
  getInstance(): CacheBackend<Uint8Array>;
  hasItem(key: string): Promise<boolean>;
  getItem(key: string): Promise<string | null>;
  /** At the caller's index, read in one batch over any slots. */
  getItems(items: readonly ItemToRead[]): Promise<{ key: string; value: string | null }[]>;
  /** The bytes as they are stored. */
  getItemRaw(key: string): Promise<Uint8Array | null>;
  setItem(key: string, value: string, options?: SlotpackItemOptions): Promise<void>;
  setItems(items: readonly ItemToSet[], commonOptions?: SlotpackItemOptions): Promise<void>;
  /** Text, an ArrayBuffer or a view of one, stored as it is. */
  setItemRaw(key: string, value: unknown, options?: SlotpackItemOptions): Promise<void>;
  removeItem(key: string): Promise<void>;
  /** `ttl`: seconds left, rounded up; `{}` where the item does not expire, null where there is none. */
  getMeta(key: string): Promise<{ ttl?: number } | null>;
  /** Every key below `base`, on all primaries. */
  getKeys(base?: string): Promise<string[]>;
  clear(base?: string): Promise<void>;
  /** Closes the backend, for whoever else uses it too; its `connect()` opens it again. */
  dispose(): Promise<void>;
}

const NAME = "slotpack";
const CLEAR_BATCH_SIZE = 1000;

/**
 * An unstorage driver on a cache backend: batches go out as one packed write per node, and `getKeys` and `clear` reach every primary of a
 * cluster. Items are stored as their plain text under `{backend's keyPrefix}{base}:{key}`, as unstorage's own redis driver does.
 *
 * Errors reject (CacheError); a failure is never shown as a missing item. Throws ConfigError for bad options.
 */
export function slotpackDriver(options: SlotpackDriverOptions): SlotpackDriver {
  checkOptions("the unstorage driver", options, {
    backend: "object",
    redis: "object",
    base: "string",
    ttl: (_name, value) => void ttlMsOf(value),
  });
  const backend = openBackend(options);
  const base = normalBase(options.base);
  const own = base === "" ? "" : `${base}:`;
  const name = (key: string): string => own + key;
  const ttlMs = (call?: SlotpackItemOptions): number | undefined => ttlMsOf(call?.ttl ?? options.ttl);
  const below = (relative: string | undefined): KeySpace => {
    const rest = normalBase(relative);
    return { backend, start: rest === "" ? own : `${own}${rest}:` };
  };
  const text = (value: Uint8Array | null | undefined): string | null =>
    value === null || value === undefined ? null : textOf(NAME, value);
  return {
    name: NAME,
    flags: { ttl: true },
    options,
    getInstance: () => backend,
    hasItem: (key) => backend.exists(name(key)),
    getItem: async (key) => text(await backend.get(name(key))),
    async getItems(items) {
      const found = await backend.getMany(items.map(({ key }) => name(key)));
      return items.map(({ key }) => ({ key, value: text(found.get(name(key))) }));
    },
    async getItemRaw(key) {
      const value = await backend.get(name(key));
      return value === null ? null : requireBytes(NAME, value);
    },
    async setItem(key, value, call) {
      await backend.set(name(key), Buffer.from(value), { ttlMs: ttlMs(call) });
    },
    async setItems(items, commonOptions) {
      const entries = items.map(({ key, value, options: call }) => ({
        key: name(key),
        value: Buffer.from(value),
        ttlMs: ttlMs(call ?? commonOptions),
      }));
      const failure = failureOf(await setTimed(backend, entries));
      if (failure !== undefined) throw failure.reason;
    },
    async setItemRaw(key, value, call) {
      await backend.set(name(key), rawBytes(value), { ttlMs: ttlMs(call) });
    },
    async removeItem(key) {
      await backend.delete(name(key));
    },
    async getMeta(key) {
      const leftMs = await backend.ttl(name(key));
      if (leftMs === null) return null;
      return Number.isFinite(leftMs) ? { ttl: Math.ceil(leftMs / 1000) } : {};
    },
    async getKeys(relative) {
      const space = below(relative);
      const inside = space.start.slice(own.length);
      return (await allKeys(space)).map((rest) => inside + rest);
    },
    async clear(relative) {
      await removeKeys(below(relative), CLEAR_BATCH_SIZE);
    },
    dispose: () => backend.disconnect(),
  };
}

export default slotpackDriver;

function openBackend({ backend, redis }: SlotpackDriverOptions): CacheBackend<Uint8Array> {
  if ((backend === undefined) === (redis === undefined))
    throw badOption("backend", "either `backend` or `redis`", backend === undefined ? undefined : "both");
  return requireBytesBackend("the unstorage driver", backend ?? new RedisBackend<Uint8Array>(redis!));
}

/** As unstorage normalizes keys: `:` between the parts, none at the ends. */
function normalBase(base: string | undefined): string {
  return (base ?? "").replaceAll(/[/\\:]+/g, ":").replaceAll(/^:|:$/g, "");
}

/** Seconds to whole milliseconds; undefined, and 0 as in unstorage's own drivers, leave it to the backend. */
function ttlMsOf(ttl: unknown): number | undefined {
  if (ttl === undefined || ttl === null || ttl === 0) return undefined;
  if (typeof ttl === "number" && ttl > 0 && Number.isFinite(ttl)) return Math.ceil(ttl * 1000);
  throw new ConfigError("BAD_TTL", `ttl: expected seconds above 0, got ${String(ttl)}`, { option: "ttl" });
}

function rawBytes(value: unknown): Uint8Array {
  if (typeof value === "string") return Buffer.from(value);
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw badOption("value", "text, an ArrayBuffer or a view of one", value);
}
