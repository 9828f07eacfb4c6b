import { beforeEach, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { TokenBucket } from "../../src/recipes/index.ts";
import { describeEachServer } from "../records/each-server.ts";

describeEachServer("TokenBucket", (on) => {
  beforeEach(() => on.flush());

  const at = (now: { ms: number }) => ({ clock: () => now.ms });

  test("gives away a full bucket and refuses what is beyond it", async () => {
    const bucket = new TokenBucket(on.client, { capacity: 3, refillPerSecond: 0 });
    const results = [];
    for (let i = 0; i < 4; i++) results.push(await bucket.take("u"));
    expect(results.map(({ allowed }) => allowed)).toEqual([true, true, true, false]);
    expect(results.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0]);
    expect(results[3]).toMatchObject({ retryAfterMs: Infinity, fullAfterMs: Infinity });
    expect(await on.command("bucket:u", "PTTL", "bucket:u")).toBe(-1);
  });

  test("refills in fractions, up to the capacity, and says when to come again", async () => {
    const now = { ms: 1_700_000_000_000.25 };
    const bucket = new TokenBucket(on.client, { capacity: 2, refillPerSecond: 0.5, ...at(now) });
    expect(await bucket.take("u", { cost: 2 })).toEqual({
      allowed: true,
      remaining: 0,
      retryAfterMs: 0,
      fullAfterMs: 4000,
    });
    now.ms += 500;
    expect(await bucket.take("u")).toEqual({
      allowed: false,
      remaining: 0.25,
      retryAfterMs: 1500,
      fullAfterMs: 3500,
    });
    now.ms += 1500;
    expect(await bucket.take("u")).toMatchObject({ allowed: true, remaining: 0 });
    now.ms += 3_600_000;
    expect(await bucket.take("u", { cost: 0.5 })).toMatchObject({ allowed: true, remaining: 1.5 });
  });

  test("refills nothing when the clock goes back, and nothing twice when it comes forward again", async () => {
    const now = { ms: 1_700_000_000_000 };
    const bucket = new TokenBucket(on.client, { capacity: 10, refillPerSecond: 1, ...at(now) });
    expect(await bucket.take("u", { cost: 10 })).toMatchObject({ remaining: 0 });
    now.ms -= 5000;
    expect(await bucket.take("u")).toMatchObject({ allowed: false, remaining: 0 });
    now.ms += 5000;
    expect(await bucket.take("u")).toMatchObject({ allowed: false, remaining: 0 });
  });

  test("goes by the server's clock, and the key expires when the bucket is full again", async () => {
    const bucket = new TokenBucket(on.client, { capacity: 100, refillPerSecond: 1 });
    expect(await bucket.take("u", { cost: 100 })).toMatchObject({ allowed: true, fullAfterMs: 100_000 });
    const refused = await bucket.take("u", { cost: 90 });
    expect(refused.allowed).toBe(false);
    expect(refused.retryAfterMs).toBeGreaterThan(30_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(90_000);
    const ttl = (await on.command("bucket:u", "PTTL", "bucket:u")) as number;
    expect(ttl).toBeGreaterThan(50_000);
    expect(ttl).toBeLessThanOrEqual(101_000);
  });

  test("only looks at a cost of 0, and is full again after a reset", async () => {
    const bucket = new TokenBucket(on.client, { capacity: 5, refillPerSecond: 0, prefix: "api:" });
    expect(await bucket.take("u", { cost: 0 })).toMatchObject({ allowed: true, remaining: 5 });
    expect(await on.command("api:u", "EXISTS", "api:u")).toBe(0);
    await bucket.take("u", { cost: 4 });
    expect(await bucket.take("u", { cost: 0 })).toMatchObject({ remaining: 1 });
    await bucket.reset(["u"]);
    expect(await bucket.take("u")).toMatchObject({ remaining: 4 });
  });

  test("takes from many buckets at the caller's index, the same one twice included", async () => {
    const bucket = new TokenBucket(on.client, { capacity: 3, refillPerSecond: 0 });
    const keys = Array.from({ length: 300 }, (_, i) => `user:${i}`);
    const takes = [...keys, { key: "user:7", cost: 2 }, { key: "user:7", cost: 1 }];
    const results = await bucket.takeMany(takes, { cost: 1 });
    expect(results.slice(0, 300).every(({ allowed, remaining }) => allowed && remaining === 2)).toBe(true);
    expect(results[300]).toMatchObject({ allowed: true, remaining: 0 });
    expect(results[301]).toMatchObject({ allowed: false, remaining: 0 });
  });

  test("hands out exactly its capacity to 2,000 concurrent takes of four clients", async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => on.connect()));
    const buckets = clients.map((client) => new TokenBucket(client, { capacity: 500, refillPerSecond: 0 }));
    const results = await Promise.all(
      Array.from({ length: 2000 }, (_, i) => buckets[i % 4]!.take("shared", { timeoutMs: 50_000 })),
    );
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(500);
    const remaining = results.filter(({ allowed }) => allowed).map((result) => result.remaining);
    expect(new Set(remaining).size).toBe(500);
  });

  test("hands out exactly its capacity where a call takes from one bucket many times", async () => {
    const bucket = new TokenBucket(on.client, { capacity: 40, refillPerSecond: 0 });
    const calls = Array.from({ length: 4 }, () =>
      bucket.takeMany(Array.from({ length: 50 }, () => ({ key: "shared", cost: 0.5 }))),
    );
    const results = (await Promise.all(calls)).flat();
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(80);
  });

  test("takes on after every server has forgotten the script", async () => {
    const bucket = new TokenBucket(on.client, { capacity: 5, refillPerSecond: 0 });
    await bucket.takeMany(["a", "b", "c"]);
    await Promise.all(on.servers.nodes.map((node) => node.command("SCRIPT", "FLUSH")));
    const results = await bucket.takeMany(["a", "b", "c"]);
    expect(results.map(({ remaining }) => remaining)).toEqual([3, 3, 3]);
  });

  test("refuses what cannot be, before anything is sent", async () => {
    const make = (options: object) => () => new TokenBucket(on.client, options as never);
    expect(make({ capacity: 0, refillPerSecond: 1 })).toThrow(ConfigError);
    expect(make({ capacity: 1, refillPerSecond: -1 })).toThrow(/refillPerSecond/);
    expect(make({ capacity: 1, refillPerSecond: 1, refil: 1 })).toThrow(/unknown option "refil"/);
    expect(() => new TokenBucket({} as never, { capacity: 1, refillPerSecond: 1 })).toThrow(/SlotClient/);
    const bucket = new TokenBucket(on.client, { capacity: 5, refillPerSecond: 1 });
    const tooMuch = bucket.takeMany(["a", { key: "b", cost: 6 }]);
    await expect(tooMuch).rejects.toMatchObject({ code: "BAD_OPTION", option: "cost", keyIndex: 1 });
    await expect(bucket.take("a", { cost: Number.NaN })).rejects.toBeInstanceOf(ConfigError);
    await expect(bucket.take("a", { price: 1 } as never)).rejects.toMatchObject({ code: "UNKNOWN_OPTION" });
    await expect(bucket.takeMany([1 as never])).rejects.toMatchObject({ code: "BAD_KEY", keyIndex: 0 });
    const mistyped = bucket.takeMany(["a", { key: "b", price: 3 } as never]);
    await expect(mistyped).rejects.toMatchObject({ code: "UNKNOWN_OPTION", option: "price" });
    await expect(bucket.reset("a" as never)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    await expect(bucket.reset(["a", undefined as never])).rejects.toMatchObject({
      code: "BAD_KEY",
      keyIndex: 1,
    });
    expect(await on.command("bucket:a", "EXISTS", "bucket:a")).toBe(0);
  });

  test("rejects with every outcome when a bucket's key holds something else", async () => {
    await on.command("bucket:list", "RPUSH", "bucket:list", "x");
    const bucket = new TokenBucket(on.client, { capacity: 5, refillPerSecond: 1 });
    const error = await bucket.takeMany(["a", "list"]).catch((reason) => reason);
    expect(error).toMatchObject({ name: "BatchError", keyIndex: 1 });
    expect(error.results[0]).toMatchObject({ status: "fulfilled", value: { allowed: true, remaining: 4 } });
    expect(error.results[1]).toMatchObject({ status: "rejected" });
  });
});
