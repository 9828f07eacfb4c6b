import { type CacheBackend, type CacheEntry, jsonCodec, RedisBackend } from "../../src/cache/index.ts";
import { type Equal, same } from "./equal.ts";

interface User {
  name: string;
}

export async function use(): Promise<void> {
  const users = new RedisBackend<User>({ codec: "json", ttlMs: 1_000 });
  const backend: CacheBackend<User> = users;
  const one = await backend.get("a");
  same<Equal<typeof one, User | null>>();
  const many = await users.getMany(["a"]);
  same<Equal<typeof many, Map<string, User>>>();
  const entry = await users.getWithMetadata("a");
  same<Equal<typeof entry, CacheEntry<User> | null>>();
  const wrapped = await users.wrap("a", async () => ({ name: "Ada", admin: true }));
  same<Equal<typeof wrapped, { name: string; admin: boolean }>>();
  // @ts-expect-error: no User
  await users.set("a", { nam: "Ada" });
  // @ts-expect-error: an option of set, not of setMany
  await users.setMany([["a", { name: "Ada" }]], { nx: true });

  // The codec says what the values are.
  const inferred = new RedisBackend({ codec: jsonCodec<User>() });
  const user = await inferred.get("a");
  same<Equal<typeof user, User | null>>();
  const bytes = await new RedisBackend({ url: "redis://localhost" }).get("a");
  same<Equal<typeof bytes, Uint8Array | null>>();
}
