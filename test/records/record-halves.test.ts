import { beforeEach, expect, test } from "vitest";
import { lmcacheMetadata, msgpackMetadata, RecordStore } from "../../src/index.ts";
import { describeEachServer } from "./each-server.ts";

const BYTES = Buffer.alloc(5000, 7);
const LMCACHE = { fmt: "KV_2LTD" as const, dtypes: ["uint8" as const], shapes: [[2, 4]] };
/** One whose names share a slot, and two whose names do not. */
const KEYS = ["together", "}apart", ""];

const NAMES = {
  "tagged-pair": (key: string, half: string) => `{${key}}:${half}`,
  "colon-pair": (key: string, half: string) => `${key}:${half}`,
  "upstream-pair": (key: string, half: string) => `${key}${half}`,
};

for (const layout of ["tagged-pair", "colon-pair", "upstream-pair"] as const) {
  describeEachServer(`a pair that is not whole, ${layout}`, (on) => {
    const metadataName = (key: string) => NAMES[layout](key, "metadata");
    const bytesName = (key: string) => NAMES[layout](key, "kv_bytes");
    beforeEach(() => on.flush());

    async function stored(key: string, bytes: Uint8Array = BYTES): Promise<RecordStore> {
      const store = new RecordStore(on.client, { layout });
      await store.putMany([{ key, metadata: { n: 1 }, bytes }]);
      return store;
    }

    async function expectMiss(
      store: RecordStore,
      key: string,
      counted: "halves" | "mismatches",
    ): Promise<void> {
      expect(await store.getMany([key])).toEqual([null]);
      expect(store.stats()).toEqual({ hits: 0, misses: 0, halves: 0, mismatches: 0, [counted]: 1 });
      expect(await store.containsMany([key])).toEqual([false]);
      expect(await store.prefixLength([key])).toBe(0);
    }

    for (const key of KEYS) {
      const name = JSON.stringify(key);

      test(`is a miss without its bytes: key ${name}`, async () => {
        const store = await stored(key);
        await on.command(bytesName(key), "DEL", bytesName(key));
        await expectMiss(store, key, "halves");
        expect(await store.deleteMany([key])).toBe(1);
      });

      test(`is a miss without its metadata: key ${name}`, async () => {
        const store = await stored(key);
        await on.command(metadataName(key), "DEL", metadataName(key));
        await expectMiss(store, key, "halves");
        expect(await store.deleteMany([key])).toBe(1);
      });

      test(`is a miss when the bytes have another length than the metadata tells: key ${name}`, async () => {
        const store = await stored(key);
        await on.command(bytesName(key), "APPEND", bytesName(key), "x");
        await expectMiss(store, key, "mismatches");
      });

      test(`is a miss when its bytes are none and missing: key ${name}`, async () => {
        const store = await stored(key, new Uint8Array(0));
        expect(await store.containsMany([key])).toEqual([true]);
        expect((await store.getMany([key]))[0]?.bytes).toHaveLength(0);
        await on.command(bytesName(key), "DEL", bytesName(key));
        expect(await store.containsMany([key])).toEqual([false]);
        expect(await store.getMany([key])).toEqual([null]);
        expect(store.stats().halves).toBe(1);
      });
    }

    test("is a miss when the metadata is none of the codec's", async () => {
      const whole = Buffer.from(lmcacheMetadata().encode(LMCACHE, BYTES.length));
      const withCode = (at: number, code: number) => {
        const encoded = Buffer.from(whole);
        encoded.writeInt32LE(code, at);
        return encoded;
      };
      const foreign = [
        withCode(4, 9),
        withCode(8, 9),
        whole.subarray(0, 27),
        Buffer.alloc(0),
        Buffer.from(msgpackMetadata().encode({ n: 1 }, BYTES.length)),
      ];
      for (const metadata of foreign) {
        const store = new RecordStore(on.client, { layout, metadata: lmcacheMetadata() });
        await store.putMany([{ key: "k", metadata: LMCACHE, bytes: BYTES }]);
        expect(await store.containsMany(["k"])).toEqual([true]);
        await on.command(metadataName("k"), "SET", metadataName("k"), metadata);
        await expectMiss(store as RecordStore<never> as RecordStore, "k", "mismatches");
      }
    });

    test("does not keep its neighbours from being found, and is counted beside them", async () => {
      const store = new RecordStore(on.client, { layout });
      const keys = ["whole", "}half", "}torn", "absent", "whole too"];
      const records = keys.map((key) => ({ key, metadata: { key }, bytes: BYTES }));
      await store.putMany(records.filter(({ key }) => key !== "absent"));
      await on.command(metadataName("}half"), "DEL", metadataName("}half"));
      await on.command(bytesName("}torn"), "SETRANGE", bytesName("}torn"), 6000, "x");
      const found = await store.getMany(keys);
      expect(found.map((record) => record?.metadata)).toEqual([
        { key: "whole" },
        undefined,
        undefined,
        undefined,
        { key: "whole too" },
      ]);
      expect(store.stats()).toEqual({ hits: 2, misses: 1, halves: 1, mismatches: 1 });
      expect(await store.containsMany(keys)).toEqual([true, false, false, false, true]);
      expect(await store.prefixLength(keys)).toBe(1);
    });
  });
}

describeEachServer("a packed record that is not whole", (on) => {
  beforeEach(() => on.flush());

  test("is a miss, whatever is wrong with its value", async () => {
    const name = "k:packed";
    const writer = new RecordStore(on.client, { layout: "packed" });
    await writer.putMany([{ key: "k", metadata: { n: 1 }, bytes: BYTES }]);
    const whole = Buffer.from((await on.command(name, "GET", name)) as Buffer);
    const changed = (at: number, byte: number) => {
      const value = Buffer.from(whole);
      value[at] = byte;
      return value;
    };
    const wrong = [
      Buffer.alloc(0),
      whole.subarray(0, 15),
      whole.subarray(0, 16),
      whole.subarray(0, whole.length - 1),
      Buffer.concat([whole, Buffer.from("x")]),
      changed(0, 0x54),
      changed(3, 2),
      changed(4, 200),
      changed(8, 1),
      changed(12, 1),
    ];
    for (const value of wrong) {
      await on.command(name, "SET", name, value);
      const store = new RecordStore(on.client, { layout: "packed" });
      expect(await store.getMany(["k"])).toEqual([null]);
      expect(store.stats()).toEqual({ hits: 0, misses: 0, halves: 0, mismatches: 1 });
      expect(await store.containsMany(["k"])).toEqual([false]);
    }
    // Metadata that tells another length than the header: only a reader of the metadata can see it.
    await on.command(name, "SET", name, changed(16 + 5, 0));
    expect(await writer.getMany(["k"])).toEqual([null]);
    expect(writer.stats().mismatches).toBe(1);
    await on.command(name, "SET", name, whole);
    expect((await writer.getMany(["k"]))[0]?.metadata).toEqual({ n: 1 });
    expect(await writer.containsMany(["k"])).toEqual([true]);
  });
});
