import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { QueryCache, type QueryCacheOptions } from "../../src/recipes/index.ts";
import { describeEachServer } from "../records/each-server.ts";

const USERS = { sql: "select * from users where team = ?", params: [7] };
const TAGS = ["users", "team:7"];

describeEachServer("QueryCache", (on) => {
  beforeEach(() => on.flush());
  const make = <V = unknown>(options: QueryCacheOptions<V> = {}) =>
    new QueryCache<V>(new RedisBackend({ client: on.client }), options);

  test("runs the function once and serves what it returned until a tag is invalidated", async () => {
    const cache = make();
    let runs = 0;
    const rows = () => cache.wrap(USERS, async () => [{ id: 1, run: ++runs }], { tags: TAGS });
    expect(await rows()).toEqual([{ id: 1, run: 1 }]);
    expect(await rows()).toEqual([{ id: 1, run: 1 }]);
    await cache.invalidateTags(["unrelated"]);
    expect(await rows()).toEqual([{ id: 1, run: 1 }]);
    await cache.invalidateTags(["team:7"]);
    expect(await rows()).toEqual([{ id: 1, run: 2 }]);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 2, outdated: 1, computed: 2, errors: 0 });
  });

  test("invalidates entries over all slots with one key", async () => {
    const cache = make<number>();
    const ids = Array.from({ length: 300 }, (_, i) => i);
    await Promise.all(ids.map((id) => cache.wrap(["row", id], () => id, { tags: ["rows", `row:${id}`] })));
    expect(await Promise.all(ids.map((id) => cache.get(["row", id], { tags: ["rows"] })))).toEqual(ids);
    await cache.invalidateTags(["row:5", "row:6"]);
    const some = await Promise.all([4, 5, 6, 7].map((id) => cache.get(["row", id])));
    expect(some).toEqual([4, null, null, 7]);
    await cache.invalidateTags(["rows"]);
    const left = await Promise.all(ids.map((id) => cache.get(["row", id])));
    expect(left.every((value) => value === null)).toBe(true);
  });

  test("stores a hit's TTL and its tags' tokens under the names that it tells", async () => {
    const cache = make({ namespace: "shop", ttlMs: 60_000 });
    await cache.set(USERS, [1, 2], { tags: ["b", "a"] });
    const key = cache.keyOf(USERS);
    const canonical = '{"params":[7],"sql":"select * from users where team = ?"}';
    expect(key).toBe(`query:shop:${createHash("sha256").update(canonical).digest("hex").slice(0, 32)}`);
    expect(cache.tagKeyOf("a")).toBe("query-tag:shop:a");
    const [a, b] = (await Promise.all(
      ["a", "b"].map((tag) => on.command(cache.tagKeyOf(tag), "GET", cache.tagKeyOf(tag))),
    )) as [Buffer, Buffer];
    expect([a.length, b.length]).toEqual([16, 16]);
    const parts = ["SPQ\x01", "\x02\0", "\x01\0a", a, "\x01\0b", b, "[1,2]"];
    const expected = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    expect(await on.command(key, "GET", key)).toEqual(expected);
    const ttl = (await on.command(key, "PTTL", key)) as number;
    expect(ttl).toBeGreaterThan(1);
    expect(ttl).toBeLessThanOrEqual(60_000);
    const tagTtl = (await on.command(cache.tagKeyOf("a"), "PTTL", cache.tagKeyOf("a"))) as number;
    expect(tagTtl).toBeGreaterThan(6 * 86_400_000);
  });

  test("a token that expired or was evicted makes its entries misses, for good", async () => {
    const cache = make();
    await cache.set("q", 1, { tags: ["t"] });
    const old = (await on.command(cache.tagKeyOf("t"), "GET", cache.tagKeyOf("t"))) as Buffer;
    await on.command(cache.tagKeyOf("t"), "DEL", cache.tagKeyOf("t"));
    expect(await cache.get("q")).toBeNull();
    await cache.snapshot(["t"]);
    expect(await cache.get("q")).toBeNull();
    expect(await on.command(cache.tagKeyOf("t"), "GET", cache.tagKeyOf("t"))).not.toEqual(old);
  });

  test("an entry without a tag that is asked for is a miss", async () => {
    const cache = make();
    await cache.set("q", 1, { tags: ["a"] });
    expect(await cache.get("q", { tags: ["a"] })).toBe(1);
    expect(await cache.get("q", { tags: ["a", "b"] })).toBeNull();
    expect(await cache.wrap("q", () => 2, { tags: ["a", "b"] })).toBe(2);
    expect(await cache.get("q")).toBe(2);
  });

  test("null and false are results like any other; delete removes one", async () => {
    const cache = make();
    expect(await cache.wrap("nothing", () => null)).toBeNull();
    expect(await cache.wrap("nothing", () => "not run")).toBeNull();
    expect(await cache.wrap("no", () => false)).toBe(false);
    expect(await cache.get("no")).toBe(false);
    expect(await cache.delete("no")).toBe(true);
    expect(await cache.delete("no")).toBe(false);
    expect(await cache.get("no")).toBeNull();
  });

  test("what lies under an entry's key and is no entry is a miss", async () => {
    const cache = make();
    const key = cache.keyOf("q");
    for (const foreign of ["", "[1]", "SPQ\x01\x05\0\x04"]) {
      await on.command(key, "SET", key, foreign);
      expect(await cache.get("q")).toBeNull();
    }
    await on.command(key, "SET", key, Buffer.from("SPQ\x01\0\0{broken"));
    expect(await cache.wrap("q", () => 5)).toBe(5);
    expect(await cache.get("q")).toBe(5);
    expect(cache.stats().unreadable).toBe(4);
  });

  test("reads an entry and the tags that the caller names with one packed write per node", async () => {
    const client = await on.connect({ topologyRefreshMs: 600_000 });
    const cache = new QueryCache(new RedisBackend({ client }));
    await cache.set("q", 1, { tags: TAGS });
    const before = client.stats().socketWrites;
    expect(await cache.get("q", { tags: TAGS })).toBe(1);
    expect(client.stats().socketWrites - before).toBeLessThanOrEqual(on.servers.nodes.length);
  });
});

