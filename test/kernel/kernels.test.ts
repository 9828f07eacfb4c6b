import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { type CommandTemplate, NO_NODE } from "../../src/wasm/kernel.ts";
import { createKernel } from "../../src/wasm/load.ts";
import { key, keys, packRequest } from "./batches.ts";
import { naiveCrc16, naivePack, naiveSlot } from "./naive-pack.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const none = new Uint8Array(0);

const GET: CommandTemplate = {
  parts: [
    { kind: "literal", bytes: bytesOf("*2\r\n$3\r\nGET\r\n") },
    { kind: "name", prefix: none, suffix: none },
  ],
  routePrefix: none,
  routeSuffix: none,
  columns: 0,
};
const SET: CommandTemplate = {
  ...GET,
  parts: [
    { kind: "literal", bytes: bytesOf("*3\r\n$3\r\nSET\r\n") },
    { kind: "name", prefix: none, suffix: none },
    { kind: "value", column: 0 },
  ],
  columns: 1,
};
const RECORD: CommandTemplate = {
  ...GET,
  parts: [
    { kind: "name", prefix: none, suffix: none },
    { kind: "record", metadata: 0, bytes: 1 },
  ],
  columns: 2,
};

/** Says that it has this many bytes and holds none of them. */
function claims(byteLength: number): Uint8Array {
  const value = new Uint8Array(1);
  Object.defineProperty(value, "length", { value: byteLength });
  return value;
}

function errorOf(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error("expected a ConfigError");
}

