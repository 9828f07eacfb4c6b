import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KvConnector, type LayoutName } from "../../src/index.ts";
import { describeWithServer, type RigServers, startServer } from "../rig/index.ts";
import { chunkOf, keysOf } from "./chunks.ts";

const CHUNK_BYTES = 512 * 1024;
const KEYS = keysOf(200, "chunk");
const NAMES: Readonly<Record<string, readonly [open: string, close: string]>> = {
  "tagged-pair": ["{", "}:"],
  "colon-pair": ["", ":"],
  "upstream-pair": ["", ""],
};

describeWithServer("a server that evicts (maxmemory 40 MB, allkeys-lru)", () => {
  let server: RigServers;
  let redis: Redis;
  const orphansMet: number[] = [];
  beforeAll(async () => {
    server = await startServer({ config: { maxmemory: "40mb", "maxmemory-policy": "allkeys-lru" } });
    redis = new Redis({ host: server.node.host, port: server.node.port });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  /** What a plain client sees. */
  async function halvesOf(layout: LayoutName): Promise<{ whole: Set<string>; orphans: Set<string> }> {
    const names = new Set(await redis.keys("*"));
    const [open, close] = NAMES[layout]!;
    const has = (key: string, half: string) => names.has(`${open}${key}${close}${half}`);
    return {
      whole: new Set(KEYS.filter((key) => has(key, "metadata") && has(key, "kv_bytes"))),
      orphans: new Set(KEYS.filter((key) => has(key, "metadata") !== has(key, "kv_bytes"))),
    };
  }

  async function fill(layout: LayoutName): Promise<KvConnector> {
    await redis.flushall();
    const connector = await KvConnector.connect(server.url, { layout, timeoutMs: 30_000 });
    const chunk = chunkOf(CHUNK_BYTES);
    for (const key of KEYS) await connector.put(key, chunk);
    return connector;
  }

  test.each(Object.keys(NAMES) as LayoutName[])(
    "leaves orphans of %s, none of which is a hit, and sweep removes them all",
    async (layout) => {
      await using connector = await fill(layout);
      const before = await halvesOf(layout);
      orphansMet.push(before.orphans.size);
      expect(before.whole.size).toBeLessThan(90);
      const isWhole = (key: string) => before.whole.has(key);
      for (const key of KEYS) if (await connector.exists(key)) expect(isWhole(key)).toBe(true);
      const prefixes = await Promise.all(
        KEYS.map((_, from) => connector.batchedContains(KEYS.slice(from, from + 20))),
      );
      for (const [from, length] of prefixes.entries())
        expect(KEYS.slice(from, from + length).every(isWhole)).toBe(true);
      for (const key of await connector.list()) expect(isWhole(key)).toBe(true);
      // What is read takes memory of the server's as well, and may have it evict more.
      for (let from = 0; from < KEYS.length; from += 20) {
        const records = await connector.batchedGet(KEYS.slice(from, from + 20));
        for (const [i, record] of records.entries())
          if (record !== null) expect(isWhole(KEYS[from + i]!)).toBe(true);
        const prefix = await connector.batchedGetNonBlocking("", KEYS.slice(from, from + 20));
        for (const { key } of prefix) expect(isWhole(key)).toBe(true);
      }
      let removed = 0;
      for (let round = 0; round < 10 && (await halvesOf(layout)).orphans.size > 0; round++) {
        const report = await connector.sweep({ graceMs: 200 });
        removed += report.removed;
      }
      const after = await halvesOf(layout);
      expect(after.orphans.size).toBe(0);
      expect(removed).toBeGreaterThan(0);
      expect([...after.whole].every(isWhole)).toBe(true);
    },
  );

  test("was a server that left orphans", () => {
    expect(orphansMet.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });

  test("leaves none of packed records", async () => {
    await using connector = await fill("packed");
    const names = await redis.keys("*");
    expect(names.length).toBeLessThan(90);
    expect(names.every((name) => name.endsWith(":packed"))).toBe(true);
    const found = await connector.batchedGet(names.map((name) => name.slice(0, -":packed".length)));
    expect(found.filter((record) => record !== null).length).toBeGreaterThan(0);
    expect(connector.stats()).toMatchObject({ halves: 0, mismatches: 0 });
    expect(await connector.sweep()).toMatchObject({ scanned: 0, removed: 0 });
  });
});
