import type { BaseCache } from "@langchain/core/caches";
import type { BaseStore } from "@langchain/core/stores";
import session, { type Store } from "express-session";
import Keyv, { type KeyvStoreAdapter } from "keyv";
import { createStorage, type Driver } from "unstorage";
import { type SlotpackSessionStore, sessionStore } from "../../src/adapters/express-session.ts";
import { KeyvSlotpack } from "../../src/adapters/keyv.ts";
import { SlotpackLlmCache, SlotpackStore } from "../../src/adapters/langchain.ts";
import { slotpackDriver } from "../../src/adapters/unstorage.ts";
import type { CacheBackend } from "../../src/cache/index.ts";
import { type Equal, same } from "./equal.ts";

export async function use(bytes: CacheBackend, values: CacheBackend<{ n: number }>): Promise<void> {
  // Each is what its framework takes.
  const adapter: KeyvStoreAdapter = new KeyvSlotpack(bytes, { namespace: "a" });
  new Keyv(new KeyvSlotpack(bytes));
  new Keyv({ store: adapter });
  const driver: Driver = slotpackDriver({ backend: bytes, base: "a", ttl: 1 });
  createStorage({ driver });
  const store: Store = sessionStore(bytes, { ttlMs: 1000 });
  session({ secret: "s", store });
  const texts: BaseStore<string, Uint8Array> = new SlotpackStore(bytes, { ttlMs: null });
  const answers: BaseCache = new SlotpackLlmCache(bytes);

  const length = await (store as SlotpackSessionStore).length();
  same<Equal<typeof length, number>>();
  const found = await texts.mget(["a"]);
  same<Equal<typeof found, (Uint8Array | undefined)[]>>();
  await answers.lookup("prompt", "model");

  // @ts-expect-error values that are not bytes
  new KeyvSlotpack(values);
  // @ts-expect-error values that are not bytes
  sessionStore(values);
  // @ts-expect-error milliseconds are called so
  new SlotpackStore(bytes, { ttl: 1 });
  // @ts-expect-error no such option
  slotpackDriver({ backend: bytes, prefix: "a" });
}
