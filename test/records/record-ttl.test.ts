import { beforeEach, expect, test } from "vitest";
import { RecordStore } from "../../src/index.ts";
import { until } from "../rig/index.ts";
import { describeEachServer } from "./each-server.ts";

const KEYS = ["plain", "with{braces}", "}begins", ""];
const record = (key: string, size = 3000) => ({ key, metadata: { key }, bytes: new Uint8Array(size) });

const LAYOUTS = ["tagged-pair", "colon-pair", "upstream-pair"] as const;
const NAMES = {
  "tagged-pair": (key: string, half: string) => `{${key}}:${half}`,
  "colon-pair": (key: string, half: string) => `${key}:${half}`,
  "upstream-pair": (key: string, half: string) => `${key}${half}`,
};

for (const layout of LAYOUTS) {
  describeEachServer(`a TTL of a record as ${layout}`, (on) => {
    beforeEach(() => on.flush());

    const pttl = async (name: string) => (await on.command(name, "PTTL", name)) as number;
    const halves = async (key: string) => ({
      metadata: await pttl(NAMES[layout](key, "metadata")),
      bytes: await pttl(NAMES[layout](key, "kv_bytes")),
    });

    test("holds for both halves, and metadata never outlives its bytes", async () => {
      const store = new RecordStore(on.client, { layout });
      await store.putMany(
        KEYS.map((key) => record(key)),
        { ttlMs: 60_000 },
      );
      for (const key of KEYS) {
        // Asked in this order, time that passes in between counts against the claim.
        const metadata = await pttl(NAMES[layout](key, "metadata"));
        const bytes = await pttl(NAMES[layout](key, "kv_bytes"));
        expect(metadata).toBeGreaterThan(50_000);
        expect(metadata).toBeLessThanOrEqual(60_000);
        expect(bytes).toBeGreaterThan(metadata);
        expect(bytes).toBeLessThanOrEqual(65_000);
      }
    });

    test("is longer for the bytes by the call's own deadline", async () => {
      const store = new RecordStore(on.client, { layout });
      await store.putMany(
        KEYS.map((key) => record(key)),
        { ttlMs: 10_000, timeoutMs: 30_000 },
      );
      for (const key of KEYS) {
        const { metadata, bytes } = await halves(key);
        expect(bytes - metadata).toBeGreaterThan(29_000);
        expect(bytes - metadata).toBeLessThanOrEqual(30_100);
      }
    });

    test("is taken away by a write without one, and given by a write with one", async () => {
      const store = new RecordStore(on.client, { layout });
      for (const ttlMs of [undefined, 20_000, undefined]) {
        await store.putMany(
          KEYS.map((key) => record(key)),
          { ttlMs },
        );
        for (const key of KEYS) {
          const { metadata, bytes } = await halves(key);
          if (ttlMs === undefined) expect([metadata, bytes]).toEqual([-1, -1]);
          else expect(Math.min(metadata, bytes)).toBeGreaterThan(15_000);
        }
      }
    });

    test("ends the record for every reader when it passes, and leaves nothing behind", async () => {
      const store = new RecordStore(on.client, { layout });
      await store.putMany(
        KEYS.map((key) => record(key)),
        { ttlMs: 1000, timeoutMs: 1000 },
      );
      expect(await store.containsMany(KEYS)).toEqual([true, true, true, true]);
      await until("the metadata is gone", async () => {
        const whole = await store.containsMany(KEYS);
        return !whole.includes(true);
      });
      expect(await store.getMany(KEYS)).toEqual([null, null, null, null]);
      await until("all is gone", async () => {
        const sizes = await Promise.all(on.servers.nodes.map((node) => node.command("DBSIZE")));
        return sizes.every((size) => size === 0);
      });
    });
  });
}

describeEachServer("a TTL", (on) => {
  beforeEach(() => on.flush());

  const pttl = async (name: string) => (await on.command(name, "PTTL", name)) as number;

  test("of a packed record or a value alone is that of its one key", async () => {
    for (const layout of ["packed", "value-only"] as const) {
      const store = new RecordStore(on.client, { layout });
      await store.putMany([record("k"), record("large", 100_000)], { ttlMs: 40_000 });
    }
    for (const name of ["k:packed", "large:packed", "k", "large"]) {
      const left = await pttl(name);
      expect(left).toBeGreaterThan(30_000);
      expect(left).toBeLessThanOrEqual(40_000);
    }
  });

  for (const ttlMs of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null]) {
    test(`of ${ttlMs} is refused, and nothing is written`, async () => {
      const store = new RecordStore(on.client);
      const put = store.putMany([record("k")], { ttlMs: ttlMs as number });
      await expect(put).rejects.toMatchObject({ code: "BAD_TTL", option: "ttlMs" });
      expect(await on.client.exists(["{k}:metadata", "{k}:kv_bytes"])).toBe(0);
    });
  }
});
