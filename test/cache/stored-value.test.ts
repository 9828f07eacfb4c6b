import { deflateSync, gzipSync } from "node:zlib";
import { decode, encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { CacheOperationError } from "../../src/cache/cache-error.ts";
import type { CompressionAlgorithm } from "../../src/cache/compression.ts";
import { readStored, writeStored } from "../../src/cache/stored-value.ts";
import { bytesCodec, jsonCodec } from "../../src/cache/value-codec.ts";
import { ValueFormat } from "../../src/cache/value-format.ts";

const MAGIC = [0xc1, 0x73, 0x70, 0x76];

async function stored(value: Uint8Array, metadata?: object): Promise<Uint8Array> {
  const [bytes] = await new ValueFormat(bytesCodec(), undefined).encode([value], metadata as never);
  return bytes!;
}

describe("the stored bytes of a value", () => {
  test("are its encoded bytes where it has neither metadata nor compression", async () => {
    const value = Buffer.from("plain");
    expect(await stored(value)).toBe(value);
    expect(await stored(Buffer.alloc(0))).toHaveLength(0);
    expect(await stored(Buffer.from(MAGIC.slice(0, 3)))).toHaveLength(3);
  });

  test("are an envelope with metadata, as the docs draw it", async () => {
    const bytes = Buffer.from(await stored(Buffer.from("v"), { etag: "x" }));
    expect([...bytes.subarray(0, 5)]).toEqual([...MAGIC, 0x10]);
    const length = bytes.readUInt32BE(5);
    expect(decode(bytes.subarray(9, 9 + length))).toEqual({ etag: "x" });
    expect(bytes.subarray(9 + length).toString()).toBe("v");
  });

  test("are an envelope where the value itself begins like one", async () => {
    for (const value of [Buffer.from(MAGIC), await stored(Buffer.from("v"), { n: 1 })]) {
      const bytes = await stored(value);
      expect([...bytes]).toEqual([...MAGIC, 0x10, 0, 0, 0, 0, ...value]);
      expect(Buffer.from(readStored(bytes).payload).equals(value)).toBe(true);
    }
  });

  test.each<[CompressionAlgorithm, number]>([
    ["deflate", 0x11],
    ["gzip", 0x12],
    ["brotli", 0x13],
  ])("are compressed by %s from minBytes on, where that makes them smaller", async (algorithm, flags) => {
    const format = new ValueFormat(bytesCodec<Buffer>(), { minBytes: 1_000, algorithm });
    const noise = Buffer.from(Array.from({ length: 1_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24));
    const values = [Buffer.alloc(999, 65), Buffer.alloc(1_000, 65), noise, Buffer.alloc(300_000, 66)];
    const all = await format.encode(values, undefined);
    expect(all[0]).toBe(values[0]);
    expect(all[1]![4]).toBe(flags);
    expect(all[1]!.length).toBeLessThan(200);
    expect(all[3]!.length).toBeLessThan(3_000);
    const decoded = await format.decode([null, ...all]);
    expect(decoded[0]).toBeNull();
    values.forEach((value, i) => {
      expect((decoded[i + 1] as { value: Buffer }).value.equals(value), `value ${i}`).toBe(true);
    });
    // Any reader knows what to do, whatever its own option says.
    const plain = await new ValueFormat(bytesCodec<Buffer>(), undefined).decode([all[1]!]);
    expect((plain[0] as { value: Buffer }).value.equals(values[1]!)).toBe(true);
  });

  test("are what zlib writes, so that another language reads them", () => {
    const payload = deflateSync(Buffer.alloc(50, 65));
    const bytes = Buffer.concat([Buffer.from([...MAGIC, 0x11, 0, 0, 0, 0]), payload]);
    expect(readStored(bytes)).toMatchObject({ compression: "deflate", metadata: null });
    expect(writeStored({ payload, compression: "deflate", metadata: null })).toEqual(bytes);
  });

  test("of many large values are compressed as well, each at its index", async () => {
    const format = new ValueFormat(jsonCodec<string>(), { minBytes: 1_000, algorithm: "gzip" });
    const values = Array.from({ length: 50 }, (_, i) => (i % 3 === 0 ? "small" : `${i}`.repeat(5_000)));
    const decoded = await format.decode(await format.encode(values, { n: 1 }));
    expect(decoded.map((entry) => (entry as { value: string }).value)).toEqual(values);
  });

  const gzipped = gzipSync(Buffer.alloc(5_000, 65));
  test.each<[string, readonly number[]]>([
    ["the magic alone", MAGIC],
    ["no more than flags", [...MAGIC, 0x10]],
    ["a length that is cut short", [...MAGIC, 0x10, 0, 0]],
    ["metadata that are cut short", [...MAGIC, 0x10, 0, 0, 0, 5, 0x81]],
    ["a length without end", [...MAGIC, 0x10, 255, 255, 255, 255, 0]],
    ["a later version", [...MAGIC, 0x20, 0, 0, 0, 0]],
    ["a flag that means nothing yet", [...MAGIC, 0x18, 0, 0, 0, 0]],
    ["an unknown compression", [...MAGIC, 0x17, 0, 0, 0, 0]],
    ["compressed bytes that are none", [...MAGIC, 0x12, 0, 0, 0, 0, 1, 2, 3]],
    ["compressed bytes that are cut short", [...MAGIC, 0x12, 0, 0, 0, 0, ...gzipped.subarray(0, -9)]],
    [
      "compressed bytes that are damaged",
      [...MAGIC, 0x12, 0, 0, 0, 0, ...gzipped.subarray(0, -8), ...[0, 0, 0, 0, 0, 0, 0, 0]],
    ],
  ])("with %s are an error, not a value", async (_, bytes) => {
    const [decoded] = await new ValueFormat(bytesCodec(), undefined).decode([Uint8Array.from(bytes)]);
    expect(decoded).toBeInstanceOf(CacheOperationError);
    expect(decoded).toMatchObject({ code: "DECODE_FAILED" });
  });

  test("with metadata that are no map are an error of getWithMetadata, and a value all the same", async () => {
    const format = new ValueFormat(bytesCodec<Buffer>(), undefined);
    const metadata = encode(7);
    const bytes = writeStored({ payload: Buffer.from("v"), compression: null, metadata });
    expect(() => format.metadataOf(bytes)).toThrow(CacheOperationError);
    expect(await format.decode([bytes])).toMatchObject([{ value: Buffer.from("v") }]);
  });
});
