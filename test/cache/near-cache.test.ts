import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { NearCacheOptions } from "../../src/cache/near-options.ts";
import type { RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import { describeWithServer, type RigServers, startServer, until } from "../rig/index.ts";
import { copies, isNear, openNear } from "./near-opened.ts";

for (const mode of ["tracking", "keyspace"] as const) {
  describeWithServer(`a near cache by ${mode}`, () => {
    let server: RigServers;
    beforeAll(async () => {
      server = await startServer({ config: { "notify-keyspace-events": "KA" } });
    });
    afterAll(() => server.stop());
    beforeEach(() => server.node.command("FLUSHALL"));
    const openHere = (options: NearCacheOptions = {}, config?: RedisBackendConfig<string>) =>
      openNear(server.node.url, { invalidation: mode, ...options }, config);

    test("answers from its copy until somebody else writes, deletes or expires the key", async () => {
      await using near = await openHere();
      const changes: [string, ...string[]][] = [
        ["SET", "c:a", "2"],
        ["APPEND", "c:a", "3"],
        ["PEXPIRE", "c:a", "600000"],
        ["PERSIST", "c:a"],
        ["DEL", "c:a"],
      ];
      await near.cache.set("a", "1");
      for (const change of changes) {
        await until("there is a copy", () => isNear(near, "a"));
        const before = near.told.length;
        await server.node.command(...change);
        await until("it is invalidated", () => near.told.length > before);
        expect(near.told.at(-1)).toBe("invalidate a");
        expect(await near.cache.get("a")).toBe(await server.node.command("GET", "c:a"));
      }
    });

    test("hears nothing of keys that are not its own", async () => {
      await using near = await openHere();
      await server.node.command("SET", "d:a", "1");
      await server.node.command("SET", "c:a", "1");
      await until("its own is told", () => near.told.includes("invalidate a"));
      expect(near.told).toEqual(["up", "invalidate a"]);
    });

    test("is emptied at once by a lost connection, and makes no copy until it is heard again", async () => {
      await using near = await openHere();
      const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
      await near.cache.setMany(keys.map((key) => [key, "1"]));
      await until("all have copies", async () => {
        await near.cache.getMany(keys);
        return (await copies(near)) === 50;
      });
      const atLoss: (number | null | undefined)[] = [];
      near.cache.on("trackingLost", () => {
        expect(near.cache.isTracking).toBe(false);
        void copies(near).then((count) => atLoss.push(count));
      });
      for (const round of [1, 2]) {
        await server.node.command("CLIENT", "KILL", "TYPE", "pubsub");
        await until(
          "it is heard again",
          () => near.told.filter((event) => event === "up").length === round + 1,
        );
        expect(near.told.filter((event) => event === "lost").length).toBe(round);
        // What was written in the gap is read, though no invalidation told of it.
        await server.node.command("SET", "c:k7", `${round}`);
        await until("the new value is read", async () => (await near.cache.get("k7")) === `${round}`);
        await until("it has a copy again", () => isNear(near, "k7"));
      }
      await until("the losses were looked at", () => atLoss.length === 2);
      expect(atLoss[0]).toBe(0);
    });

    test("a copy goes with its original, whatever the original's TTL", async () => {
      await using near = await openHere();
      await server.node.command("SET", "c:short", "1", "PX", 400);
      await server.node.command("SET", "c:long", "1", "PX", 600_000);
      for (;;) {
        const entry = await near.cache.getWithMetadata("short");
        if (entry === null) break;
        expect(entry.ttlMs).toBeLessThanOrEqual(400);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(await server.node.command("PTTL", "c:short")).toBeLessThanOrEqual(1);
      await until("there is a copy", () => isNear(near, "long"));
      const entry = await near.cache.getWithMetadata("long");
      expect(entry?.ttlMs).toBeGreaterThan(300_000);
      expect(entry?.ttlMs).toBeLessThanOrEqual(600_000);
    });

    test("a copy is used for maxAgeMs at most", async () => {
      await using near = await openHere({ maxAgeMs: 30 });
      await near.cache.set("a", "1");
      await near.cache.get("a");
      await until("the copy is gone", async () => (await copies(near)) === 0);
      expect(await near.cache.get("a")).toBe("1");
    });

    test("keeps within its entries and bytes", async () => {
      await using near = await openHere({ maxEntries: 10, maxBytes: 100 });
      const keys = Array.from({ length: 30 }, (_, i) => `key${i + 10}`);
      await near.cache.setMany([...keys.map((key) => [key, "12345"] as const), ["large", "x".repeat(200)]]);
      await until("copies are made", async () => {
        await near.cache.getMany([...keys, "large"]);
        return (await copies(near))! > 0;
      });
      const { near: part, redis } = (await near.cache.getStats()).parts;
      expect(part!.entries).toBeLessThanOrEqual(10);
      expect(part!.bytes).toBeLessThanOrEqual(100);
      expect(part!.evictions).toBeGreaterThan(0);
      expect(redis!.sets).toBe(31);
      expect(await isNear(near, "large")).toBe(false);
      expect(await near.cache.get("large")).toBe("x".repeat(200));
    });

    test("copies hold metadata, compressed values, and keys with half a surrogate pair", async () => {
      await using near = await openHere({}, { compression: { minBytes: 10 } });
      const value = "compressible ".repeat(100);
      const key = "k\ud800";
      await near.cache.set(key, value, { metadata: { n: 1 } });
      await until("there is a copy", () => isNear(near, key));
      expect(await near.cache.getWithMetadata(key)).toMatchObject({ value, metadata: { n: 1 } });
      await server.node.command("SET", "c:k\ufffd", "new");
      await until("it is invalidated", async () => (await near.cache.get(key)) === "new");
    });

    test("what is wrapped is computed once, read from copies, and computed anew after an invalidation", async () => {
      await using near = await openHere();
      let runs = 0;
      const compute = async () => `run ${++runs}`;
      await Promise.all(Array.from({ length: 1_000 }, () => near.cache.wrap("w", compute)));
      expect(runs).toBe(1);
      await until("there is a copy", () => isNear(near, "w"));
      await until("the copy is used", async () => {
        const before = near.client.stats().commands;
        expect(await near.cache.wrap("w", compute)).toBe("run 1");
        return near.client.stats().commands === before;
      });
      await server.node.command("DEL", "c:w");
      await until("it is computed anew", async () => (await near.cache.wrap("w", compute)) === "run 2");
    });

    test("is connected and disconnected with its backend, and leaves no connection behind", async () => {
      const near = await openHere();
      const { client } = near;
      expect(client.stats().openConnections).toBe(2);
      await near.cache.disconnect();
      await until("all connections are closed", () => client.stats().openConnections === 0);
      expect(near.told).toEqual(["up"]);
      await near.cache.connect({ timeoutMs: 60_000 });
      expect(near.told).toEqual(["up", "up"]);
      await near.cache.set("a", "1");
      await until("there is a copy", () => isNear(near, "a"));
      await near.cache.disconnect();
    });
  });
}