describe.each(["wasm", "js"] as const)("the %s kernel", (backend) => {
  const kernel = createKernel(backend);

  test("says which backend it is", () => {
    expect(kernel.backend).toBe(backend);
  });

  test("computes CRC-16/XMODEM's check value", () => {
    expect(kernel.crc16("123456789")).toBe(0x31c3);
    expect(kernel.crc16(bytesOf("123456789"))).toBe(0x31c3);
  });

  test("computes the CRC of every length up to 300 and of every single byte", () => {
    for (let length = 0; length <= 600; length += length < 300 ? 1 : 37) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 0xff);
      expect(kernel.crc16(bytes), `length ${length}`).toBe(naiveCrc16(bytes));
    }
    for (let byte = 0; byte < 256; byte++) {
      expect(kernel.crc16(Uint8Array.of(byte))).toBe(naiveCrc16(Uint8Array.of(byte)));
    }
  });

  test("computes the CRC of any key, of a string its UTF-8 bytes'", () => {
    fc.assert(fc.property(key, (data) => kernel.crc16(data) === naiveCrc16(Buffer.from(data as string))));
  });

  test("computes the slots of any keys", () => {
    fc.assert(
      fc.property(keys, (batch) => {
        const slots = new Uint16Array(batch.length + 1).fill(0xabcd);
        kernel.keySlots(batch, slots);
        expect(Array.from(slots)).toEqual([...batch.map(naiveSlot), 0xabcd]);
      }),
      { numRuns: 200 },
    );
  });

  test("computes the slots of long batches of each shape, whichever path they take", () => {
    const shapes: ((i: number) => string | Uint8Array)[] = [
      (i) => `k${i}`,
      (i) => `key:${i}`.padEnd(30, "x"),
      (i) => `{t${i}}`.padEnd(126, "y"),
      (i) => `${"z".repeat(90)}{t${i}}`,
      (i) => `model@1@0@${i}`.padEnd(126, "f"),
      (i) => `漢字${i}`.repeat(20),
      (i) => bytesOf(`${i}`.padEnd(80, "b")),
      (i) => (i % 2 ? bytesOf(`${i}`.padEnd(60, "b")) : `${i}`.padEnd(60, "c")),
      (i) => (i === 700 ? "holds\0the separator".padEnd(60, "s") : `plain${i}`.padEnd(60, "p")),
      (i) => `${i}`.padEnd(450, "l"),
    ];
    for (const shape of shapes) {
      const batch = Array.from({ length: 1000 }, (_, i) => shape(i));
      const slots = new Uint16Array(1000);
      kernel.keySlots(batch, slots);
      expect(Array.from(slots), String(shape)).toEqual(batch.map(naiveSlot));
    }
  });

  test("groups any slots by node, stable, with slots of no node last", () => {
    const table = Uint16Array.from({ length: 16384 }, (_, slot) => (slot % 5 === 4 ? NO_NODE : slot % 5));
    fc.assert(
      fc.property(
        fc.array(fc.nat(16383), { maxLength: 300 }),
        fc.integer({ min: 1, max: 4 }),
        (slots, nodeCount) => {
          const order = new Uint32Array(slots.length);
          const groupStart = kernel.group(Uint16Array.from(slots), slots.length, table, nodeCount, order);
          const groupOf = (slot: number): number => Math.min(table[slot]!, nodeCount);
          const expected = slots.map((slot, item) => ({ item, group: groupOf(slot) }));
          expected.sort((a, b) => a.group - b.group || a.item - b.item);
          expect(Array.from(order)).toEqual(expected.map(({ item }) => item));
          const starts = Array.from(
            { length: nodeCount + 2 },
            (_, g) => slots.filter((slot) => groupOf(slot) < g).length,
          );
          expect(Array.from(groupStart)).toEqual(starts);
        },
      ),
    );
  });

  test("plans and packs any batch, in any order and with any split of values", () => {
    fc.assert(
      fc.property(packRequest, (request) => {
        const packed = kernel.pack(request);
        const expected = naivePack(request);
        expect({ ...packed, bytes: Buffer.from(packed.bytes), gathers: packed.gathers.length }).toEqual({
          ...expected,
          bytes: Buffer.from(expected.bytes),
          gathers: expected.gathers.length,
        });
        packed.gathers.forEach((gather, i) => {
          const { position, offset, value } = expected.gathers[i]!;
          expect([gather.position, gather.offset]).toEqual([position, offset]);
          expect(gather.value).toBe(value);
        });
      }),
      { numRuns: 400 },
    );
  });

  test("packs nothing from no keys", () => {
    for (const nodeOfSlot of [undefined, new Uint16Array(16384)]) {
      const packed = kernel.pack({ template: GET, keys: [], nodeOfSlot, nodeCount: 2 });
      expect(packed.bytes.length).toBe(0);
      expect(Array.from(packed.groupStart)).toEqual([0, 0, 0, 0]);
    }
  });

  test("packs a list of items that names some of them twice", () => {
    const request = { template: GET, keys: ["a", "b", "c"], items: Uint32Array.of(2, 0, 2, 2), nodeCount: 1 };
    expect(kernel.pack(request)).toEqual(naivePack(request));
  });

  test("packs keys of 64 KB, of 1 MB and empty ones in one batch", () => {
    const long = [
      "",
      "a".repeat(65536),
      new Uint8Array(65536).fill(0x7b),
      `{${"t".repeat(1 << 20)}}x`,
      "漢".repeat(30000),
    ];
    for (const batch of [long, long.filter((item) => typeof item === "string")]) {
      const request = { template: GET, keys: batch, nodeOfSlot: new Uint16Array(16384), nodeCount: 1 };
      const packed = kernel.pack(request);
      const expected = naivePack(request);
      expect(Buffer.from(packed.bytes).equals(expected.bytes)).toBe(true);
      expect(packed.slots).toEqual(expected.slots);
    }
  });

  test("packs 100,000 keys in one call", () => {
    const batch = Array.from({ length: 100_000 }, (_, i) => `record:${i}:${"x".repeat(i % 50)}`);
    const nodeOfSlot = Uint16Array.from({ length: 16384 }, (_, slot) => slot % 3);
    const request = { template: GET, keys: batch, nodeOfSlot, nodeCount: 3 };
    const packed = kernel.pack(request);
    const expected = naivePack(request);
    expect(Buffer.from(packed.bytes).equals(expected.bytes)).toBe(true);
    expect(Buffer.from(packed.order.buffer, packed.order.byteOffset, packed.order.byteLength)).toEqual(
      Buffer.from(expected.order.buffer),
    );
  });

  test("sees every change of the slot table, with the same array and a new version or without versions", () => {
    const nodeOfSlot = new Uint16Array(16384);
    const batch = ["a", "b", "c", "d"];
    const ownersOf = (tableVersion: number | undefined): number[] =>
      Array.from(
        kernel.pack({ template: GET, keys: batch, nodeOfSlot, nodeCount: 2, tableVersion }).groupStart,
      );
    expect(ownersOf(1)).toEqual([0, 4, 4, 4]);
    nodeOfSlot.fill(1);
    expect(ownersOf(2)).toEqual([0, 0, 4, 4]);
    nodeOfSlot.fill(NO_NODE);
    expect(ownersOf(undefined)).toEqual([0, 0, 0, 4]);
    nodeOfSlot.fill(0);
    expect(ownersOf(2)).toEqual([0, 4, 4, 4]);
    expect(
      kernel.pack({
        template: GET,
        keys: batch,
        nodeOfSlot: new Uint16Array(16384).fill(1),
        nodeCount: 2,
        tableVersion: 2,
      }).groupStart,
    ).toEqual(Uint32Array.of(0, 0, 4, 4));
  });

  test("hands out results that later calls leave alone", () => {
    const first = kernel.pack({ template: GET, keys: ["a", "b", "c"], nodeCount: 1 });
    const copy = structuredClone(first);
    kernel.pack({ template: GET, keys: ["x".repeat(5000), "y", "z", "w"], nodeCount: 1 });
    kernel.pack({
      template: SET,
      keys: ["q", "r", "s"],
      nodeCount: 1,
      values: { columns: [[none, none, none]], gatherFrom: 9 },
    });
    expect(first).toEqual(copy);
  });

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["a number", 7],
    ["an array", ["k"]],
    ["a DataView", new DataView(new ArrayBuffer(4))],
  ])("rejects %s as a key, with its index", (_, bad) => {
    const batch = ["a", "b", "c", bad, "d"] as string[];
    for (const run of [
      () => kernel.pack({ template: GET, keys: batch, nodeCount: 1 }),
      () => kernel.pack({ template: GET, keys: batch, items: Uint32Array.of(0, 1, 2, 3), nodeCount: 1 }),
      () => kernel.pack({ template: GET, keys: batch, items: Uint32Array.of(3), nodeCount: 1 }),
      () => kernel.keySlots(batch, new Uint16Array(5)),
      () =>
        kernel.keySlots(
          batch.map((item) => (typeof item === "string" ? item.repeat(200) : item)),
          new Uint16Array(5),
        ),
    ]) {
      const error = errorOf(run);
      expect([error.code, error.keyIndex]).toEqual(["BAD_KEY", 3]);
      expect(error.message).toMatch(/key 3: expected a string or a Uint8Array, got \w/);
    }
    expect(errorOf(() => kernel.crc16(bad as unknown as string)).code).toBe("BAD_KEY");
  });

  test("rejects a value of more than 512 MB, and a record whose parts add up to more, with the key's index", () => {
    const batch = ["a", "b", "c", "d"];
    const small = [none, none, none, none];
    const large = [none, none, claims(512 * 1024 * 1024 + 1), none];
    const half = [none, none, claims(300 * 1024 * 1024), none];
    const attempts = [
      { template: SET, columns: [large] },
      { template: RECORD, columns: [small, large] },
      { template: RECORD, columns: [half, half] },
    ];
    for (const { template, columns } of attempts) {
      const error = errorOf(() =>
        kernel.pack({ template, keys: batch, nodeCount: 1, values: { columns, gatherFrom: 100 } }),
      );
      expect([error.code, error.keyIndex]).toEqual(["VALUE_TOO_LARGE", 2]);
    }
    const items = Uint32Array.of(0, 1, 3);
    const spared = {
      template: SET,
      keys: batch,
      items,
      nodeCount: 1,
      values: { columns: [large], gatherFrom: 100 },
    };
    expect(kernel.pack(spared).order).toEqual(items);
  });

  test("rejects a template of values without values", () => {
    const batch = ["a", "b", "c", "d"];
    expect(errorOf(() => kernel.pack({ template: SET, keys: batch, nodeCount: 1 })).code).toBe(
      "VALUES_MISSING",
    );
    const values = { columns: [[none, none, none, none]], gatherFrom: 1 };
    expect(errorOf(() => kernel.pack({ template: RECORD, keys: batch, nodeCount: 1, values })).code).toBe(
      "VALUES_MISSING",
    );
  });

  test("rejects a batch whose bytes pass 4 GB", () => {
    const batch = Array.from({ length: 9 }, (_, i) => `k${i}`);
    const columns = [batch.map(() => claims(500 * 1024 * 1024))];
    const values = { columns, gatherFrom: Number.POSITIVE_INFINITY };
    expect(errorOf(() => kernel.pack({ template: SET, keys: batch, nodeCount: 1, values })).code).toBe(
      "BATCH_TOO_LARGE",
    );
  });

  test("goes on as before after a rejected batch", () => {
    errorOf(() =>
      kernel.pack({ template: GET, keys: ["a", "b", "c", 1 as unknown as string], nodeCount: 1 }),
    );
    const request = { template: GET, keys: ["a", "b", "c", "d"], nodeCount: 1 };
    expect(kernel.pack(request)).toEqual(naivePack(request));
  });
});