describe("the key of a query", () => {
  const cache = new QueryCache(new MemoryBackend());
  const same = (a: unknown, b: unknown) => expect(cache.keyOf(a)).toBe(cache.keyOf(b));
  const differ = (a: unknown, b: unknown) => expect(cache.keyOf(a)).not.toBe(cache.keyOf(b));

  test("is the same for equal queries, however their fields are ordered", () => {
    same({ a: 1, b: { c: [1, 2], d: null } }, { b: { d: null, c: [1, 2] }, a: 1 });
    same({ a: 1 }, { a: 1, b: undefined });
    same(-0, 0);
    same(Object.assign(Object.create(null), { x: 1 }), { x: 1 });
    same({ at: new Date(5) }, { at: new Date(5) });
    expect(cache.keyOf("")).toMatch(/^query:[0-9a-f]{32}$/);
  });

  test("differs where a query does", () => {
    const queries = [
      "",
      "1",
      1,
      [1],
      ["1"],
      {},
      [],
      null,
      false,
      { a: 1 },
      { a: "1" },
      { b: 1 },
      [[1]],
      [1, 1],
    ];
    expect(new Set(queries.map((query) => cache.keyOf(query))).size).toBe(queries.length);
    differ({ a: "x", b: "" }, { a: "", b: "x" });
    differ({ 'a":1,"b': 2 }, { a: 1, b: 2 });
    differ(["a", "b"], ["a,b"]);
  });

  test("is refused where JSON would write something else, with the place", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const bad: [unknown, RegExp][] = [
      [undefined, /query: .*undefined/],
      [{ a: [1, Number.NaN] }, /query\.a\[1\]: .*NaN/],
      [new Map([["a", 1]]), /a Map/],
      [{ bytes: new Uint8Array(2) }, /query\.bytes: .*Uint8Array/],
      [{ id: 5n }, /a bigint/],
      [[undefined], /query\[0\]/],
      [() => 1, /a function/],
      [cycle, /cycle/],
    ];
    for (const [query, message] of bad) expect(() => cache.keyOf(query)).toThrow(message);
    expect(() => cache.keyOf(1n)).toThrow(expect.objectContaining({ code: "BAD_QUERY" }));
  });
});

describe("bad input of a QueryCache", () => {
  test("is refused with the option's name, before anything is stored", async () => {
    const backend = new MemoryBackend();
    expect(() => new QueryCache(backend, { tll: 1 } as never)).toThrow(/unknown option "tll"/);
    expect(() => new QueryCache(backend, { ttlMs: 0 })).toThrow(/ttlMs/);
    expect(() => new QueryCache(backend, { codec: "xml" as never })).toThrow(/codec/);
    expect(() => new QueryCache(new MemoryBackend({ codec: "json" }) as never)).toThrow(/codec "bytes"/);
    const cache = new QueryCache(backend);
    const fn = () => 1;
    await expect(cache.wrap("q", fn, { tags: "t" as never })).rejects.toMatchObject({ option: "tags" });
    await expect(cache.wrap("q", fn, { tags: ["ok", ""] })).rejects.toMatchObject({
      code: "BAD_TAG",
      keyIndex: 1,
    });
    await expect(cache.wrap("q", fn, { ttl: 5 } as never)).rejects.toMatchObject({ code: "UNKNOWN_OPTION" });
    await expect(cache.wrap("q", 5 as never)).rejects.toMatchObject({ option: "fn" });
    await expect(cache.wrap("q", fn, { ttlMs: -1 })).rejects.toMatchObject({ code: "BAD_TTL" });
    await expect(cache.wrap("q", () => undefined)).rejects.toMatchObject({ code: "BAD_VALUE" });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const call of [() => cache.wrap("q", () => cycle), () => cache.set("q", cycle)])
      await expect(call()).rejects.toMatchObject({ name: "ConfigError", code: "BAD_VALUE" });
    await expect(cache.invalidateTags([5 as never])).rejects.toMatchObject({ code: "BAD_TAG" });
    expect((await backend.getStats()).entries).toBe(0);
  });
});
