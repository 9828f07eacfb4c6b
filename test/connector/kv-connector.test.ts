import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  CacheEngineKey,
  KvConnector,
  LayerCacheEngineKey,
  type LayoutName,
  lmcacheMetadata,
  PingCode,
  RecordStore,
} from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { chunkOf, keysOf } from "./chunks.ts";

const MB = 1024 ** 2;

describeEachServer("KvConnector", (on) => {
  let connector: KvConnector;
  beforeAll(async () => {
    connector = await KvConnector.connect(on.servers.url, { timeoutMs: 30_000 });
  });
  afterAll(() => connector.close());
  beforeEach(() => on.flush());

  test("reads what it wrote, and knows what is there", async () => {
    const chunk = chunkOf(3000);
    expect(await connector.exists("k")).toBe(false);
    expect(await connector.get("k")).toBeNull();
    await connector.put("k", chunk);
    expect(await connector.exists("k")).toBe(true);
    expect(await connector.get("k")).toEqual({ key: "k", ...chunk });
    const into = Buffer.alloc(5000);
    const placed = await connector.get("k", { into });
    expect(placed?.bytes.buffer).toBe(into.buffer);
    expect(into.subarray(0, 3000)).toEqual(chunk.bytes);
  });

  test("stores LMCache's own records by default", async () => {
    const chunk = chunkOf(64);
    await connector.put("k", chunk);
    const metadata = await on.command("{k}:metadata", "GET", "{k}:metadata");
    expect(metadata).toEqual(Buffer.from(lmcacheMetadata().encode(chunk.metadata, 64)));
    expect(await on.command("{k}:kv_bytes", "GET", "{k}:kv_bytes")).toEqual(chunk.bytes);
    const store = new RecordStore(on.client, { metadata: lmcacheMetadata() });
    expect(await store.getMany(["k"])).toEqual([{ key: "k", ...chunk }]);
  });

  test("aligns a batch with its keys, and counts the prefix up to the first gap", async () => {
    const keys = keysOf(40);
    const stored = keys.filter((_, i) => i !== 7 && i !== 20);
    await connector.batchedPut(
      stored,
      stored.map((_, i) => chunkOf(100 + 2 * i)),
    );
    const records = await connector.batchedGet(keys);
    expect(records.map((record) => record?.key ?? null)).toEqual(
      keys.map((key, i) => (i === 7 || i === 20 ? null : key)),
    );
    expect(await connector.batchedContains(keys)).toBe(7);
    expect(await connector.batchedAsyncContains("lookup", keys)).toBe(7);
    expect(await connector.batchedAsyncContains("lookup", keys.slice(8))).toBe(12);
    expect(await connector.batchedContains(stored)).toBe(38);
    const prefix = await connector.batchedGetNonBlocking("lookup", keys);
    expect(prefix.map(({ key }) => key)).toEqual(keys.slice(0, 7));
    expect(await connector.batchedGetNonBlocking("lookup", ["none", ...keys])).toEqual([]);
    expect(connector.stats()).toMatchObject({ waitingJobs: 0, activeJobs: 0 });
  });

  test("takes empty batches, and a key more than once", async () => {
    await connector.batchedPut([], []);
    expect(await connector.batchedGet([])).toEqual([]);
    expect(await connector.batchedContains([])).toBe(0);
    expect(await connector.batchedRemove([])).toBe(0);
    const [first, second] = [chunkOf(10), chunkOf(20)];
    await connector.batchedPut(["twice", "once", "twice"], [first, first, second]);
    const records = await connector.batchedGet(["twice", "twice", "once"]);
    expect(records.map((record) => record?.bytes)).toEqual([second.bytes, second.bytes, first.bytes]);
    expect(await connector.batchedContains(["twice", "twice"])).toBe(2);
  });

  test("takes half a record for none", async () => {
    const keys = keysOf(6);
    await connector.batchedPut(
      keys,
      keys.map(() => chunkOf(50)),
    );
    await on.command(`{${keys[2]}}:kv_bytes`, "DEL", `{${keys[2]}}:kv_bytes`);
    await on.command(`{${keys[4]}}:metadata`, "DEL", `{${keys[4]}}:metadata`);
    expect(await Promise.all(keys.map((key) => connector.exists(key)))).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(await connector.batchedContains(keys)).toBe(2);
    expect((await connector.batchedGet(keys)).map((record) => record === null)).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(await connector.batchedGetNonBlocking("", keys)).toHaveLength(2);
    expect((await connector.list()).sort()).toEqual([0, 1, 3, 5].map((i) => keys[i]));
  });

  test("removes both halves", async () => {
    const keys = keysOf(5);
    await connector.batchedPut(
      keys,
      keys.map(() => chunkOf(50)),
    );
    expect(await connector.remove(keys[0]!)).toBe(true);
    expect(await connector.remove(keys[0]!)).toBe(false);
    expect(await connector.batchedRemove([...keys, "never"])).toBe(4);
    const left = await Promise.all(on.servers.nodes.map((node) => node.command("DBSIZE")));
    expect(left.every((count) => count === 0)).toBe(true);
  });

  test("takes keys as LMCache's parts", async () => {
    const parts = {
      modelName: "meta-llama/Llama-3.1-8B",
      worldSize: 1,
      workerId: 0,
      chunkHash: -0x4dc3abe5a2caeb43n,
      dtype: "bfloat16" as const,
    };
    const key = new CacheEngineKey(parts);
    const layer = new LayerCacheEngineKey({ ...parts, layerId: 3 });
    const chunk = chunkOf(128);
    await connector.batchedPut([key, layer], [chunk, chunk]);
    expect(await connector.exists(key)).toBe(true);
    expect(await connector.batchedContains([String(key), layer])).toBe(2);
    expect((await connector.get(layer))?.key).toBe(String(layer));
    expect((await connector.list("meta-llama/")).sort()).toEqual([String(key), String(layer)].sort());
  });

  test("keeps salts apart, and hides them", async () => {
    const [red, blue] = ["red", "blue"].map((salt) => new KvConnector(on.client, { salt }));
    await red!.batchedPut(["a", "b"], [chunkOf(10), chunkOf(20)]);
    await blue!.put("a", chunkOf(30));
    expect(await on.command("{a@red}:kv_bytes", "STRLEN", "{a@red}:kv_bytes")).toBe(10);
    expect((await red!.batchedGet(["a", "b"])).map((record) => [record?.key, record?.bytes.length])).toEqual([
      ["a", 10],
      ["b", 20],
    ]);
    expect(await blue!.batchedContains(["a", "b"])).toBe(1);
    expect((await red!.list()).sort()).toEqual(["a", "b"]);
    expect(await blue!.list()).toEqual(["a"]);
    expect(await blue!.remove("a")).toBe(true);
    expect(await red!.exists("a")).toBe(true);
    expect(await connector.exists("a")).toBe(false);
    await Promise.all([red!.close(), blue!.close()]);
  });

  test("lets records live for the connector's time, for the put's own, or for ever", async () => {
    const brief = new KvConnector(on.client, { ttlMs: 60_000 });
    await brief.put("connector", chunkOf(10));
    await brief.put("put", chunkOf(10), { ttlMs: 600_000 });
    await brief.batchedPut(["ever"], [chunkOf(10)], { ttlMs: null });
    const life = async (name: string) => (await on.command(name, "PTTL", name)) as number;
    expect(await life("{connector}:metadata")).toBeLessThanOrEqual(60_000);
    expect(await life("{connector}:kv_bytes")).toBeGreaterThan(await life("{connector}:metadata"));
    expect(await life("{put}:metadata")).toBeGreaterThan(500_000);
    expect(await life("{ever}:metadata")).toBe(-1);
    await brief.close();
  });

  test("moves values of 32 MB, and batches in several portions", async () => {
    const large = chunkOf(32 * MB);
    await connector.put("large", large);
    expect(Buffer.compare((await connector.get("large"))!.bytes, large.bytes)).toBe(0);
    const keys = keysOf(9);
    const chunks = keys.map(() => chunkOf(3 * MB));
    await connector.batchedPut(keys, chunks);
    const records = await connector.batchedGet(keys);
    for (const [i, record] of records.entries())
      expect(Buffer.compare(record!.bytes, chunks[i]!.bytes)).toBe(0);
    expect(await connector.batchedContains(["large", ...keys])).toBe(10);
  });

  describe.each(["upstream-pair", "colon-pair", "tagged-pair", "packed"] as LayoutName[])(
    "in %s",
    (layout) => {
      test("does all of it, and reads any layout when asked to", async () => {
        const own = new KvConnector(on.client, { layout });
        const any = new KvConnector(on.client, { readLayouts: "any" });
        const keys = keysOf(12);
        const chunks = keys.map((_, i) => chunkOf(10 + 2 * i));
        await own.batchedPut(keys, chunks);
        for (const reader of [own, any]) {
          expect(await reader.batchedContains([...keys, "none"])).toBe(12);
          const records = await reader.batchedGet(keys);
          expect(records.map((record) => record?.bytes)).toEqual(chunks.map(({ bytes }) => bytes));
          expect((await reader.list()).sort()).toEqual([...keys].sort());
          expect(await reader.list("key 1")).toHaveLength(3);
          expect(reader.existsSync(keys[3]!)).toBe(true);
          expect(reader.existsSync("none")).toBe(false);
        }
        expect(await own.batchedRemove(keys)).toBe(12);
        expect(await any.list()).toEqual([]);
        await Promise.all([own.close(), any.close()]);
      });
    },
  );

  test("tells metadata of values that store none", async () => {
    const { shapes } = chunkOf(16).metadata;
    const values = new KvConnector(on.client, {
      layout: "value-only",
      valueMetadata: (byteLength) => (byteLength === 16 ? chunkOf(16).metadata : undefined),
    });
    await values.put("k", chunkOf(16));
    await on.command("other", "SET", "other", "not a chunk");
    await on.command("hash", "HSET", "hash", "field", "value");
    expect(await on.command("k", "STRLEN", "k")).toBe(16);
    expect((await values.batchedGet(["k", "other"])).map((record) => record?.metadata.shapes)).toEqual([
      shapes,
      undefined,
    ]);
    expect(await values.list()).toEqual(["k"]);
    await values.close();
  });

  test("says what it supports, and that the servers answer", async () => {
    expect([
      connector.supportPing(),
      connector.supportBatchedPut(),
      connector.supportBatchedGet(),
      connector.supportBatchedContains(),
      connector.supportBatchedAsyncContains(),
      connector.supportBatchedGetNonBlocking(),
    ]).toEqual([true, true, true, true, true, true]);
    expect(await connector.ping()).toBe(PingCode.OK);
  });
});
