import { expect, test } from "vitest";
import { NearCache } from "../../src/cache/near-cache.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { connect } from "../../src/index.ts";
import { describeWithServer, startCluster, startServer } from "../rig/index.ts";

const KEYS = Array.from({ length: 48 }, (_, i) => `key:${i}`);
const WRITERS = 4;
const READERS = 24;
/** A reader lets the event loop go round after so many reads: one that finds copies only never waits. */
const TURN = 64;
const TEST_MS = 300_000;
const PATIENT = { deadNodeTimeoutMs: 60_000 };

/** How many invalidations have come for each key, which is the version that the last of them told of: nobody writes a key before he knows of its last write. */
class Observer {
  readonly arrived = new Map<string, number>(KEYS.map((key) => [key, 0]));
  total = 0;
  readonly losses: Error[] = [];

  constructor(cache: NearCache<string>) {
    cache.on("invalidate", ({ keys }) => {
      for (const key of keys ?? []) {
        this.arrived.set(key, this.arrived.get(key)! + 1);
        this.total++;
      }
    });
    cache.on("trackingLost", ({ cause }) => this.losses.push(cause));
  }
}

async function compare(url: string, reads: number): Promise<void> {
  await using writer = await connect(url, PATIENT);
  await writer.mset(KEYS.map((key) => [`near:${key}`, "0"]));
  const backend = new RedisBackend<string>({
    url,
    keyPrefix: "near:",
    codec: "text",
    socketTimeoutMs: 60_000,
    clientOptions: PATIENT,
  });
  await using cache = new NearCache(backend);
  await cache.connect({ timeoutMs: 60_000 });
  expect(cache.isTracking).toBe(true);
  const observer = new Observer(cache);
  let left = reads;
  let written = 0;
  const stale: string[] = [];
  const write = async (which: number): Promise<void> => {
    const own = KEYS.filter((_, i) => i % WRITERS === which);
    const versions = new Map<string, number>(own.map((key) => [key, 0]));
    while (left > 0) {
      const key = own[Math.floor(Math.random() * own.length)]!;
      const version = versions.get(key)! + 1;
      versions.set(key, version);
      await writer.mset([[`near:${key}`, String(version)]], { timeoutMs: 60_000 });
      written++;
    }
  };
  const read = async (): Promise<void> => {
    while (left > 0) {
      for (let i = 0; i < TURN; i++) {
        left--;
        const key = KEYS[Math.floor(Math.random() * KEYS.length)]!;
        const told = observer.arrived.get(key)!;
        const value = Number(await cache.get(key));
        if (!(value >= told) && stale.push(`${key}: ${value} after ${told} was told of`) > 10) left = 0;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all([
    ...Array.from({ length: WRITERS }, (_, i) => write(i)),
    ...Array.from({ length: READERS }, read),
  ]);
  expect(observer.losses).toEqual([]);
  expect(stale).toEqual([]);
  const { near } = (await cache.getStats()).parts;
  expect(near!.hits + near!.misses).toBeGreaterThanOrEqual(reads);
  // Enough of either kind to have met.
  expect(near!.hits).toBeGreaterThan(reads / 10);
  expect(observer.total).toBeGreaterThan(500);
  expect(written).toBeGreaterThanOrEqual(observer.total);
}

describeWithServer(
  "of 1,000,000 reads among writers, none returns what was cached before an invalidation that had arrived",
  () => {
    test(
      "on a cluster",
      async () => {
        await using cluster = await startCluster();
        await compare(cluster.url, 700_000);
      },
      TEST_MS,
    );

    test(
      "on one server",
      async () => {
        await using server = await startServer();
        await compare(server.url, 300_000);
      },
      TEST_MS,
    );
  },
);
