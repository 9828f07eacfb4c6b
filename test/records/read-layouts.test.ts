import { beforeEach, describe, expect, test } from "vitest";
import {
  BatchError,
  type LayoutName,
  RecordStore,
  type RecordStoreOptions,
  type TimeoutError,
} from "../../src/index.ts";
import { countSocketWrites } from "../rig/index.ts";
import { describeEachServer } from "./each-server.ts";

const ALL: readonly LayoutName[] = ["tagged-pair", "colon-pair", "upstream-pair", "packed", "value-only"];
const PAIRS_AND_PACKED = ALL.slice(0, 4);

interface Origin {
  readonly from: string;
}

const valueMetadata = (byteLength: number): Origin | undefined =>
  byteLength >= 1000 ? { from: "value-only" } : undefined;

describeEachServer("a store that reads other layouts as well", (on) => {
  beforeEach(() => on.flush());

  const make = (options: RecordStoreOptions<Origin>) => new RecordStore<Origin>(on.client, options);
  const write = (layout: LayoutName, ...keys: string[]) =>
    make({ layout }).putMany(
      keys.map((key) => ({
        key,
        metadata: { from: layout },
        bytes: Buffer.alloc(1000 + key.length, layout),
      })),
    );
  const origins = (records: readonly ({ metadata: Origin } | null)[]) =>
    records.map((record) => record?.metadata.from ?? null);

  for (const layout of PAIRS_AND_PACKED) {
    test(`finds every layout's records at their index, its own being ${layout}`, async () => {
      for (const other of ALL) await write(other, `in ${other}`, `}in ${other}`);
      const keys = ALL.flatMap((other) => [`in ${other}`, "nowhere", `}in ${other}`]);
      const store = make({ layout, readLayouts: "any", valueMetadata });
      const found = await store.getMany(keys);
      expect(origins(found)).toEqual(ALL.flatMap((other) => [other, null, other]));
      for (const [i, record] of found.entries()) {
        if (record === null) continue;
        expect(record.key).toBe(keys[i]);
        expect(Buffer.compare(record.bytes, Buffer.alloc(1000 + keys[i]!.length, record.metadata.from))).toBe(
          0,
        );
      }
      expect(store.stats()).toEqual({ hits: 10, misses: 5, halves: 0, mismatches: 0 });
      expect(await store.containsMany(keys)).toEqual(ALL.flatMap(() => [true, false, true]));
      const stored = keys.filter((key) => key !== "nowhere");
      expect(await store.prefixLength([...stored, "nowhere", stored[0]!])).toBe(10);
    });
  }

  test("takes its own layout's record first, and the others' in their order", async () => {
    for (const layout of ["upstream-pair", "packed", "tagged-pair"] as const) await write(layout, "k");
    expect(origins(await make({ readLayouts: ["packed", "upstream-pair"] }).getMany(["k"]))).toEqual([
      "tagged-pair",
    ]);
    const colon = (readLayouts: RecordStoreOptions<Origin>["readLayouts"]) =>
      make({ layout: "colon-pair", readLayouts }).getMany(["k"]).then(origins);
    expect(await colon(["packed", "upstream-pair"])).toEqual(["packed"]);
    expect(await colon(["upstream-pair", "packed"])).toEqual(["upstream-pair"]);
    expect(await colon("any")).toEqual(["upstream-pair"]);
    expect(await colon(["value-only"])).toEqual([null]);
    expect(await colon([])).toEqual([null]);
    expect(await colon(undefined)).toEqual([null]);
  });

  test("leaves values without metadata out unless it is told what they are, or they are named", async () => {
    await write("value-only", "v");
    expect(await make({ readLayouts: "any" }).getMany(["v"])).toEqual([null]);
    expect(origins(await make({ readLayouts: "any", valueMetadata }).getMany(["v"]))).toEqual(["value-only"]);
    const [named] = await make({ readLayouts: ["value-only"] }).getMany(["v"]);
    expect(named).toMatchObject({ key: "v", metadata: null });
  });

  test("asks the other layouts for what is missing only, one packed write per node each", async () => {
    const keys = Array.from({ length: 100 }, (_, i) => `block:${i}`);
    await write("tagged-pair", ...keys);
    const store = make({ readLayouts: "any", valueMetadata });
    const commandsOf = async (call: () => Promise<unknown>) => {
      const { commands } = on.client.stats();
      const { byPort } = await countSocketWrites(call);
      const writes = Math.max(...[...byPort.values()].map((one) => one.writes));
      return { commands: on.client.stats().commands - commands, writes };
    };
    expect(await commandsOf(() => store.getMany(keys))).toEqual({ commands: 100, writes: 1 });
    expect(await commandsOf(() => store.containsMany(keys))).toEqual({ commands: 200, writes: 1 });
    // 100 of its own; of the one that is missing, 3 pairs (two of them split on a cluster), packed and a value.
    const apart = on.clustered ? 2 : 1;
    const asked = await commandsOf(() => store.getMany([...keys.slice(1), "nowhere"]));
    expect(asked.commands).toBe(100 + 2 * apart + 1 + 1);
    expect(asked.writes).toBeLessThanOrEqual(5);
  });

  test("counts a key that is half here and whole there as a hit, and one that is half here and nowhere else as a half", async () => {
    await write("tagged-pair", "half", "torn", "both");
    await write("packed", "both");
    await on.command("{half}:kv_bytes", "DEL", "{half}:kv_bytes");
    await on.command("{both}:kv_bytes", "DEL", "{both}:kv_bytes");
    await on.command("{torn}:kv_bytes", "APPEND", "{torn}:kv_bytes", "x");
    const store = make({ readLayouts: "any" });
    expect(origins(await store.getMany(["half", "torn", "both", "none"]))).toEqual([
      null,
      null,
      "packed",
      null,
    ]);
    expect(store.stats()).toEqual({ hits: 1, misses: 1, halves: 1, mismatches: 1 });
    const reversed = make({ layout: "packed", readLayouts: ["tagged-pair"] });
    await reversed.getMany(["half", "torn", "both", "none"]);
    expect(reversed.stats()).toEqual({ hits: 1, misses: 1, halves: 1, mismatches: 1 });
  });

  test("fills the callers' buffers from whichever layout has the record", async () => {
    const sizes = new Map<string, number>();
    for (const [i, layout] of ALL.entries()) {
      const records = [2000, 50_000].map((size, j) => ({
        key: `k${i}${j}`,
        metadata: { from: layout },
        bytes: Buffer.alloc(size, 1 + 2 * i + j),
      }));
      for (const { key, bytes } of records) sizes.set(key, bytes.length);
      await make({ layout }).putMany(records);
    }
    const keys = [...sizes.keys(), "none"].reverse();
    const store = make({ layout: "packed", readLayouts: "any", valueMetadata });
    const asked: number[] = [];
    const slab = new Map<number, Uint8Array>();
    const found = await store.getMany(keys, {
      into: (index, byteLength) => {
        asked.push(index);
        slab.set(index, new Uint8Array(byteLength + 1));
        return slab.get(index);
      },
    });
    expect(new Set(asked)).toEqual(new Set(keys.slice(1).map((_, i) => i + 1)));
    for (const [i, key] of keys.entries()) {
      if (key === "none") expect(found[i]).toBeNull();
      else {
        expect(found[i]!.bytes.buffer).toBe(slab.get(i)!.buffer);
        const fill = 1 + 2 * Number(key[1]) + Number(key[2]);
        expect(Buffer.compare(found[i]!.bytes, Buffer.alloc(sizes.get(key)!, fill))).toBe(0);
      }
    }
    const small = await store.getMany(keys, { into: keys.map(() => new Uint8Array(2000)) }).then(
      () => expect.fail("50,000 bytes went into 2,000"),
      (reason: BatchError) => reason,
    );
    expect(small.code).toBe("BUFFER_TOO_SMALL");
    for (const [i, result] of small.results.entries()) {
      if (sizes.get(keys[i]!) === 50_000)
        expect(result).toMatchObject({ reason: { code: "BUFFER_TOO_SMALL", keyIndex: i } });
      else expect(result.status).toBe("fulfilled");
    }
  });

  test("deletes in all of its layouts but value-only, and counts a key once", async () => {
    for (const layout of ALL) if (layout !== "value-only") await write(layout, "everywhere", `in ${layout}`);
    const store = make({ readLayouts: "any", valueMetadata });
    const keys = ["everywhere", "nowhere", ...ALL.map((layout) => `in ${layout}`)];
    expect(await store.deleteMany(keys)).toBe(5);
    const sizes = await Promise.all(on.servers.nodes.map((node) => node.command("DBSIZE")));
    expect(sizes.every((size) => size === 0)).toBe(true);
    await write("packed", "k");
    expect(await make({}).deleteMany(["k"])).toBe(0);
    expect(await make({ readLayouts: ["packed"] }).deleteMany(["k"])).toBe(1);
  });

  test("writes its own layout alone", async () => {
    const store = make({ readLayouts: "any" });
    await store.putMany([{ key: "k", metadata: { from: "here" }, bytes: Buffer.from("abc") }]);
    const names: string[] = [];
    for await (const name of on.client.scan()) names.push(String(name));
    expect(names.sort()).toEqual(["{k}:kv_bytes", "{k}:metadata"]);
  });

  test("works below a key prefix in every layout", async () => {
    const client = await on.connect({ keyPrefix: "app:" });
    for (const layout of ALL)
      await new RecordStore<Origin>(client, { layout }).putMany([
        { key: `in ${layout}`, metadata: { from: layout }, bytes: Buffer.alloc(1000) },
      ]);
    const keys = ALL.map((layout) => `in ${layout}`);
    const store = new RecordStore<Origin>(client, { readLayouts: "any", valueMetadata });
    expect(origins(await store.getMany(keys))).toEqual(ALL);
    expect(await make({ readLayouts: "any", valueMetadata }).getMany(keys)).toEqual(keys.map(() => null));
    // A bare name may be anything's: it is deleted by a store of that layout only.
    expect(await store.deleteMany(keys)).toBe(4);
    expect(origins(await store.getMany(keys))).toEqual([null, null, null, null, "value-only"]);
    expect(await make({ layout: "value-only", valueMetadata }).deleteMany(keys)).toBe(0);
    expect(await new RecordStore(client, { layout: "value-only" }).deleteMany(keys)).toBe(1);
  });

  test("shows an error in a later layout at its index, not as a miss", async () => {
    await write("tagged-pair", "here");
    await on.command("list", "RPUSH", "list", "x");
    const store = make({ readLayouts: ["packed", "value-only"], valueMetadata });
    for (const call of ["getMany", "containsMany"] as const) {
      const error: BatchError = await store[call](["none", "list", "here"]).then(
        () => expect.fail("a list was read"),
        (reason) => reason,
      );
      expect(error).toBeInstanceOf(BatchError);
      expect(error.results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(error.results[1]).toMatchObject({ reason: { code: "WRONGTYPE", keyIndex: 1 } });
    }
    expect(store.stats()).toEqual({ hits: 1, misses: 1, halves: 0, mismatches: 0 });
  });

  test("has one outcome per key when it is aborted on the way", async () => {
    await write("packed", "there");
    const store = make({ readLayouts: ["packed"] });
    const controller = new AbortController();
    const call = store.getMany(["there", "none"], { signal: controller.signal });
    controller.abort(new Error("enough"));
    const error: TimeoutError = await call.then(
      () => expect.fail("was not aborted"),
      (reason) => reason,
    );
    expect(error).toMatchObject({ name: "AbortError", code: "ABORTED" });
    expect(error.results).toHaveLength(2);
    const before = store.deleteMany(["a", "b", "}c"], { signal: controller.signal });
    await expect(before).rejects.toMatchObject({ name: "AbortError", results: { length: 3 } });
  });
});

describe("readLayouts and valueMetadata", () => {
  const client = { batchDefaults: { options: { keyPrefix: "" } } } as never;

  test("are refused where they are none, by name", () => {
    for (const readLayouts of [["triple"], ["packed", null], ["any"]]) {
      const make = () => new RecordStore(client, { readLayouts: readLayouts as never });
      expect(make).toThrow(expect.objectContaining({ code: "UNKNOWN_LAYOUT", option: "readLayouts" }));
    }
    for (const readLayouts of ["all", "packed", 5, {}, null, true]) {
      const make = () => new RecordStore(client, { readLayouts: readLayouts as never });
      expect(make).toThrow(expect.objectContaining({ code: "BAD_OPTION", option: "readLayouts" }));
    }
    for (const valueMetadata of [{}, "f", 5, null]) {
      const make = () => new RecordStore(client, { valueMetadata: valueMetadata as never });
      expect(make).toThrow(expect.objectContaining({ code: "BAD_OPTION", option: "valueMetadata" }));
    }
    expect(() => new RecordStore(client, { readLayout: "any" } as never)).toThrow(
      expect.objectContaining({ code: "UNKNOWN_OPTION", option: "readLayout" }),
    );
  });

  test("may name a layout twice, and the store's own", () => {
    expect(
      () =>
        new RecordStore(client, { layout: "packed", readLayouts: ["packed", "colon-pair", "colon-pair"] }),
    ).not.toThrow();
  });
});
