import { describe, expect, test } from "vitest";
import type { Bytes } from "../../src/server/protocol/arg.ts";
import { RequestParser } from "../../src/server/protocol/request-parser.ts";
import { encode } from "./resp-client.ts";

const LIMITS = { maxBulkLength: 512 * 1024 * 1024, unauthenticated: false };

/** Everything that comes out of the pieces, Buffers as `<length:sum>`. */
function parse(
  pieces: Iterable<Buffer>,
  limits = LIMITS,
): { commands: string[][]; error: string | undefined } {
  const parser = new RequestParser({ ...limits });
  const commands: string[][] = [];
  for (const piece of pieces) {
    // A copy that is overwritten afterwards: nothing may point into what was handed in.
    const lent = Buffer.from(piece);
    parser.push(lent);
    for (let args = parser.next(); args !== undefined; args = parser.next()) commands.push(args.map(shown));
    lent.fill(0xaa);
  }
  return { commands, error: parser.error };
}

function shown(value: Bytes): string {
  if (typeof value === "string") return value;
  return `<${value.length}:${value.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7)}>`;
}

function* cut(bytes: Buffer, ...places: number[]): Generator<Buffer> {
  let start = 0;
  for (const place of [...places, bytes.length]) {
    yield bytes.subarray(start, place);
    start = place;
  }
}

const BIG = Buffer.from(Array.from({ length: 40_000 }, (_, index) => index % 251));
const SAMPLE = Buffer.concat([
  encode(["SET", "key", "v\r\n\x00\xff"]),
  Buffer.from("PING\r\nECHO 'a b'\n\r\n"),
  encode(["", "x".repeat(300)]),
  Buffer.from("*0\r\n*-1\r\n"),
  encode(["GET", "key"]),
]);

describe("the request parser", () => {
  test("gives the same commands wherever the bytes are cut in two", () => {
    const whole = parse([SAMPLE]);
    expect(whole.error).toBeUndefined();
    expect(whole.commands).toHaveLength(5);
    for (let place = 0; place <= SAMPLE.length; place += 1) expect(parse(cut(SAMPLE, place))).toEqual(whole);
  });

  test("gives the same commands when every byte comes alone", () => {
    const every = [...SAMPLE.keys()];
    expect(parse(cut(SAMPLE, ...every))).toEqual(parse([SAMPLE]));
  });

  test("receives arguments on both sides of the limit for Buffers, cut anywhere around their ends", () => {
    for (const length of [32_766, 32_767, 32_768, 32_769, 40_000]) {
      const bytes = Buffer.concat([encode(["SET", BIG.subarray(0, length), "x"]), encode(["PING"])]);
      const whole = parse([bytes]);
      expect(whole.commands).toEqual([
        [
          "SET",
          shown(length < 32_768 ? BIG.subarray(0, length).toString("latin1") : BIG.subarray(0, length)),
          "x",
        ],
        ["PING"],
      ]);
      const end = 25 + length;
      for (let place = 0; place < 40; place += 1) expect(parse(cut(bytes, place))).toEqual(whole);
      for (let place = end - 20; place < bytes.length; place += 1)
        expect(parse(cut(bytes, place))).toEqual(whole);
      const thousands = Array.from(
        { length: Math.floor(bytes.length / 1000) },
        (_, index) => (index + 1) * 1000,
      );
      expect(parse(cut(bytes, ...thousands))).toEqual(whole);
    }
  });

  test("takes no memory for a length that is only announced", () => {
    const before = process.memoryUsage().arrayBuffers;
    const parsers = Array.from({ length: 50 }, () => {
      const parser = new RequestParser({ ...LIMITS });
      parser.push(Buffer.from("*2\r\n$3\r\nSET\r\n$536870912\r\nabc"));
      expect(parser.next()).toBeUndefined();
      return parser;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    expect(parsers[0]?.unparsedBytes).toBe(3);
  });

  test("keeps up with many small pieces of one long argument", () => {
    const length = 8 * 1024 * 1024;
    const parser = new RequestParser({ ...LIMITS });
    parser.push(Buffer.from(`*2\r\n$3\r\nSET\r\n$${length}\r\n`));
    const piece = Buffer.alloc(64, 0x61);
    let copied = 0;
    for (; copied < length; copied += piece.length) {
      parser.push(piece);
      expect(parser.next()).toBeUndefined();
    }
    parser.push(Buffer.from("\r\n"));
    const args = parser.next() as Bytes[];
    expect(args[1]).toHaveLength(length);
    expect((args[1] as Buffer).equals(Buffer.alloc(length, 0x61))).toBe(true);
  });

  test("holds its limits before a login", () => {
    const limits = { ...LIMITS, unauthenticated: true };
    expect(parse([Buffer.from("*11\r\n")], limits).error).toBe(
      "Protocol error: unauthenticated multibulk length",
    );
    expect(parse([Buffer.from("*1\r\n$16385\r\n")], limits).error).toBe(
      "Protocol error: unauthenticated bulk length",
    );
    expect(parse([encode(["AUTH", "x".repeat(16_384)])], limits).commands).toHaveLength(1);
  });
});
