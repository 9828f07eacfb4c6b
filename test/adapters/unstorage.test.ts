import { createStorage, type Driver, type Storage } from "unstorage";
import redisDriver from "unstorage/drivers/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import defaultDriver, { slotpackDriver } from "../../src/adapters/unstorage.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";
import { countSocketWrites, describeWithServer, startCluster, startServer } from "../rig/index.ts";

const keys = Array.from({ length: 1000 }, (_, i) => `key-${i}`);

describeEachServer("the unstorage driver", (fixture) => {
  let backend: RedisBackend;
  let storage: Storage;
  beforeAll(() => {
    backend = new RedisBackend({ url: fixture.servers.url });
    storage = createStorage({ driver: slotpackDriver({ backend, base: "app" }) });
  });
  afterAll(() => storage.dispose());
  beforeEach(() => fixture.flush());

  test("keeps an item as plain text under base and key", async () => {
    await storage.setItem("users:1", { name: "Ada" });
    expect(String(await fixture.command("app:users:1", "GET", "app:users:1"))).toBe('{"name":"Ada"}');
    expect(await storage.getItem("users:1")).toEqual({ name: "Ada" });
    expect(await storage.hasItem("users:1")).toBe(true);
    await storage.removeItem("users:1");
    expect([await storage.hasItem("users:1"), await storage.getItem("users:1")]).toEqual([false, null]);
  });

  test("reads and writes 1,000 items over any slots in few writes to each node", async () => {
    const chunks = fixture.clustered ? 2 : 4;
    const most = (byPort: ReadonlyMap<number, { writes: number }>): number =>
      Math.max(...fixture.servers.nodes.map(({ port }) => byPort.get(port)?.writes ?? 0));
    await storage.getItem("connected");
    const items = keys.map((key, value) => ({ key, value }));
    const written = await countSocketWrites(() => storage.setItems(items));
    const read = await countSocketWrites(() => storage.getItems(["none", ...keys, "key-7"]));
    expect(read.result).toEqual([{ key: "none", value: null }, ...items, { key: "key-7", value: 7 }]);
    expect(Math.max(most(written.byPort), most(read.byPort))).toBeLessThanOrEqual(chunks);
  });

  test("lists every key of every node, below a base or all of them", async () => {
    await storage.setItems(keys.map((key) => ({ key: `list:${key}`, value: 1 })));
    await storage.setItem("listless", 1);
    await fixture.command("other:list:1", "SET", "other:list:1", "1");
    const listed = keys.map((key) => `list:${key}`).sort();
    expect((await storage.getKeys("list")).sort()).toEqual(listed);
    expect((await storage.getKeys()).sort()).toEqual([...listed, "listless"].sort());
    expect(await storage.getKeys("", { maxDepth: 0 })).toEqual(["listless"]);
  });

  test("takes bases literally, with whatever a glob would make of them", async () => {
    const driver = slotpackDriver({ backend, base: "a[b]*" });
    const odd = createStorage({ driver });
    const near = createStorage({ driver: slotpackDriver({ backend, base: "abc" }) });
    await odd.setItem("x*y:1", "odd");
    await odd.setItem("xxy:1", "odd too");
    await near.setItem("x*y:1", "near");
    expect(await odd.getKeys("x*y")).toEqual(["x*y:1"]);
    expect((await odd.getKeys()).sort()).toEqual(["x*y:1", "xxy:1"]);
    // A storage hands a base on to `clear` only where a driver is mounted below it.
    await driver.clear("x*y:");
    expect(await odd.getKeys()).toEqual(["xxy:1"]);
    await odd.clear();
    expect([await odd.getKeys(), await near.getKeys()]).toEqual([[], ["x*y:1"]]);
  });

  test("takes seconds as TTL, per item before the driver's own, and tells what is left", async () => {
    const driver = slotpackDriver({ backend, base: "ttl", ttl: 100 });
    const timed = createStorage({ driver });
    await timed.setItem("own", 1);
    await timed.setItem("call", 1, { ttl: 500 });
    await timed.setItems([
      { key: "item", value: 1, options: { ttl: 1000 } },
      { key: "batch", value: 2 },
    ]);
    const ttls = await Promise.all(
      ["own", "call", "item", "batch"].map(async (key) => (await timed.getMeta(key)).ttl),
    );
    const slack = 60;
    for (const [i, ttl] of [100, 500, 1000, 100].entries()) {
      expect(ttls[i]).toBeLessThanOrEqual(ttl);
      expect(ttls[i]).toBeGreaterThan(ttl - slack);
    }
    expect(await timed.getMeta("none", { nativeOnly: true })).toEqual({});
    await storage.setItem("for ever", 1);
    expect(await storage.getMeta("for ever", { nativeOnly: true })).toEqual({});
  });

  test("keeps unstorage's own metadata beside an item, out of the list of keys", async () => {
    await storage.setItem("doc", "text");
    await storage.setMeta("doc", { author: "Ada" });
    expect(await storage.getMeta("doc")).toMatchObject({ author: "Ada" });
    expect(await storage.getKeys()).toEqual(["doc"]);
  });

  test("gives raw bytes back as they were", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await storage.setItemRaw("bytes", bytes);
    await storage.setItemRaw("part", bytes.buffer.slice(7, 9));
    await storage.setItemRaw("text", "grün");
    expect([...(await storage.getItemRaw<Buffer>("bytes"))!]).toEqual([...bytes]);
    expect([...(await storage.getItemRaw<Buffer>("part"))!]).toEqual([7, 8]);
    expect(String(await storage.getItemRaw("text"))).toBe("grün");
    expect(await storage.getItemRaw("none")).toBeNull();
  });

  test("serves a mount of a storage", async () => {
    const mounted = createStorage();
    mounted.mount("cache", slotpackDriver({ backend, base: "mounted" }));
    await mounted.setItem("cache:a:b", 1);
    await mounted.setItem("elsewhere", 1);
    expect(await mounted.getKeys("cache")).toEqual(["cache:a:b"]);
    expect(await mounted.getItems(["cache:a:b", "elsewhere"])).toEqual([
      { key: "cache:a:b", value: 1 },
      { key: "elsewhere", value: 1 },
    ]);
    await mounted.clear("cache");
    expect(await mounted.getKeys()).toEqual(["elsewhere"]);
  });

  test("makes its own backend of plain data, as a configuration file has it", async () => {
    const driver = defaultDriver({ redis: { url: fixture.servers.url }, base: "plain" });
    const own = createStorage({ driver });
    await own.setItem("a", 1);
    expect(await own.getKeys()).toEqual(["a"]);
    await own.dispose();
  });
});

