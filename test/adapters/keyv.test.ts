import { createKeyv } from "@keyv/redis";
import Keyv, { type KeyvStoreAdapter } from "keyv";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KeyvSlotpack, type KeyvSlotpackOptions } from "../../src/adapters/keyv.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";
import { countSocketWrites, describeWithServer, startServer } from "../rig/index.ts";
import { gzipText } from "./gzip-text.ts";

const keys = Array.from({ length: 1000 }, (_, i) => `key-${i}`);

describeEachServer("KeyvSlotpack", (fixture) => {
  let backend: RedisBackend;
  const keyvOn = (namespace?: string, options?: KeyvSlotpackOptions): Keyv =>
    new Keyv(new KeyvSlotpack(backend, options), { namespace, useKeyPrefix: false } as object);

  beforeAll(() => {
    backend = new RedisBackend({ url: fixture.servers.url });
  });
  afterAll(() => backend.disconnect());
  beforeEach(() => fixture.flush());

  test("keeps Keyv's own text under the names of @keyv/redis", async () => {
    const keyv = new Keyv(new KeyvSlotpack(backend));
    await keyv.set("foo", "bar");
    expect(String(await fixture.command("keyv::keyv:foo", "GET", "keyv::keyv:foo"))).toBe('{"value":"bar"}');
    await keyvOn("users").set("foo", 1);
    expect(String(await fixture.command("users::foo", "GET", "users::foo"))).toBe('{"value":1}');
  });

  test("gives a TTL in milliseconds to the server, and none where there is none", async () => {
    const keyv = keyvOn("t");
    await keyv.set("short", 1, 60_000.5);
    await keyv.set("for ever", 1);
    const left = Number(await fixture.command("t::short", "PTTL", "t::short"));
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(60_001);
    expect(await fixture.command("t::for ever", "PTTL", "t::for ever")).toBe(-1);
  });

  test("reads, writes, asks for and removes 1,000 keys in few writes to each node", async () => {
    const keyv = keyvOn("many");
    const entries = keys.map((key, i) => ({ key, value: i }));
    const writes = async <T>(run: () => Promise<T>): Promise<[T, number]> => {
      const { result, byPort } = await countSocketWrites(run);
      return [result, Math.max(...fixture.servers.nodes.map(({ port }) => byPort.get(port)?.writes ?? 0))];
    };
    await keyv.get("connected");
    // 256 keys in one packed write: four for one server, two for each of three primaries.
    const chunks = fixture.clustered ? 2 : 4;
    const [set, setWrites] = await writes(() => keyv.setMany(entries));
    expect(set).toEqual(keys.map(() => true));
    const [got, getWrites] = await writes(() => keyv.getMany([...keys, "none"]));
    expect(got).toEqual([...keys.keys(), undefined]);
    const [has, hasWrites] = await writes(() => keyv.hasMany(["none", ...keys]));
    expect(has).toEqual([false, ...keys.map(() => true)]);
    expect(Math.max(setWrites, getWrites, hasWrites)).toBeLessThanOrEqual(chunks);
    expect(await keyv.deleteMany(keys)).toBe(true);
    expect(await keyv.deleteMany(keys)).toBe(false);
  });

  test("gives each entry of setMany its own TTL, and of two with one key the later one wins", async () => {
    const keyv = keyvOn("t");
    const set = await keyv.setMany([
      { key: "a", value: 1, ttl: 60_000 },
      { key: "b", value: 2 },
      { key: "a", value: 3 },
      { key: "c", value: 4, ttl: 90_000 },
    ]);
    expect(set).toEqual([true, true, true, true]);
    expect(await keyv.getMany(["a", "b", "c"])).toEqual([3, 2, 4]);
    expect(await fixture.command("t::a", "PTTL", "t::a")).toBe(-1);
    expect(Number(await fixture.command("t::c", "PTTL", "t::c"))).toBeGreaterThan(60_000);
  });

  test("clears one namespace on all nodes, with whatever a glob would make of its name", async () => {
    const odd = keyvOn("a*[b]?\\");
    const other = keyvOn("axb?\\");
    await odd.setMany(keys.slice(0, 50).map((key) => ({ key, value: 1 })));
    await other.set("stays", 1);
    await odd.clear();
    expect(await odd.hasMany(keys.slice(0, 50))).toEqual(keys.slice(0, 50).map(() => false));
    expect(await other.get("stays")).toBe(1);
  });

  test("without a namespace clears what belongs to none, or everything where told so", async () => {
    await keyvOn("ns").set("kept", 1);
    const plain = keyvOn("");
    await plain.set("plain", 1);
    await plain.clear();
    expect(await plain.get("plain")).toBeUndefined();
    expect(await keyvOn("ns").get("kept")).toBe(1);
    await keyvOn("", { noNamespaceAffectsAll: true }).clear();
    expect(await keyvOn("ns").get("kept")).toBeUndefined();
  });

  test("iterates over the keys of all nodes in batches", async () => {
    const keyv = keyvOn("many", { clearBatchSize: 64 });
    await keyv.setMany(keys.map((key, i) => ({ key, value: i })));
    await keyvOn("other").set("not this", 1);
    const seen = new Map<string, number>();
    for await (const [key, value] of new KeyvSlotpack(backend, { clearBatchSize: 64 }).iterator("many"))
      seen.set(key as string, JSON.parse(value as string).value);
    expect([...seen].sort(([, a], [, b]) => a - b)).toEqual(keys.map((key, i) => [key, i]));
  });

  test("carries what a compression or a serializer of Keyv makes", async () => {
    const keyv = new Keyv({ store: new KeyvSlotpack(backend), compression: gzipText, namespace: "zip" });
    await keyv.set("big", "x".repeat(10_000));
    expect(await keyv.get("big")).toBe("x".repeat(10_000));
    expect(Number(await fixture.command("zip::zip:big", "STRLEN", "zip::zip:big"))).toBeLessThan(500);
  });

  test("closes the backend at disconnect, until that is connected again", async () => {
    const own = new RedisBackend({ url: fixture.servers.url });
    const keyv = new Keyv(new KeyvSlotpack(own), { throwOnErrors: true });
    await keyv.set("a", 1);
    await keyv.disconnect();
    expect(own.isConnected).toBe(false);
    expect(await keyv.set("a", 2)).toBe(false);
    await own.connect();
    expect(await keyv.get("a")).toBe(1);
    await keyv.disconnect();
  });
});

