import { expect, test } from "vitest";
import { ProtocolError } from "../../src/bytes/reply-decoder.ts";
import { DecoderFeed, WAYS } from "./decoder-feed.ts";
import { nested } from "./reply-corpus.ts";
import { encodeReply } from "./wire-reply.ts";

const MALFORMED: readonly (readonly [string, string])[] = [
  ["an unknown type", "?5\r\n"],
  ["a RESP3 map", "%1\r\n+a\r\n+b\r\n"],
  ["a RESP3 double", ",1.5\r\n"],
  ["a zero byte", "\0\r\n"],
  ["a line without a type", "\r\n"],
  ["a negative bulk length", "$-5\r\n"],
  ["a bulk length with a letter", "$1x\r\na\r\n"],
  ["a bulk length with a sign", "$+1\r\na\r\n"],
  ["no bulk length", "$\r\n"],
  ["a bulk length of a minus", "$-\r\n"],
  ["a bulk length that no server sends", "$999999999999\r\n"],
  ["a bulk length of 25 digits", "$1000000000000000000000000\r\n"],
  ["a bulk string longer than it says", "$3\r\nabcd\r\n"],
  ["a bulk string that ends with LF", "$3\r\nabc\n\n"],
  ["a large bulk string longer than it says", `$40000\r\n${"x".repeat(40_000)}yy`],
  ["a negative array length", "*-2\r\n"],
  ["an array length above 2^31 - 1", "*2147483648\r\n"],
  ["an array length with a letter", "*a\r\n"],
  ["an integer of letters", ":abc\r\n"],
  ["an integer with a fraction", ":1.5\r\n"],
  ["an integer of nothing", ":\r\n"],
  ["a CR without LF", ":1\rx"],
  ["a status line that ends with LF alone", "+OK\n"],
  ["an error line that ends with LF alone", "-ERR x\n"],
  ["an endless status line", `+${"x".repeat(70_000)}`],
];

for (const way of WAYS) {
  for (const [what, wire] of MALFORMED) {
    test(`${what} is a ProtocolError, in one piece and byte by byte (${way})`, () => {
      const bytes = Buffer.from(wire, "latin1");
      expect(() => new DecoderFeed().feed(bytes, way)).toThrow(ProtocolError);
      const cuts = Array.from({ length: Math.min(bytes.length, 64) }, (_, i) => i);
      expect(() => new DecoderFeed().feedCut(bytes, cuts, way)).toThrow(ProtocolError);
    });
  }

  test(`replies in front of a malformed one are delivered first (${way})`, () => {
    const feed = new DecoderFeed();
    expect(() => feed.feed(Buffer.from("+OK\r\n:5\r\n$-5\r\n"), way)).toThrow(ProtocolError);
    expect(feed.replies).toEqual(["OK", 5]);
  });

  test(`1,000 nested arrays are refused without a stack overflow, 64 are decoded (${way})`, () => {
    const deep = encodeReply(nested(1000));
    expect(() => new DecoderFeed().feed(deep, way)).toThrow(/nested/);
    expect(() => new DecoderFeed().feed(Buffer.from("*1\r\n".repeat(100_000)), way)).toThrow(ProtocolError);
    expect(() => new DecoderFeed().feed(encodeReply(nested(65)), way)).toThrow(ProtocolError);
    const feed = new DecoderFeed();
    feed.feed(encodeReply(nested(64)), way);
    expect(feed.replies).toHaveLength(1);
  });

  test(`what a header promises is not paid for before it comes (${way})`, () => {
    const before = process.memoryUsage.rss();
    const heapBefore = process.memoryUsage().heapUsed;
    const feeds = Array.from({ length: 20 }, (_, i) => {
      const feed = new DecoderFeed();
      feed.feed(Buffer.from(i % 2 === 0 ? "*2147483647\r\n:1\r\n" : "$536870912\r\nabc"), way);
      return feed;
    });
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 ** 2);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(16 * 1024 ** 2);
    expect(feeds.every(({ replies }) => replies.length === 0)).toBe(true);
  });
}
