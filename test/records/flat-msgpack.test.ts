import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FlatDecoder, FlatEncoder } from "../../src/records/flat-msgpack.ts";
import { msgpackMetadata } from "../../src/records/msgpack-metadata.ts";

const names = fc.oneof(
  fc.constantFrom("n", "model", "dtype", "", "__proto__", "constructor", "x".repeat(31), "y".repeat(32)),
  fc.string({ maxLength: 40, unit: "binary" }),
);
const fields = fc.oneof(
  fc.constantFrom(0, -0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53, Number.NaN),
  fc.constantFrom(
    -1,
    -32,
    -33,
    -128,
    -129,
    -32_768,
    -32_769,
    -(2 ** 31),
    -(2 ** 31) - 1,
    Number.NEGATIVE_INFINITY,
  ),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.string({ maxLength: 300 }),
  fc.string({ maxLength: 10, unit: "binary" }),
  fc.constantFrom([], [1], {}, { deep: { er: 1 } }, new Date(0)),
);
const objects = fc.dictionary(names, fields, { maxKeys: 18, noNullPrototype: true });

test("whatever is encoded is what @msgpack/msgpack encodes, byte for byte", () => {
  const encoder = new FlatEncoder();
  let flat = 0;
  fc.assert(
    fc.property(objects, fc.nat(8), (value, reserve) => {
      const encoded = encoder.encode(value, reserve);
      if (encoded === undefined) return;
      flat++;
      expect(Buffer.from(encoded.subarray(reserve))).toEqual(Buffer.from(encode(value)));
    }),
    { numRuns: 3000 },
  );
  expect(flat).toBeGreaterThan(300);
});

test("whatever is decoded is what @msgpack/msgpack decodes", () => {
  const decoder = new FlatDecoder();
  let flat = 0;
  fc.assert(
    fc.property(objects, fc.nat(8), (value, from) => {
      const encoded = Buffer.concat([Buffer.alloc(from, 0x81), encode(value)]);
      const decoded = decoder.decode(encoded, from);
      if (decoded === undefined) return;
      flat++;
      expect(decoded).toEqual(decode(encoded.subarray(from)));
    }),
    { numRuns: 3000 },
  );
  expect(flat).toBeGreaterThan(300);
});

test("bytes that end too soon, go on too long or are anything else are decoded as the library does or not at all", () => {
  const decoder = new FlatDecoder();
  const damaged = fc.tuple(objects, fc.nat(), fc.nat(255), fc.constantFrom("cut", "extend", "change"));
  fc.assert(
    fc.property(damaged, ([value, at, byte, how]) => {
      const encoded = Buffer.from(encode(value));
      if (how === "change") encoded[at % encoded.length] = byte;
      const bytes =
        how === "cut"
          ? encoded.subarray(0, at % encoded.length)
          : how === "extend"
            ? Buffer.concat([encoded, Buffer.from([byte])])
            : encoded;
      const decoded = decoder.decode(bytes, 0);
      if (decoded !== undefined) expect(decoded).toEqual(decode(bytes));
    }),
    { numRuns: 5000 },
  );
});

test("one codec used for many records gives what a fresh one gives", () => {
  const records = fc.array(
    fc.tuple(fc.oneof(objects, fc.constantFrom({ n: 1 }, { n: 2 })), fc.constantFrom(1, 2048)),
  );
  fc.assert(
    fc.property(records, (list) => {
      const used = msgpackMetadata();
      const kept = list.map(([metadata, byteLength]) => {
        let plain: Uint8Array;
        try {
          plain = msgpackMetadata().encode(metadata, byteLength);
        } catch {
          return undefined;
        }
        return { encoded: used.encode(metadata, byteLength), plain: Buffer.from(plain), byteLength };
      });
      for (const record of kept) {
        if (record === undefined) continue;
        const { encoded, plain, byteLength } = record;
        expect(Buffer.from(encoded)).toEqual(plain);
        expect(used.decode(encoded, byteLength)).toEqual(msgpackMetadata().decode(plain, byteLength));
        expect(used.decode(encoded, byteLength + 1)).toBeUndefined();
      }
    }),
  );
});

test("decoded metadata are the caller's own: changing one record's leaves the next one's alone", () => {
  const codec = msgpackMetadata<{ n: number }>();
  const encoded = codec.encode({ n: 1 }, 8);
  for (let i = 0; i < 4; i++) {
    const metadata = codec.decode(encoded, 8)!;
    expect(metadata).toEqual({ n: 1 });
    metadata.n = 99;
  }
});