describeWithServer("KeyvSlotpack beside @keyv/redis", () => {
  test("reads what that wrote, and is read by it", async () => {
    await using server = await startServer();
    const backend = new RedisBackend({ url: server.url });
    const theirs = createKeyv(server.url, { namespace: "shared" });
    const ours = new Keyv(new KeyvSlotpack(backend), { namespace: "shared", useKeyPrefix: false });
    await theirs.set("theirs", { n: 1 });
    await ours.set("ours", { n: 2 }, 60_000);
    expect(await ours.get("theirs")).toEqual({ n: 1 });
    expect(await theirs.get("ours")).toEqual({ n: 2 });
    await theirs.disconnect();
    await backend.disconnect();
  });
});

describeWithServer("a KeyvSlotpack whose server is gone", () => {
  let backend: RedisBackend;
  beforeAll(async () => {
    const server = await startServer();
    await server.stop();
    backend = new RedisBackend({ url: server.url, socketTimeoutMs: 200 });
  });
  afterAll(() => backend.disconnect());

  test("emits the error through Keyv and reads as empty", async () => {
    const keyv = new Keyv(new KeyvSlotpack(backend));
    const errors: { name: string }[] = [];
    keyv.on("error", (error) => errors.push(error));
    expect(await keyv.get("key")).toBeUndefined();
    expect(await keyv.getMany(["key", "other"])).toEqual([undefined, undefined]);
    expect(await keyv.set("key", 1)).toBe(false);
    expect(await keyv.setMany([{ key: "key", value: 1 }])).toEqual([false]);
    expect(await keyv.has("key")).toBe(false);
    expect(await keyv.hasMany(["key", "other"])).toEqual([false, false]);
    expect(await keyv.delete("key")).toBe(false);
    expect(await keyv.deleteMany(["key"])).toBe(false);
    await keyv.clear();
    expect(errors.map(({ name }) => name)).toEqual(Array(9).fill("CacheConnectionError"));
  });

  test("rejects as well with throwOnErrors", async () => {
    const keyv = new Keyv(new KeyvSlotpack(backend, { throwOnErrors: true }), { throwOnErrors: true });
    keyv.on("error", () => undefined);
    await expect(keyv.get("key")).rejects.toMatchObject({ name: "CacheConnectionError" });
    await expect(keyv.set("key", 1)).rejects.toMatchObject({ name: "CacheConnectionError" });
    await expect(keyv.getMany(["key"])).rejects.toMatchObject({ name: "CacheConnectionError" });
  });

  test("rejects where nobody listens for errors", async () => {
    await expect(new KeyvSlotpack(backend).get("key")).rejects.toMatchObject({
      name: "CacheConnectionError",
    });
  });
});

describe("the input of KeyvSlotpack", () => {
  const backend = new MemoryBackend();

  test("is Keyv's storage adapter by type", () => {
    const adapter: KeyvStoreAdapter = new KeyvSlotpack(backend);
    expect(adapter.opts.dialect).toBe("redis");
  });

  test.each([
    ["a backend that is none", () => new KeyvSlotpack({} as never), "BAD_OPTION"],
    ["a mistyped option", () => new KeyvSlotpack(backend, { nameSpace: "a" } as never), "UNKNOWN_OPTION"],
    ["a namespace that is no text", () => new KeyvSlotpack(backend, { namespace: 1 } as never), "BAD_OPTION"],
    ["a batch of no keys", () => new KeyvSlotpack(backend, { clearBatchSize: 0 }), "BAD_OPTION"],
    ["a codec that makes values", () => new KeyvSlotpack(new MemoryBackend({ codec: "json" })), "BAD_CODEC"],
  ])("%s is refused", (_what, make, code) => {
    expect(make).toThrow(expect.objectContaining({ name: "ConfigError", code }));
  });

  test.each([
    ["a value that was not serialized", { value: 1 }, undefined, "BAD_OPTION"],
    ["a TTL below 0", "text", -1, "BAD_TTL"],
    ["a TTL that is no number", "text", Number.NaN, "BAD_TTL"],
  ])("%s is refused, listener or not", async (_what, value, ttl, code) => {
    const store = new KeyvSlotpack(backend).on("error", () => undefined);
    const refusal = { name: "ConfigError", code };
    await expect(store.set("key", value, ttl)).rejects.toMatchObject(refusal);
    await expect(store.setMany([{ key: "key", value, ttl }])).rejects.toMatchObject(refusal);
    expect(await store.has("key")).toBe(false);
  });
});
