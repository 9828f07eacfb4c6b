import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type KvRecord,
  type LmcacheMetadata,
  lmcacheMetadata,
  type MetadataCodec,
  msgpackMetadata,
  RecordStore,
} from "../../src/index.ts";
import { describeEachServer } from "./each-server.ts";

const SIZES = [
  0, 1, 28, 1000, 1023, 1024, 2047, 2048, 2049, 16_384, 32_767, 32_768, 65_536, 200_000, 1_048_576,
];
const LMCACHE: LmcacheMetadata = { fmt: "KV_2LTD", dtypes: ["bfloat16"], shapes: [[2, 4, 8, 16]] };

interface Kind {
  readonly title: string;
  readonly codec: MetadataCodec<unknown>;
  metadata(i: number): unknown;
}

const KINDS: readonly Kind[] = [
  {
    title: "msgpackMetadata",
    codec: msgpackMetadata(),
    metadata: (i) => ({ block: i, text: "ü".repeat(i % 50), nested: [1, { i }] }),
  },
  {
    title: "lmcacheMetadata",
    codec: lmcacheMetadata() as MetadataCodec<unknown>,
    metadata: (i) => ({ ...LMCACHE, shapes: [[2, 4, 8, i + 1]] }),
  },
];
const LAYOUTS = ["tagged-pair", "colon-pair", "upstream-pair", "packed"] as const;

/** Keys of every kind: plain, LMCache's own, with braces, binary-like, empty. */
const KEYS = [
  "a",
  "meta-llama/Llama-3.1-8B-Instruct@1@0@-4dc3abe5a2caeb43@bfloat16",
  "braces{inside}here",
  "}begins",
  "}",
  "",
  "{tag}key",
  "{}",
  "a}b",
  "x{",
  "ключ✓",
  "line\r\nbreak",
  "\0nul",
  "x".repeat(300),
  "{",
  "}}:metadata",
];

