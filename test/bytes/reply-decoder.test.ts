import { expect, test } from "vitest";
import { DecoderFeed, WAYS, type Way } from "./decoder-feed.ts";
import { largeReplies, smallReplies } from "./reply-corpus.ts";
import { difference, encodeReply, patterned, type WireReply } from "./wire-reply.ts";

const SMALL = smallReplies();
const LARGE = largeReplies();

function check(feed: DecoderFeed, wanted: readonly WireReply[], about: string): void {
  if (feed.replies.length !== wanted.length)
    throw new Error(`${about}: ${feed.replies.length} replies instead of ${wanted.length}`);
  for (const [i, reply] of wanted.entries()) {
    const found = difference(feed.replies[i], reply, `reply ${i}`);
    if (found !== undefined) throw new Error(`${about}: ${found}`);
  }
}

function decode(wanted: readonly WireReply[], bytes: Buffer, cuts: readonly number[], way: Way): void {
  const feed = new DecoderFeed();
  feed.feedCut(bytes, cuts, way);
  check(feed, wanted, `${way} cut at ${cuts.slice(0, 4)}`);
}

test("the corpus has more than 200 replies of every kind", () => {
  expect(SMALL.length).toBeGreaterThan(200);
  expect(new Set(SMALL.flatMap((reply) => Object.keys(reply)))).toEqual(
    new Set(["status", "error", "integer", "bulk", "array"]),
  );
});

for (const way of WAYS) {
  test(`every reply of the corpus survives a cut at every one of its bytes (${way})`, () => {
    for (const reply of SMALL) {
      const bytes = encodeReply(reply);
      for (let cut = 1; cut < bytes.length; cut++) decode([reply], bytes, [cut], way);
    }
  });

  test(`the corpus as one stream survives a cut at every one of its bytes (${way})`, () => {
    const bytes = Buffer.concat(SMALL.map(encodeReply));
    for (let cut = 0; cut < bytes.length; cut++) decode(SMALL, bytes, [cut], way);
  });

  test(`the corpus arrives byte by byte (${way})`, () => {
    const bytes = Buffer.concat(SMALL.map(encodeReply));
    decode(
      SMALL,
      bytes,
      Array.from(bytes, (_, i) => i),
      way,
    );
  });

  test(`large values survive cuts at their header, their end and in between (${way})`, () => {
    for (const reply of LARGE) {
      const bytes = encodeReply(reply);
      const edges = Array.from({ length: 48 }, (_, i) => [i + 1, bytes.length - 48 + i]).flat();
      const middle = [1024, 8192, 32_768, 65_535, 65_536, bytes.length >> 1].filter(
        (at) => at < bytes.length,
      );
      for (const cut of [...edges, ...middle]) decode([reply], bytes, [cut], way);
    }
  });

  test(`large and small values in turn survive pieces of any one size (${way})`, () => {
    const mixed = LARGE.filter((reply) => encodeReply(reply).length < 500_000).flatMap((reply, i) => [
      reply,
      SMALL[i * 2]!,
      SMALL[i * 2 + 1]!,
    ]);
    const bytes = Buffer.concat(mixed.map(encodeReply));
    for (const size of [1000, 1023, 1447, 4096, 16_383, 65_536, 65_537, 300_000]) {
      const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => (i + 1) * size);
      decode(mixed, bytes, cuts, way);
    }
  });

  test(`10,000 replies in one chunk come out in order (${way})`, () => {
    const wanted = Array.from({ length: 10_000 }, (_, i): WireReply => {
      if (i % 3 === 0) return { integer: i };
      return i % 3 === 1 ? { bulk: patterned(i % 60, i) } : { array: [{ bulk: patterned(28, i) }] };
    });
    decode(wanted, Buffer.concat(wanted.map(encodeReply)), [], way);
  });

  test(`a megabyte arrives byte by byte (${way})`, () => {
    const reply = { array: [{ bulk: patterned(28, 1) }, { bulk: patterned(1_000_000, 2) }] };
    const feed = new DecoderFeed();
    const bytes = encodeReply(reply);
    for (let at = 0; at < bytes.length; at++) feed.feed(bytes.subarray(at, at + 1), way);
    check(feed, [reply], way);
  });
}

test("both ways in may take turns at any byte", () => {
  const replies = [...SMALL.slice(0, 60), ...LARGE.slice(28, 44), ...SMALL.slice(60, 120)];
  const bytes = Buffer.concat(replies.map(encodeReply));
  for (const step of [7, 100, 5000, 33_000, 70_000]) {
    const feed = new DecoderFeed();
    for (let at = 0, i = 0; at < bytes.length; at += step, i++)
      feed.feed(bytes.subarray(at, at + step), WAYS[i % 2]!);
    check(feed, replies, `turns of ${step}`);
  }
});

test("an array of a million elements is decoded", () => {
  const element = encodeReply({ bulk: Buffer.from("abc") });
  const bytes = Buffer.concat([
    Buffer.from("*1000000\r\n"),
    Buffer.alloc(element.length * 1_000_000, element),
  ]);
  const feed = new DecoderFeed();
  feed.feed(bytes, "reads");
  const [reply] = feed.replies as Buffer[][];
  expect(reply).toHaveLength(1_000_000);
  expect(reply!.every((value) => value.toString() === "abc")).toBe(true);
});

test("a status line of 60 KB is decoded, in pieces too", () => {
  const reply = { status: "x".repeat(60_000) };
  for (const way of WAYS) decode([reply], encodeReply(reply), [1, 30_000, 59_999, 60_001], way);
});
