import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { EmbeddingCache } from "../../src/recipes/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { FakeModel } from "./fake-model.ts";

const TEXTS = Array.from({ length: 500 }, (_, i) => `chunk ${i} of a document`);
const sha256 = (text: string) => createHash("sha256").update(text).digest();

describeEachServer("EmbeddingCache", (on) => {
  beforeEach(() => on.flush());
  const backend = () => new RedisBackend({ client: on.client });

  test("computes what is missing, each text once, and gives every text its vector at its index", async () => {
    const model = new FakeModel();
    const cache = new EmbeddingCache(backend(), { embed: model.embed });
    await cache.embedMany(["b", "d"]);
    const vectors = await cache.embedMany(["a", "b", "a", "c", "d", "c"]);
    expect(vectors).toEqual(["a", "b", "a", "c", "d", "c"].map((text) => model.expected(text)));
    expect(model.calls).toEqual([
      ["b", "d"],
      ["a", "c"],
    ]);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 4, computed: 4, errors: 0 });
    vectors[0]![0] = 99;
    expect(vectors[2]).toEqual(model.expected("a"));
    expect(await cache.embed("a")).toEqual(model.expected("a"));
  });

  test("stores 40 bytes and a float32 per dimension under 16 digits of the text's sha256", async () => {
    const model = new FakeModel(3);
    const cache = new EmbeddingCache(backend(), { embed: model.embed, ttlMs: 60_000 });
    await cache.embed("Grüße");
    const digest = sha256("Grüße");
    const key = `embedding:${digest.toString("hex").slice(0, 16)}`;
    expect(cache.keyOf("Grüße")).toBe(key);
    const head = Buffer.concat([Buffer.from([0x53, 0x50, 0x45, 1, 3, 0, 0, 0]), digest]);
    const floats = Buffer.alloc(12);
    model.vector("Grüße").forEach((number, i) => {
      floats.writeFloatLE(number, 4 * i);
    });
    expect(await on.command(key, "GET", key)).toEqual(Buffer.concat([head, floats]));
    const ttl = (await on.command(key, "PTTL", key)) as number;
    expect(ttl).toBeGreaterThan(1);
    expect(ttl).toBeLessThanOrEqual(60_000);
  });

  test("reads 500 stored vectors with one packed write per node, and writes them so", async () => {
    const model = new FakeModel(64);
    const client = await on.connect({ topologyRefreshMs: 600_000, chunkSize: 512 });
    const cache = new EmbeddingCache(new RedisBackend({ client }), { embed: model.embed });
    const nodes = on.servers.nodes.length;
    const before = client.stats().socketWrites;
    await cache.embedMany(TEXTS);
    expect(client.stats().socketWrites - before).toBeLessThanOrEqual(2 * nodes);
    const stored = client.stats().socketWrites;
    expect(await cache.embedMany(TEXTS)).toEqual(TEXTS.map((text) => model.expected(text)));
    expect(client.stats().socketWrites - stored).toBe(nodes);
    expect(model.calls).toEqual([TEXTS]);
  });

  test("takes another text's vector under the same key for a miss, and says so", async () => {
    const model = new FakeModel();
    const cache = new EmbeddingCache(backend(), { embed: model.embed });
    await cache.embed("one");
    const bytes = (await on.command(cache.keyOf("one"), "GET", cache.keyOf("one"))) as Buffer;
    await on.command(cache.keyOf("two"), "SET", cache.keyOf("two"), bytes);
    expect(await cache.embed("two")).toEqual(model.expected("two"));
    expect(cache.stats()).toMatchObject({ collisions: 1, computed: 2 });
    expect(await cache.embed("two")).toEqual(model.expected("two"));
    expect(model.texts).toEqual(["one", "two"]);
  });

  test("computes again where the key holds no vector", async () => {
    const model = new FakeModel();
    const cache = new EmbeddingCache(backend(), { embed: model.embed });
    await cache.embedMany(["cut", "long"]);
    const bytes = (await on.command(cache.keyOf("cut"), "GET", cache.keyOf("cut"))) as Buffer;
    await on.command(cache.keyOf("cut"), "SET", cache.keyOf("cut"), bytes.subarray(0, -1));
    await on.command(cache.keyOf("text"), "SET", cache.keyOf("text"), "[0.1, 0.2]");
    await on.command(cache.keyOf("long"), "APPEND", cache.keyOf("long"), "1234");
    const texts = ["cut", "text", "long"];
    expect(await cache.embedMany(texts)).toEqual(texts.map((text) => model.expected(text)));
    expect(cache.stats().unreadable).toBe(3);
  });

  test("keeps models apart that have a namespace each", async () => {
    const [small, large] = [new FakeModel(4), new FakeModel(6)];
    const one = new EmbeddingCache(backend(), { embed: small.embed, namespace: "small" });
    const other = new EmbeddingCache(backend(), { embed: large.embed, namespace: "large" });
    await one.embed("x");
    await other.embed("x");
    expect(await one.embed("x")).toEqual(small.expected("x"));
    expect(await other.embed("x")).toEqual(large.expected("x"));
    expect(one.keyOf("x")).toMatch(/^embedding:small:[0-9a-f]{16}$/);
    expect([...small.calls, ...large.calls]).toHaveLength(2);
  });

  test("deletes the vectors of texts", async () => {
    const model = new FakeModel();
    const cache = new EmbeddingCache(backend(), { embed: model.embed });
    await cache.embedMany(["a", "b"]);
    expect(await cache.delete(["a", "a", "c"])).toBe(1);
    await cache.embedMany(["a", "b"]);
    expect(model.texts).toEqual(["a", "b", "a"]);
  });
});

describe("EmbeddingCache over memory", () => {
  test("serves LangChain's two methods with arrays of numbers", async () => {
    const model = new FakeModel();
    const cache = new EmbeddingCache(new MemoryBackend(), { embed: model.embed });
    expect(await cache.embedDocuments(["a", "b"])).toEqual([
      Array.from(model.expected("a")),
      Array.from(model.expected("b")),
    ]);
    expect(await cache.embedQuery("a")).toEqual(Array.from(model.expected("a")));
    expect(model.calls).toHaveLength(1);
  });

  test("gives nothing for nothing, without asking anybody", async () => {
    const model = new FakeModel();
    const cache = new EmbeddingCache(new MemoryBackend(), { embed: model.embed });
    expect(await cache.embedMany([])).toEqual([]);
    expect(model.calls).toEqual([]);
  });

  test("cuts a batch into calls of at most maxBatchSize texts", async () => {
    const model = new FakeModel();
    const cache = new EmbeddingCache(new MemoryBackend(), { embed: model.embed, maxBatchSize: 200 });
    expect(await cache.embedMany(TEXTS)).toEqual(TEXTS.map((text) => model.expected(text)));
    expect(model.calls.map((texts) => texts.length)).toEqual([200, 200, 100]);
  });
});
