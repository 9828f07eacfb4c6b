import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock, type Server, startServer } from "../../../src/server/index.ts";
import { Draw } from "../draw.ts";
import { RespClient } from "../resp-client.ts";

const OOM = "-OOM command not allowed when used memory > 'maxmemory'.";
const POLICIES = [
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
] as const;
const VALUE = "x".repeat(200);

describe("maxmemory", () => {
  let clock: ManualClock;
  let server: Server;
  let client: RespClient;
  beforeEach(async () => {
    clock = new ManualClock();
    server = await startServer({ clock });
    const draw = new Draw(20);
    server.node.random = () => draw.fraction();
    client = await RespClient.connect(server.port);
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  /** So that about so many keys fit. */
  async function limit(keys: number, policy: string): Promise<number> {
    await client.call("SET", "k", VALUE);
    const each = Number(String(await client.call("MEMORY", "USAGE", "k")).slice(1)) + 8;
    await client.call("DEL", "k");
    const bytes = server.node.memory.used + keys * each;
    await client.call("CONFIG", "SET", "maxmemory", bytes, "maxmemory-policy", policy);
    return bytes;
  }

  async function names(): Promise<string[]> {
    return ((await client.call("KEYS", "*")) as string[]).slice(1).map((name) => name.slice(1));
  }

  test.each(POLICIES.filter((policy) => policy.startsWith("allkeys")))(
    "%s makes room for every new key",
    async (policy) => {
      const bytes = await limit(100, policy);
      for (let number = 0; number < 1000; number += 1)
        expect(await client.call("SET", `key:${number}`, VALUE)).toBe("+OK");
      expect(server.node.memory.used).toBeLessThan(bytes + 1000);
      const left = await names();
      expect(left.length).toBeGreaterThan(80);
      expect(server.node.stats.evictedKeys).toBe(1000 - left.length);
    },
  );

  test.each(POLICIES.filter((policy) => policy.startsWith("volatile")))(
    "%s evicts keys with an expiry and no others",
    async (policy) => {
      await limit(200, policy);
      for (let number = 0; number < 100; number += 1) await client.call("SET", `stays:${number}`, VALUE);
      for (let number = 0; number < 500; number += 1) {
        expect(await client.call("SET", `goes:${number}`, VALUE, "EX", 1000 + number)).toBe("+OK");
      }
      const left = await names();
      expect(left.filter((name) => name.startsWith("stays:"))).toHaveLength(100);
      expect(left.length).toBeLessThan(205);
    },
  );

  test("noeviction refuses what may need memory, and nothing else", async () => {
    await limit(10, "noeviction");
    for (let number = 0; number < 20; number += 1) await client.call("SET", `k${number}`, VALUE);
    expect(
      await client.pipeline([
        ["SET", "more", "1"],
        ["GET", "k1"],
        ["APPEND", "k1", "x"],
        ["EXPIRE", "k1", 10],
      ]),
    ).toEqual([OOM, `$${VALUE}`, OOM, ":1"]);
    expect(server.node.stats.evictedKeys).toBe(0);
    await client.pipeline([["DEL", "k1", "k2", "k3"]]);
    expect(await client.call("SET", "more", "1")).toBe("+OK");
  });

  test("a volatile policy without keys that expire refuses like noeviction", async () => {
    await limit(10, "volatile-lru");
    for (let number = 0; number < 20; number += 1) await client.call("SET", `k${number}`, VALUE);
    expect(await client.call("SET", "more", "1")).toBe(OOM);
  });

  test("allkeys-lru keeps what was used lately", async () => {
    await limit(300, "allkeys-lru");
    for (let number = 0; number < 290; number += 1) await client.call("SET", `key:${number}`, VALUE);
    await clock.advance(60_000);
    for (let number = 0; number < 100; number += 1) await client.call("GET", `key:${number}`);
    await clock.advance(60_000);
    for (let number = 0; number < 150; number += 1) await client.call("SET", `new:${number}`, VALUE);
    const left = await names();
    const used = left.filter((name) => /^key:\d\d?$/.test(name)).length;
    // Of 190 unused keys 150 had to go; the pool of samples makes few mistakes.
    expect(used).toBeGreaterThan(90);
  });

  test("allkeys-lfu keeps what is used often, though not lately", async () => {
    await limit(300, "allkeys-lfu");
    for (let number = 0; number < 290; number += 1) await client.call("SET", `key:${number}`, VALUE);
    const often = Array.from({ length: 200 }, (_, turn) => ["GET", `key:${turn % 50}`]);
    for (let round = 0; round < 20; round += 1) await client.pipeline(often);
    await clock.advance(3000);
    for (let number = 0; number < 200; number += 1) await client.call("SET", `new:${number}`, VALUE);
    const left = await names();
    expect(left.filter((name) => /^key:[0-4]?\d$/.test(name)).length).toBeGreaterThan(45);
  });

  test("volatile-ttl evicts what would expire first", async () => {
    await limit(200, "volatile-ttl");
    for (let number = 0; number < 190; number += 1)
      await client.call("SET", `key:${number}`, VALUE, "EX", 1000 + 10 * number);
    for (let number = 0; number < 90; number += 1)
      await client.call("SET", `late:${number}`, VALUE, "EX", 100_000);
    const left = await names();
    expect(
      left.filter((name) => Number(name.slice(4)) >= 130 && name.startsWith("key:")).length,
    ).toBeGreaterThan(50);
    expect(left.filter((name) => name.startsWith("late:")).length).toBeGreaterThan(85);
  });

  test("tells replicas, listeners and watchers of what it evicts", async () => {
    await limit(20, "allkeys-lru");
    const told: string[] = [];
    server.node.hooks.propagated.push((group) => told.push(...group.map(({ argv }) => argv.join(" "))));
    server.node.hooks.notify.push((type, event, key) => told.push(`${type} ${event} ${key}`));
    for (let number = 0; number < 30; number += 1) await client.call("SET", `k${number}`, VALUE);
    const evicted = told.filter((line) => line.startsWith("e evicted ")).map((line) => line.slice(10));
    expect(evicted.length).toBe(server.node.stats.evictedKeys);
    expect(evicted.length).toBeGreaterThan(5);
    for (const key of evicted) expect(told).toContain(`DEL ${key}`);
  });

  test("is used memory, and grows and shrinks with keys to the byte", async () => {
    const { memory } = server.node;
    const before = memory.dataset;
    await client.pipeline([
      ["SET", "a", VALUE],
      ["APPEND", "a", VALUE],
      ["SET", "n", "1"],
      ["INCRBY", "n", 5_000_000],
      ["SETBIT", "b", 400_000, 1],
      ["SETRANGE", "b", 0, "x"],
      ["RENAME", "a", "c"],
      ["COPY", "c", "d"],
      ["MOVE", "d", 1],
      ["EXPIRE", "c", 100],
      ["SET", "e", "v", "EX", 5],
      ["PERSIST", "e"],
      ["SET", "e", "w".repeat(50_000)],
      ["GETEX", "e", "EX", 10],
    ]);
    expect(memory.dataset).toBeGreaterThan(before + 100_000);
    await client.pipeline([
      ["DEL", "n"],
      ["UNLINK", "e"],
      ["SELECT", 1],
      ["DEL", "d"],
      ["SELECT", 0],
      ["DEL", "c", "b"],
    ]);
    expect(memory.dataset).toBe(before);
    await client.pipeline([["SET", "a", "1", "EX", 10], ["SWAPDB", 0, 3], ["FLUSHALL"]]);
    expect(memory.dataset).toBe(before);
  });
});
