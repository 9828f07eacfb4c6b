import { beforeAll, describe, expect, test } from "vitest";
import { createCache, NearCache, RedisBackend } from "../../src/cache/index.ts";
import { connect, KvConnector, RecordStore } from "../../src/index.ts";
import { chunkOf } from "../connector/chunks.ts";
import { until } from "../rig/index.ts";

/** Of a busy machine; what is tested is not the time. */
const PATIENT = { timeoutMs: 30_000, connectTimeoutMs: 30_000 };
const PATIENT_CACHE = { socketTimeoutMs: 30_000 };
// Compiled before anything waits for it.
beforeAll(() => import("../../src/server/index.ts"));

/** Over all nodes of a cluster. */
const KEYS = Array.from({ length: 40 }, (_, index) => `key-${index}`);

describe.each(["embedded://", "embedded://cluster?primaries=3&replicas=1"])(
  "%s as the target of",
  (target) => {
    test("a SlotClient", async () => {
      await using client = await connect(target, PATIENT);
      await client.mset(
        KEYS.map((key) => [key, key]),
        { ttlMs: 60_000 },
      );
      expect((await client.mget([...KEYS, "none"])).map((value) => value?.toString())).toEqual([
        ...KEYS,
        undefined,
      ]);
      const heard: string[] = [];
      await client.subscribe({ channels: ["news"] }, ({ payload }) => heard.push(String(payload)));
      await client.batch().call("PUBLISH", "news", "one").exec();
      await until("it is heard", () => heard.includes("one"));
      const found: string[] = [];
      for await (const key of client.scan("key-*")) found.push(key.toString());
      expect(new Set(found)).toEqual(new Set(KEYS));
      expect(await client.del(KEYS)).toBe(KEYS.length);
    });

    test("a RecordStore", async () => {
      await using client = await connect(target, PATIENT);
      const store = new RecordStore<{ n: number }>(client);
      await store.putMany(
        KEYS.map((key, n) => ({ key, metadata: { n }, bytes: Buffer.alloc(100 + n, key) })),
      );
      const records = await store.getMany([...KEYS, "none"]);
      expect(records.map((record) => record?.metadata.n)).toEqual([...KEYS.keys(), undefined]);
      expect(records[7]?.bytes).toEqual(Buffer.alloc(107, "key-7"));
      expect(await store.prefixLength([...KEYS, "none"])).toBe(KEYS.length);
    });

    test("a KvConnector", async () => {
      await using connector = await KvConnector.connect(target, PATIENT);
      const chunk = chunkOf(3000);
      await connector.batchedPut(
        KEYS,
        KEYS.map(() => chunk),
      );
      expect(await connector.batchedContains([...KEYS, "none"])).toBe(KEYS.length);
      expect((await connector.get(KEYS[3]!))?.bytes).toEqual(chunk.bytes);
      expect(new Set(await connector.list())).toEqual(new Set(KEYS));
      await connector.ping();
    });

    test("a RedisBackend", async () => {
      const backend = new RedisBackend<string>({
        url: target,
        codec: "text",
        keyPrefix: "c:",
        ...PATIENT_CACHE,
      });
      await backend.connect();
      await backend.setMany(KEYS.map((key) => [key, key]));
      expect([...(await backend.getMany(KEYS)).values()]).toEqual(KEYS);
      expect(await backend.wrap("new", () => "made")).toBe("made");
      expect(await backend.get("new")).toBe("made");
      await backend.clear();
      expect(await backend.get("new")).toBeNull();
      await backend.disconnect();
    });

    test("createCache, with a near cache, and with memory to fall back on", async () => {
      const redis = { url: target, ...PATIENT_CACHE };
      const near = createCache<string>({ redis, codec: "text", near: true, fallback: false });
      expect(near).toBeInstanceOf(NearCache);
      await near.connect();
      await near.set("a", "1");
      await until("there is a copy", async () => {
        await near.get("a");
        return (await near.getStats()).parts.near!.hits > 0;
      });
      await near.disconnect();
      const cache = createCache<string>({ redis, codec: "text" });
      await cache.connect();
      await cache.set("a", "1");
      expect(await cache.get("a")).toBe("1");
      await cache.disconnect();
    });
  },
);

test("a backend refuses what names no embedded server", () => {
  for (const url of ["embedded://clusters", "embedded://cluster?primaries=0"])
    expect(() => new RedisBackend({ url })).toThrow(
      expect.objectContaining({ name: "ConfigError", code: "BAD_URL" }),
    );
});