for (const layout of LAYOUTS) {
  for (const kind of KINDS) {
    describeEachServer(`records as ${layout} with ${kind.title}`, (on) => {
      const make = () => new RecordStore(on.client, { layout, metadata: kind.codec });
      const record = (key: string, i: number, size: number): KvRecord => ({
        key,
        metadata: kind.metadata(i),
        bytes: randomBytes(size),
      });
      beforeEach(() => on.flush());

      test("come back at their index, whatever the key and the size", async () => {
        const store = make();
        const records = KEYS.flatMap((key, i) =>
          SIZES.map((size) => record(key === "" && size > 0 ? `${size}` : key + (size || ""), i, size)),
        );
        await store.putMany(records);
        const keys = records.flatMap(({ key }) => [key, `${key} is missing`]);
        const read = await store.getMany(keys);
        expect(read).toHaveLength(keys.length);
        for (const [i, wanted] of records.entries()) {
          expect(read[2 * i]?.key).toBe(wanted.key);
          expect(read[2 * i]?.metadata).toEqual(wanted.metadata);
          expect(Buffer.compare(read[2 * i]!.bytes, wanted.bytes)).toBe(0);
          expect(read[2 * i + 1]).toBeNull();
        }
        expect(store.stats()).toEqual({
          hits: records.length,
          misses: records.length,
          halves: 0,
          mismatches: 0,
        });
      });

      test("are whole or not for containsMany, and end the prefix at the first hole", async () => {
        const store = make();
        const keys = Array.from({ length: 40 }, (_, i) => (i % 10 === 3 ? `}${i}` : `block:${i}`));
        const holes = new Set([11, 12, 30]);
        const stored = keys.flatMap((key, i) => (holes.has(i) ? [] : [record(key, i, 100 + i)]));
        await store.putMany(stored);
        expect(await store.containsMany(keys)).toEqual(keys.map((_, i) => !holes.has(i)));
        expect(await store.prefixLength(keys)).toBe(11);
        expect(await store.prefixLength(keys.slice(0, 11))).toBe(11);
        expect(await store.prefixLength(keys.slice(11))).toBe(0);
        expect(await store.prefixLength(keys.slice(13))).toBe(17);
      });

      test("that are deleted are counted once each, and gone", async () => {
        const store = make();
        const keys = ["one", "two", "}three", ""];
        await store.putMany(keys.map((key, i) => record(key, i, 5000)));
        expect(await store.deleteMany(["one", "absent", "}three", "one"])).toBe(2);
        expect((await store.getMany(keys)).map((found) => found?.key)).toEqual([
          undefined,
          "two",
          undefined,
          "",
        ]);
        expect(await store.deleteMany(keys)).toBe(2);
        expect(await store.deleteMany(keys)).toBe(0);
        const sizes = await Promise.all(on.servers.nodes.map((node) => node.command("DBSIZE")));
        expect(sizes.every((size) => size === 0)).toBe(true);
      });

      test("given twice in one call hold what came last", async () => {
        const store = make();
        for (const key of ["twice", "}twice"]) {
          const records = Array.from({ length: 20 }, (_, i) => record(key, i, 3000 + i));
          await store.putMany(records.flatMap((one, i) => [one, record(`${key} ${i}`, i, 10)]));
          const [found] = await store.getMany([key]);
          expect(found?.metadata).toEqual(kind.metadata(19));
          expect(Buffer.compare(found!.bytes, records[19]!.bytes)).toBe(0);
        }
      });

      test("asked for twice in one call come twice", async () => {
        const store = make();
        await store.putMany([record("k", 1, 50_000), record("", 2, 10)]);
        const read = await store.getMany(["k", "", "k", "k", ""]);
        expect(read.map((found) => found?.bytes.length)).toEqual([50_000, 10, 50_000, 50_000, 10]);
      });

      test("of an empty call need no server", async () => {
        const store = make();
        expect(await store.getMany([])).toEqual([]);
        expect(await store.containsMany([])).toEqual([]);
        expect(await store.prefixLength([])).toBe(0);
        expect(await store.deleteMany([])).toBe(0);
        await store.putMany([]);
      });

      for (const keyPrefix of ["app:", "{all}", "a{", "}x{y}", "x{}"]) {
        test(`live below the key prefix ${keyPrefix}, also where it has braces`, async () => {
          const client = await on.connect({ keyPrefix });
          const store = new RecordStore(client, { layout, metadata: kind.codec });
          const keys = ["k", "", "}b", "a{b}c"];
          await store.putMany(keys.map((key, i) => record(key, i, 3000)));
          expect((await store.getMany(keys)).map((found) => found?.key)).toEqual(keys);
          expect(await store.containsMany([...keys, "none"])).toEqual([true, true, true, true, false]);
          expect((await make().getMany(keys)).every((found) => found === null)).toBe(true);
          const names: string[] = [];
          for await (const name of on.client.scan()) names.push(name.toString());
          expect(names).toHaveLength(layout === "packed" ? 4 : 8);
          expect(names.every((name) => name.startsWith(keyPrefix))).toBe(true);
          expect(await store.deleteMany(keys)).toBe(4);
        });
      }
    });
  }
}

describe("an unknown layout or option", () => {
  const client = { batchDefaults: { options: { keyPrefix: "" } } } as never;

  test("is refused by name", () => {
    for (const layout of ["triple", "", "Packed", null, 5]) {
      const make = () => new RecordStore(client, { layout: layout as never });
      expect(make).toThrow(expect.objectContaining({ code: "UNKNOWN_LAYOUT", option: "layout" }));
    }
    expect(() => new RecordStore(client, { codec: msgpackMetadata() } as never)).toThrow(
      expect.objectContaining({ code: "UNKNOWN_OPTION", option: "codec" }),
    );
    for (const metadata of [{}, { encode() {} }, "msgpack", null]) {
      const make = () => new RecordStore(client, { metadata: metadata as never });
      expect(make).toThrow(expect.objectContaining({ code: "BAD_OPTION", option: "metadata" }));
    }
  });
});
