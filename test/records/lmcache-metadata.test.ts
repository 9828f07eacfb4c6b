import { describe, expect, test } from "vitest";
import { type LmcacheMetadata, lmcacheMetadata } from "../../src/index.ts";
import vectors from "../vectors/lmcache.json" with { type: "json" };

interface Decoded {
  readonly length: number;
  readonly fmt: string;
  readonly dtypes: (string | null)[];
  readonly shapes: number[][];
}

const codec = lmcacheMetadata();
const bytesOf = (hex: string) => Buffer.from(hex, "hex");
const metadataOf = ({ fmt, dtypes, shapes }: Decoded) => ({ fmt, dtypes, shapes }) as LmcacheMetadata;
const SAMPLE: LmcacheMetadata = { fmt: "KV_2LTD", dtypes: ["bfloat16"], shapes: [[2, 32, 256, 1024]] };

describe("LMCache's metadata", () => {
  test("there are vectors that are written and vectors that are only read", () => {
    const variants = vectors.metadata_vectors.map(({ variant }) => variant.split(" ")[0]);
    expect(variants.filter((variant) => variant === "current").length).toBeGreaterThanOrEqual(12);
    expect(variants).toContain("any");
    expect(variants).toContain("fork-only");
  });

  for (const vector of vectors.metadata_vectors) {
    const { length } = vector.fields;
    const encoded = bytesOf(vector.metadata_hex);
    const decoded = metadataOf(vector.decoded_by_current);
    if (vector.variant.startsWith("current")) {
      test(`is written byte for byte: ${vector.description}`, () => {
        const metadata = metadataOf({ ...vector.fields, length });
        expect(Buffer.from(codec.encode(metadata, length)).toString("hex")).toBe(vector.metadata_hex);
        expect(encoded).toHaveLength(vector.byte_length);
        expect(Array.from(vector.int32_le, (_, i) => encoded.readInt32LE(4 * i))).toEqual(vector.int32_le);
      });
    }
    test(`is read: ${vector.description}`, () => {
      expect(codec.decode(encoded, length)).toEqual(decoded);
      const shifted = Buffer.concat([Buffer.from("x"), encoded]).subarray(1);
      expect(codec.decode(shifted, length)).toEqual(decoded);
    });
  }

  for (const vector of vectors.metadata_negative) {
    test(`behaves like Python's: ${vector.description}`, () => {
      const { hex, outcome } = vector as {
        hex?: string;
        outcome: { ok: boolean; result?: Decoded };
      };
      if (hex === undefined) {
        const tooLong = vector.description.includes("2**31");
        const metadata = tooLong ? SAMPLE : { ...SAMPLE, shapes: [[1, 2, 3, 4, 5]] };
        const write = () => codec.encode(metadata, tooLong ? 2 ** 31 : 240);
        expect(write).toThrow(expect.objectContaining({ code: "BAD_METADATA" }));
        return;
      }
      const encoded = bytesOf(hex);
      const decoded = codec.decode(encoded, encoded.readInt32LE(0));
      if (!outcome.ok) {
        // Where Python's job fails, a reader of ours has a miss.
        expect(decoded).toBeUndefined();
        return;
      }
      // Python is told how many groups to read; here the length tells, so that there may be more.
      const { fmt, dtypes, shapes } = outcome.result!;
      expect(decoded?.fmt).toBe(fmt);
      expect(decoded?.dtypes.slice(0, dtypes.length)).toEqual(dtypes);
      expect(decoded?.shapes.slice(0, shapes.length)).toEqual(shapes);
    });
  }

  test("is read for as many tensors as the caller has, like Python's num_groups", () => {
    const two = vectors.metadata_negative.find(({ description }) => description.startsWith("48-byte"))!;
    const encoded = bytesOf(two.hex!);
    const { fmt, dtypes, shapes } = (two.outcome as { result?: Decoded }).result!;
    expect(lmcacheMetadata({ groups: 1 }).decode(encoded, 16_777_216)).toEqual({ fmt, dtypes, shapes });
    expect(lmcacheMetadata({ groups: 2 }).decode(encoded, 16_777_216)?.shapes).toHaveLength(2);
    // Python's job fails on a record of fewer tensors; here it is a miss.
    expect(lmcacheMetadata({ groups: 3 }).decode(encoded, 16_777_216)).toBeUndefined();
    const garbage = Buffer.concat([encoded.subarray(0, 28), Buffer.alloc(20, 0xff)]);
    expect(lmcacheMetadata({ groups: 1 }).decode(garbage, 16_777_216)?.shapes).toEqual(shapes);
    expect(codec.decode(garbage, 16_777_216)).toBeUndefined();
  });

  test("is read without ones in front where the caller knows how many dimensions there are", () => {
    const fork = vectors.metadata_vectors.find(({ variant }) => variant.startsWith("fork-only"))!;
    const encoded = bytesOf(fork.metadata_hex);
    const { length } = fork.fields;
    const shapeWith = (expectedRank: number) =>
      lmcacheMetadata({ expectedRank }).decode(encoded, length)?.shapes[0];
    expect(shapeWith(3)).toEqual(fork.fields.shapes[0]);
    // As it is: nothing was padded, or not with that many ones.
    expect(shapeWith(4)).toEqual([1, 256, 2, 1024]);
    expect(shapeWith(2)).toEqual([1, 256, 2, 1024]);
    // Padded with zeros as LMCache does; and where a leading 1 means something.
    const expecting = lmcacheMetadata({ expectedRank: 3 });
    for (const metadata of [
      { fmt: "KV_T2D", dtypes: ["uint8"], shapes: [[1, 2, 8]] },
      { fmt: "KV_MLA_FMT", dtypes: ["uint8"], shapes: [[1, 2, 3, 4]] },
      { fmt: "KV_2LTD", dtypes: ["uint8"], shapes: [[1, 2, 3, 4]] },
    ] as LmcacheMetadata[])
      expect(expecting.decode(codec.encode(metadata, 24), 24)).toEqual(metadata);
  });

  test("tells the length of its bytes, and is none where it cannot be read", () => {
    const encoded = Buffer.from(codec.encode(SAMPLE, 4096));
    expect(codec.byteLengthOf?.(encoded)).toBe(4096);
    for (const end of [0, 4, 7, 27]) expect(codec.byteLengthOf?.(encoded.subarray(0, end))).toBeUndefined();
    encoded.writeInt32LE(-1, 0);
    expect(codec.byteLengthOf?.(encoded)).toBeUndefined();
  });

  test("is none with a dimension below zero", () => {
    const encoded = Buffer.from(codec.encode(SAMPLE, 64));
    encoded.writeInt32LE(-5, 16);
    expect(codec.decode(encoded, 64)).toBeUndefined();
  });

  test("takes no options but those it has", () => {
    for (const [option, value] of [
      ["groups", 0],
      ["groups", 1.5],
      ["groups", "2"],
      ["expectedRank", 0],
      ["expectedRank", 5],
    ] as const)
      expect(() => lmcacheMetadata({ [option]: value })).toThrow(
        expect.objectContaining({ code: "BAD_OPTION", option }),
      );
    expect(() => lmcacheMetadata({ rank: 3 } as never)).toThrow(
      expect.objectContaining({ code: "UNKNOWN_OPTION", option: "rank" }),
    );
    expect(() => lmcacheMetadata(null as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  });

  test("is none when it is too short, or tells another length than the bytes have", () => {
    const encoded = codec.encode(SAMPLE, 4096);
    for (let length = 0; length < encoded.length; length++)
      expect(codec.decode(encoded.subarray(0, length), 4096)).toBeUndefined();
    expect(codec.decode(encoded, 4095)).toBeUndefined();
    expect(codec.decode(encoded, 4096)).toEqual(SAMPLE);
  });

  test("is none for every code that nobody has given", () => {
    for (const code of [-1, 9, 10, 255, 2 ** 31 - 1, -(2 ** 31)]) {
      for (const at of [4, 8]) {
        const encoded = Buffer.from(codec.encode(SAMPLE, 64));
        encoded.writeInt32LE(code, at);
        expect(codec.decode(encoded, 64)).toBeUndefined();
      }
    }
  });

  test("reads an unknown code in a later tensor as none, too", () => {
    const two = { ...SAMPLE, dtypes: ["uint8", "uint8"], shapes: [[1], [2]] } as LmcacheMetadata;
    const encoded = Buffer.from(codec.encode(two, 3));
    expect(codec.decode(encoded, 3)).toEqual(two);
    encoded.writeInt32LE(9, 28);
    expect(codec.decode(encoded, 3)).toBeUndefined();
  });

  test.each([
    ["fmt", { ...SAMPLE, fmt: "KV_NONE" }],
    ["fmt", null],
    ["fmt", 7n],
    ["shapes[0][0]", { ...SAMPLE, shapes: [[2n]] }],
    ["shapes", { ...SAMPLE, shapes: [] }],
    ["shapes", { ...SAMPLE, dtypes: ["uint8", "uint8"] }],
    ["dtypes[0]", { ...SAMPLE, dtypes: ["int8"] }],
    ["dtypes[0]", { ...SAMPLE, dtypes: [undefined] }],
    ["shapes[0]", { ...SAMPLE, shapes: [[]] }],
    ["shapes[0]", { ...SAMPLE, shapes: [7] }],
    ["shapes[0][1]", { ...SAMPLE, shapes: [[2, -1]] }],
    ["shapes[0][0]", { ...SAMPLE, shapes: [[1.5]] }],
    ["shapes[0][2]", { ...SAMPLE, shapes: [[1, 2, 2 ** 31]] }],
  ])("names the field %s that does not encode", (option, metadata) => {
    const write = () => codec.encode(metadata as LmcacheMetadata, 8);
    expect(write).toThrow(expect.objectContaining({ code: "BAD_METADATA", option }));
  });
});
