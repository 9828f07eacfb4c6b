import { AIMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SlotpackLlmCache, SlotpackStore } from "../../src/adapters/langchain.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";
import { countSocketWrites, describeWithServer, startServer } from "../rig/index.ts";

const keys = Array.from({ length: 500 }, (_, i) => `doc:${i}`);
const bytesOf = (i: number): Uint8Array => Uint8Array.of(i & 255, 0, 255, 13, 10);

async function collect(iterator: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const key of iterator) found.push(key);
  return found.sort();
}

describeEachServer("LangChain on a RedisBackend", (fixture) => {
  let backend: RedisBackend;
  beforeAll(() => {
    backend = new RedisBackend({ url: fixture.servers.url });
  });
  afterAll(() => backend.disconnect());
  beforeEach(() => fixture.flush());

  test("the store reads, lists and deletes what it set, over any slots in few writes", async () => {
    const store = new SlotpackStore(backend, { prefix: "emb:" });
    const chunks = fixture.clustered ? 1 : 2;
    await store.mget(["connected"]);
    await store.mset(keys.map((key, i) => [key, bytesOf(i)]));
    const { result, byPort } = await countSocketWrites(() => store.mget(["none", ...keys]));
    for (const { port } of fixture.servers.nodes)
      expect(byPort.get(port)?.writes ?? 0).toBeLessThanOrEqual(chunks);
    expect(result.map((value) => value && [...value])).toEqual([
      undefined,
      ...keys.map((_, i) => [...bytesOf(i)]),
    ]);
    expect(await collect(store.yieldKeys())).toEqual([...keys].sort());
    expect(await collect(store.yieldKeys("doc:4"))).toEqual(
      keys.filter((key) => key.startsWith("doc:4")).sort(),
    );
    await store.mdelete(keys.slice(1));
    expect(await collect(store.yieldKeys())).toEqual(["doc:0"]);
  });

  test("the store keeps bytes as they are, with its TTL", async () => {
    const store = new SlotpackStore(backend, { ttlMs: 60_000 });
    await store.mset([["a", bytesOf(7)]]);
    expect([...((await fixture.command("a", "GET", "a")) as Buffer)]).toEqual([...bytesOf(7)]);
    expect(Number(await fixture.command("a", "PTTL", "a"))).toBeGreaterThan(30_000);
  });

  test("a prefix is taken literally", async () => {
    const store = new SlotpackStore(backend);
    await store.mset([
      ["a*b", bytesOf(1)],
      ["axb", bytesOf(2)],
    ]);
    expect(await collect(store.yieldKeys("a*"))).toEqual(["a*b"]);
  });

  test("a chat model with the cache answers the same question once", async () => {
    const cache = new SlotpackLlmCache(backend, { ttlMs: 60_000 });
    const model = new FakeListChatModel({ responses: ["first", "second", "third"], cache });
    expect((await model.invoke("question")).content).toBe("first");
    const again = await model.invoke("question");
    expect(again.content).toBe("first");
    expect(again).toBeInstanceOf(AIMessage);
    expect((await model.invoke("another question")).content).toBe("second");
    const stored: string[] = [];
    for await (const key of backend.keys("llm:*")) stored.push(key);
    expect(stored).toHaveLength(2);
    for (const key of stored) {
      expect(key).toMatch(/^llm:[0-9a-f]{64}$/);
      expect(Number(await fixture.command(key, "PTTL", key))).toBeGreaterThan(30_000);
    }
  });
});

describe("the LangChain cache", () => {
  const message = new AIMessage({ content: "ä", tool_calls: [{ name: "f", args: { x: 1 }, id: "1" }] });

  test("gives generations back with their messages", async () => {
    const cache = new SlotpackLlmCache(new MemoryBackend());
    const generations = [{ text: "plain" }, { text: "ä", message }];
    expect(await cache.lookup("p", "m")).toBeNull();
    await cache.update("p", "m", generations);
    const found = (await cache.lookup("p", "m")) as typeof generations;
    expect(found.map(({ text }) => text)).toEqual(["plain", "ä"]);
    expect(found[1]?.message?.toDict()).toEqual(message.toDict());
  });

  test("has different keys for pairs that LangChain's own encoder would join to one text", async () => {
    const cache = new SlotpackLlmCache(new MemoryBackend());
    await cache.update("a_b", "c", [{ text: "one" }]);
    expect(await cache.lookup("a", "b_c")).toBeNull();
  });

  test("takes another encoder of keys", async () => {
    const backend = new MemoryBackend();
    const cache = new SlotpackLlmCache(backend, { prefix: "" });
    cache.makeDefaultKeyEncoder((...parts) => parts.join("|"));
    await cache.update("p", "m", [{ text: "t" }]);
    expect(await backend.exists("p|m")).toBe(true);
  });

  test("says so when something else is stored under its key", async () => {
    const backend = new MemoryBackend();
    const cache = new SlotpackLlmCache(backend, { prefix: "" });
    cache.makeDefaultKeyEncoder((prompt = "") => prompt);
    await backend.set("p", Buffer.from("no JSON"));
    const refusal = { name: "CacheOperationError", code: "BAD_VALUE" };
    await expect(cache.lookup("p", "m")).rejects.toMatchObject(refusal);
  });
});

describeWithServer("LangChain whose server is gone", () => {
  test("gets the error from store, cache and model", async () => {
    const server = await startServer();
    await server.stop();
    const backend = new RedisBackend({ url: server.url, socketTimeoutMs: 200 });
    const gone = { name: "CacheConnectionError" };
    const store = new SlotpackStore(backend);
    await expect(store.mget(["a"])).rejects.toMatchObject(gone);
    await expect(collect(store.yieldKeys())).rejects.toMatchObject(gone);
    const cache = new SlotpackLlmCache(backend);
    await expect(cache.lookup("p", "m")).rejects.toMatchObject(gone);
    const model = new FakeListChatModel({ responses: ["first"], cache });
    await expect(model.invoke("question")).rejects.toMatchObject(gone);
    await backend.disconnect();
  });
});

describe("the input of the LangChain adapters", () => {
  const backend = new MemoryBackend();

  test.each([
    ["a backend that is none", () => new SlotpackStore(null as never), "BAD_OPTION"],
    ["a mistyped option", () => new SlotpackStore(backend, { ttl: 1 } as never), "UNKNOWN_OPTION"],
    ["a TTL of 0", () => new SlotpackLlmCache(backend, { ttlMs: 0 }), "BAD_TTL"],
    [
      "a codec that makes values",
      () => new SlotpackLlmCache(new MemoryBackend<unknown>({ codec: "msgpack" }) as never),
      "BAD_CODEC",
    ],
  ])("%s is refused", (_what, make, code) => {
    expect(make).toThrow(expect.objectContaining({ name: "ConfigError", code }));
  });

  test("a value that is no bytes is refused, nothing stored", async () => {
    const store = new SlotpackStore(backend);
    const pairs = [
      ["a", bytesOf(1)],
      ["b", "text"],
    ] as [string, Uint8Array][];
    await expect(store.mset(pairs)).rejects.toMatchObject({ code: "BAD_OPTION" });
    expect(await store.mget(["a"])).toEqual([undefined]);
  });
});