describeWithServer("the unstorage driver beside unstorage's own", () => {
  test("reads what that wrote, and is read by it", async () => {
    await using server = await startServer();
    const theirs = createStorage({ driver: redisDriver({ url: server.url, base: "shared" }) });
    const ours = createStorage({ driver: slotpackDriver({ redis: { url: server.url }, base: "shared" }) });
    await theirs.setItem("a:b", { n: 1 });
    await ours.setItem("c", { n: 2 });
    expect(await ours.getItem("a:b")).toEqual({ n: 1 });
    expect(await theirs.getItem("c")).toEqual({ n: 2 });
    expect((await ours.getKeys()).sort()).toEqual((await theirs.getKeys()).sort());
    await Promise.all([theirs.dispose(), ours.dispose()]);
  });

  test("does on a cluster what that cannot", async () => {
    await using cluster = await startCluster();
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const theirs = createStorage({ driver: redisDriver({ cluster: nodes }) });
    const ours = createStorage({ driver: slotpackDriver({ redis: { url: cluster.url } }) });
    await ours.setItems(keys.map((key) => ({ key, value: 1 })));
    await expect(theirs.getItems(keys)).rejects.toThrow(/CROSSSLOT/);
    expect((await theirs.getKeys()).length).toBeLessThan(1000);
    expect((await ours.getItems(keys)).every(({ value }) => value === 1)).toBe(true);
    expect(await ours.getKeys()).toHaveLength(1000);
    await Promise.all([theirs.dispose(), ours.dispose()]);
  });

  test("rejects while the server is gone, and shows no missing item instead", async () => {
    const server = await startServer();
    await server.stop();
    const backend = new RedisBackend({ url: server.url, socketTimeoutMs: 200 });
    const storage = createStorage({ driver: slotpackDriver({ backend }) });
    const gone = { name: "CacheConnectionError" };
    await expect(storage.getItem("a")).rejects.toMatchObject(gone);
    await expect(storage.getItems(["a"])).rejects.toMatchObject(gone);
    await expect(storage.setItems([{ key: "a", value: 1 }])).rejects.toMatchObject(gone);
    await expect(storage.getKeys()).rejects.toMatchObject(gone);
    await storage.dispose();
  });
});

describe("the input of the unstorage driver", () => {
  const backend = new MemoryBackend();

  test("is unstorage's driver by type", () => {
    const driver: Driver = slotpackDriver({ backend });
    expect(driver.name).toBe("slotpack");
  });

  test.each([
    ["no backend", () => slotpackDriver({}), "BAD_OPTION"],
    ["two backends", () => slotpackDriver({ backend, redis: {} }), "BAD_OPTION"],
    ["a mistyped option", () => slotpackDriver({ backend, bases: "a" } as never), "UNKNOWN_OPTION"],
    ["a TTL below 0", () => slotpackDriver({ backend, ttl: -1 }), "BAD_TTL"],
    [
      "a codec that makes values",
      () => slotpackDriver({ backend: new MemoryBackend<unknown>({ codec: "json" }) as never }),
      "BAD_CODEC",
    ],
  ])("%s is refused", (_what, make, code) => {
    expect(make).toThrow(expect.objectContaining({ name: "ConfigError", code }));
  });

  test("a raw value that is no bytes and a TTL that is no number are refused, nothing stored", async () => {
    const storage = createStorage({ driver: slotpackDriver({ backend }) });
    await expect(storage.setItemRaw("a", { n: 1 })).rejects.toMatchObject({ code: "BAD_OPTION" });
    await expect(storage.setItem("a", 1, { ttl: "1" })).rejects.toMatchObject({ code: "BAD_TTL" });
    expect(await storage.hasItem("a")).toBe(false);
  });
});
