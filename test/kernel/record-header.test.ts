import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKernel } from "../../src/wasm/load.ts";
import {
  decodeRecordHeader,
  encodeRecordHeaderInto,
  RECORD_HEADER_LENGTH,
} from "../../src/wasm/record-header.ts";

function record(metadataLength: number, byteLength: number): Uint8Array {
  const value = new Uint8Array(RECORD_HEADER_LENGTH + metadataLength + byteLength);
  encodeRecordHeaderInto(value, 0, metadataLength, byteLength);
  return value;
}

describe("the header of a packed record", () => {
  test("is SPR, version 1, two little-endian lengths and four zero bytes", () => {
    expect(Array.from(record(0x0102, 3).subarray(0, 16))).toEqual([
      0x53, 0x50, 0x52, 1, 0x02, 0x01, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });

  test("comes back as it was written, also at an offset", () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), fc.nat(50), (metadataLength, byteLength, offset) => {
        const target = new Uint8Array(offset + RECORD_HEADER_LENGTH + metadataLength + byteLength);
        encodeRecordHeaderInto(target, offset, metadataLength, byteLength);
        expect(decodeRecordHeader(target.subarray(offset))).toEqual({ metadataLength, byteLength });
      }),
    );
  });

  test("is null for values that are no whole record", () => {
    const whole = record(5, 9);
    expect(decodeRecordHeader(whole)).not.toBeNull();
    for (let length = 0; length < whole.length; length++)
      expect(decodeRecordHeader(whole.subarray(0, length))).toBeNull();
    expect(decodeRecordHeader(new Uint8Array([...whole, 0]))).toBeNull();
    for (const changed of [0, 1, 2, 3, 4, 7, 8, 11, 12, 15]) {
      const broken = whole.slice();
      broken[changed]! ^= 0x80;
      expect(decodeRecordHeader(broken), `byte ${changed}`).toBeNull();
    }
  });

  test.each(["wasm", "js"] as const)("is what the %s kernel writes", (backend) => {
    const none = new Uint8Array(0);
    const template = {
      parts: [{ kind: "record" as const, metadata: 0, bytes: 1 }],
      routePrefix: none,
      routeSuffix: none,
      columns: 2,
    };
    const keys = ["a", "b", "c", "d"];
    const columns = [keys.map(() => new Uint8Array(3)), keys.map((_, i) => new Uint8Array(1000 * i))];
    const packed = createKernel(backend).pack({
      template,
      keys,
      nodeCount: 1,
      values: { columns, gatherFrom: 2500 },
    });
    let start = 0;
    packed.ends.forEach((end, i) => {
      const headerAt = packed.bytes.indexOf(0x0a, start) + 1;
      const header = record(3, 1000 * i).subarray(0, RECORD_HEADER_LENGTH);
      expect(packed.bytes.subarray(headerAt, headerAt + RECORD_HEADER_LENGTH)).toEqual(header);
      start = end;
    });
  });
});
