import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crc16, createKernel, type Key, keySlot, keySlots } from "../../src/slots/index.ts";

interface Vector {
  readonly group: string;
  readonly kind: "string" | "bytes" | "generated";
  readonly key?: string;
  readonly hex?: string;
  readonly expr?: string;
  readonly length: number;
  readonly slot: number;
}

const file = new URL("../vectors/keyslot.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] };

/** The keys that are too long to be listed, by the expression that describes them. */
const GENERATED: Record<string, Key> = {
  "'a'.repeat(65536)": "a".repeat(65536),
  "'x'.repeat(1048576)+'{a}'": `${"x".repeat(1048576)}{a}`,
  "'{'+'t'.repeat(1048576)+'}tail'": `{${"t".repeat(1048576)}}tail`,
  "'{'+'t'.repeat(1048576)": `{${"t".repeat(1048576)}`,
  "'漢'.repeat(100000)": "漢".repeat(100000),
  "'💀'.repeat(100000)": "💀".repeat(100000),
  "Buffer.alloc(1048576)": Buffer.alloc(1048576),
  "Buffer.alloc(1048576, 0xff)": Buffer.alloc(1048576, 0xff),
};

function keyOf(vector: Vector): Key {
  if (vector.kind === "string") return vector.key!;
  if (vector.kind === "bytes") return Buffer.from(vector.hex!, "hex");
  const key = GENERATED[vector.expr!];
  if (key === undefined) throw new Error(`no key for ${vector.expr}`);
  return key;
}

const rows = vectors.map((vector) => ({ vector, key: keyOf(vector) }));
const utf8 = (key: Key): Uint8Array => (typeof key === "string" ? Buffer.from(key) : key);

describe("the published key slots", () => {
  test("are 370 rows of strings, bytes and generated keys", () => {
    const kinds = new Set(vectors.map(({ kind }) => kind));
    expect([vectors.length, kinds]).toEqual([370, new Set(["string", "bytes", "generated"])]);
    for (const { vector, key } of rows) {
      expect(utf8(key).length, JSON.stringify(vector.key ?? vector.expr)).toBe(vector.length);
      if (vector.hex !== undefined) expect(Buffer.from(utf8(key)).toString("hex")).toBe(vector.hex);
    }
  });

  test("are what keySlot answers, for the key and for its UTF-8 bytes", () => {
    for (const { vector, key } of rows) {
      const name = `${vector.group} ${JSON.stringify(vector.key ?? vector.hex ?? vector.expr)}`;
      expect(keySlot(key), name).toBe(vector.slot);
      expect(keySlot(utf8(key)), name).toBe(vector.slot);
    }
  });

  test("are what keySlots answers for all rows at once, and for each group of them", () => {
    const groups = new Set(vectors.map(({ group }) => group));
    const batches = Array.from(groups, (group) => rows.filter(({ vector }) => vector.group === group));
    for (const batch of [rows, ...batches]) {
      const expected = batch.map(({ vector }) => vector.slot);
      expect(Array.from(keySlots(batch.map(({ key }) => key)))).toEqual(expected);
      expect(Array.from(keySlots(batch.map(({ key }) => utf8(key))))).toEqual(expected);
    }
  });

  test.each(["wasm", "js"] as const)("are what the %s kernel answers", (backend) => {
    const slots = new Uint16Array(rows.length);
    createKernel(backend).keySlots(
      rows.map(({ key }) => key),
      slots,
    );
    expect(Array.from(slots)).toEqual(rows.map(({ vector }) => vector.slot));
  });

  test("have the check value of CRC-16/XMODEM", () => {
    expect(crc16("123456789")).toBe(0x31c3);
    expect(crc16(Buffer.from("123456789"))).toBe(0x31c3);
    expect(crc16("")).toBe(0);
  });
});
