import { describe, expect, test } from "vitest";
import { BUFFER_FROM, type Bytes } from "../../../src/server/protocol/arg.ts";
import {
  asString,
  byteAt,
  byteLength,
  concat,
  editable,
  equal,
  fromBuffer,
  slice,
  toBuffer,
  toOwnBuffer,
} from "../../../src/server/protocol/bytes.ts";

const LONG = fromBuffer(Buffer.alloc(BUFFER_FROM + 10, "abc"));

/** Short bytes are binary strings, long ones Buffers. */
function expectNormal(bytes: Bytes): void {
  expect(typeof bytes).toBe(byteLength(bytes) < BUFFER_FROM ? "string" : "object");
}

describe("bytes", () => {
  test("are strings below 32 KB and Buffers from there on, whatever made them", () => {
    const made = [
      LONG,
      fromBuffer(Buffer.from("é")),
      slice(LONG, 5, 100),
      slice(LONG, 5, BUFFER_FROM + 10),
      concat("a", "b"),
      concat("x".repeat(BUFFER_FROM - 1), "y"),
      concat(LONG, "z"),
      concat("z", LONG),
    ];
    for (const bytes of made) expectNormal(bytes);
    expect(asString(fromBuffer(Buffer.from("é")))).toBe("\xc3\xa9");
  });

  test("are cut and joined as their binary strings are", () => {
    const text = asString(LONG);
    for (const [start, end] of [
      [0, 5],
      [3, 9],
      [0, BUFFER_FROM + 10],
      [10, BUFFER_FROM + 10],
      [7, 7],
    ] as const) {
      expect(asString(slice(LONG, start, end))).toBe(text.slice(start, end));
    }
    expect(slice("hello world, hello", 6, 11)).toBe("world");
    expect(asString(concat(LONG, "\xff"))).toBe(`${text}\xff`);
    expect(asString(concat("\xff", LONG))).toBe(`\xff${text}`);
    expect(byteAt(LONG, 4)).toBe(byteAt("b", 0));
  });

  test("are equal by their bytes", () => {
    expect(equal("a", "a")).toBe(true);
    expect(equal("a", "b")).toBe(false);
    expect(equal(LONG, toOwnBuffer(LONG))).toBe(true);
    expect(equal(LONG, slice(LONG, 0, BUFFER_FROM))).toBe(false);
    expect(equal(Buffer.from("ab"), "ab")).toBe(true);
  });

  test("do not change when something is appended to them, even twice", () => {
    const first = concat(LONG, "1");
    const second = concat(first, "22");
    const other = concat(first, "33");
    const third = concat(second, "4");
    const text = asString(LONG);
    expect([first, second, other, third].map(asString)).toEqual([
      `${text}1`,
      `${text}122`,
      `${text}133`,
      `${text}1224`,
    ]);
  });

  test("are appended to in time that depends on what is appended", () => {
    let value: Bytes = LONG;
    const memories = new Set<unknown>();
    for (let turn = 0; turn < 10_000; turn += 1) {
      value = concat(value, "x".repeat(100));
      memories.add((value as Buffer).buffer);
    }
    expect(byteLength(value)).toBe(BUFFER_FROM + 10 + 1_000_000);
    // Copied as a whole only when the memory was full.
    expect(memories.size).toBeLessThan(12);
  });

  test("are copied before they are edited, unless they are the caller's own", () => {
    const copy = editable(LONG, BUFFER_FROM + 20);
    copy[0] = 0xff;
    expect(byteAt(LONG, 0)).not.toBe(0xff);
    expect([...copy.subarray(BUFFER_FROM + 10)]).toEqual(Array(10).fill(0));
    expect(editable(copy, 10, true)).toBe(copy);
    const grown = editable(copy, 200_000, true);
    const again = editable(grown, 250_000, true);
    expect(again.buffer).toBe(grown.buffer);
    expect(again[0]).toBe(0xff);
    expect(again.subarray(grown.length).every((byte) => byte === 0)).toBe(true);
    expect(editable("ab", 4).toString("latin1")).toBe("ab\0\0");
    expect(toBuffer("\xff")).toEqual(Buffer.from([255]));
  });
});
