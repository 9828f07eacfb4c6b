import fc from "fast-check";
import { expect, test } from "vitest";
import { msgpackMetadata } from "../../src/records/msgpack-metadata.ts";

const flat = fc.dictionary(
  fc.constantFrom("n", "model", "dtype"),
  fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.constantFrom(0, -0, Number.NaN)),
  { noNullPrototype: true },
);

test("a codec that remembers the last metadata gives what a fresh one gives, in any order of records", () => {
  const records = fc.array(
    fc.tuple(fc.oneof(flat, fc.constantFrom({ n: 1 }, { n: 2 })), fc.constantFrom(1, 2048)),
  );
  fc.assert(
    fc.property(records, (list) => {
      const used = msgpackMetadata();
      for (const [metadata, byteLength] of list.flatMap((record) => [record, record, record])) {
        const encoded = used.encode(metadata, byteLength);
        expect(Buffer.from(encoded)).toEqual(Buffer.from(msgpackMetadata().encode(metadata, byteLength)));
        expect(used.decode(encoded, byteLength)).toEqual(msgpackMetadata().decode(encoded, byteLength));
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

test("metadata that changed after it was encoded is encoded anew", () => {
  const codec = msgpackMetadata<{ n: number }>();
  const metadata = { n: 1 };
  for (let n = 1; n < 6; n++) {
    metadata.n = n >> 1;
    expect(codec.decode(codec.encode(metadata, 8), 8)).toEqual({ n: n >> 1 });
  }
});
