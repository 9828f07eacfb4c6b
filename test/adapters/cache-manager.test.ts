import { type Cache, createCache } from "cache-manager";
import Keyv from "keyv";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { KeyvSlotpack } from "../../src/adapters/keyv.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeEachServer } from "../records/each-server.ts";

describeEachServer("cache-manager on a KeyvSlotpack", (fixture) => {
  let cache: Cache;
  beforeAll(() => {
    const store = new KeyvSlotpack(new RedisBackend({ url: fixture.servers.url }));
    cache = createCache({
      stores: [new Keyv({ store, namespace: "app", useKeyPrefix: false })],
      ttl: 60_000,
    });
  });
  afterAll(() => cache.disconnect());
  beforeEach(() => fixture.flush());

  test("reads many what it set many, a miss in its place", async () => {
    const list = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: { i } }));
    await cache.mset(list);
    const read = await cache.mget<{ i: number }>([...list.map(({ key }) => key), "none"]);
    expect(read).toEqual([...list.map(({ value }) => value), undefined]);
    expect(Number(await fixture.command("app::k7", "PTTL", "app::k7"))).toBeGreaterThan(30_000);
  });

  test("wraps a function, and runs it again only after del", async () => {
    let runs = 0;
    const wrapped = () => cache.wrap("answer", async () => ({ runs: ++runs }));
    expect(await wrapped()).toEqual({ runs: 1 });
    expect(await wrapped()).toEqual({ runs: 1 });
    await cache.del("answer");
    expect(await wrapped()).toEqual({ runs: 2 });
  });

  test("tells when an entry expires", async () => {
    const before = Date.now();
    await cache.set("a", 1, 50_000);
    const expires = (await cache.ttl("a")) as number;
    expect(expires).toBeGreaterThanOrEqual(before + 50_000);
    expect(expires).toBeLessThanOrEqual(Date.now() + 50_000);
  });

  test("clears its own namespace and nothing else", async () => {
    await cache.set("a", 1);
    await fixture.command("app:elsewhere", "SET", "app:elsewhere", "1");
    await cache.clear();
    expect(await cache.get("a")).toBeUndefined();
    expect(String(await fixture.command("app:elsewhere", "GET", "app:elsewhere"))).toBe("1");
  });
});
