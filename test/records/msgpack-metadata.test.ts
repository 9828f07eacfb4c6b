import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { msgpackMetadata } from "../../src/index.ts";

const codec = msgpackMetadata();

describe("MessagePack metadata", () => {
  test("is the array [byteLength, metadata] to any MessagePack library", () => {
    const metadata = { model: "m", shape: [2, 32], n: -5, ok: true, none: null, raw: Buffer.from([1, 2]) };
    for (const byteLength of [0, 1, 127, 128, 65_535, 65_536, 2 ** 29, 2 ** 32 - 1])
      expect(decode(codec.encode(metadata, byteLength))).toEqual([byteLength, metadata]);
  });

  test("begins with 0x92, 0xce and the length in four bytes", () => {
    expect(Buffer.from(codec.encode({ n: 1 }, 0x01020304)).toString("hex")).toBe("92ce0102030481a16e01");
  });

  test("that another library wrote, with the length as short as it can be, is read", () => {
    for (const byteLength of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 29]) {
      const foreign = encode([byteLength, { n: byteLength }]);
      expect(codec.decode(foreign, byteLength)).toEqual({ n: byteLength });
      expect(codec.decode(foreign, byteLength + 1)).toBeUndefined();
    }
  });

  test("comes back as it was, whatever plain value it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(2 ** 29), (metadata, byteLength) => {
        const text = JSON.stringify(metadata);
        // @msgpack/msgpack refuses to read such a key.
        fc.pre(!text.includes("__proto__"));
        const wanted = JSON.parse(text);
        expect(codec.decode(codec.encode(wanted, byteLength), byteLength)).toEqual(wanted);
      }),
    );
  });

  test("that was encoded before stays as it was when more is encoded", () => {
    const encoded = Array.from({ length: 200 }, (_, i) => codec.encode({ n: i, text: "x".repeat(i) }, i));
    expect(encoded.map((bytes, i) => codec.decode(bytes, i))).toEqual(
      encoded.map((_, i) => ({ n: i, text: "x".repeat(i) })),
    );
  });

  test("is none when the bytes are something else, end early, go on, or tell another length", () => {
    const encoded = Buffer.from(codec.encode({ n: 1, text: "abc" }, 500));
    for (let length = 0; length < encoded.length; length++)
      expect(codec.decode(encoded.subarray(0, length), 500)).toBeUndefined();
    expect(codec.decode(Buffer.concat([encoded, Buffer.from([0xc0])]), 500)).toBeUndefined();
    expect(codec.decode(encoded, 501)).toBeUndefined();
    for (const other of [{ n: 1 }, [500], [500, 1, 2], "text", 500, null])
      expect(codec.decode(encode(other), 500)).toBeUndefined();
    expect(codec.decode(Buffer.from('{"n":1}'), 500)).toBeUndefined();
    expect(codec.decode(Buffer.from([0x92, 0xce, 0, 0, 1, 0xf4, 0xc1]), 500)).toBeUndefined();
    expect(codec.decode(encoded, 500)).toEqual({ n: 1, text: "abc" });
  });

  test("refuses what MessagePack has no form for, and goes on with the next", () => {
    const circular: unknown[] = [];
    circular.push(circular);
    for (const metadata of [() => {}, Symbol("s"), 2n ** 70n, circular, { deep: Symbol("s") }])
      expect(() => codec.encode(metadata, 1)).toThrow();
    expect(codec.decode(codec.encode("fine", 1), 1)).toBe("fine");
  });
});
