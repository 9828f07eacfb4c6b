import { expect, test } from "vitest";
import { DecoderFeed, WAYS } from "./decoder-feed.ts";
import { encodeReply, patterned } from "./wire-reply.ts";

const LENGTH = 100_000;
const VALUE = patterned(LENGTH, 5);
const PAIR = encodeReply({ array: [{ bulk: patterned(28, 1) }, { bulk: VALUE }] });
const NEXT = { bulk: patterned(50_000, 9) };

for (const way of WAYS) {
  test(`a large value is received where the sink wants it (${way})`, () => {
    for (const cuts of [[], [10], [40, 41], [50_000], [PAIR.length - 2], [PAIR.length - 1]]) {
      const place = Buffer.alloc(LENGTH);
      const feed = new DecoderFeed();
      feed.place = () => place;
      feed.feedCut(PAIR, cuts, way);
      const [[, value]] = feed.replies as [[Buffer, Buffer]];
      expect(value).toBe(place);
      expect(place.equals(VALUE)).toBe(true);
    }
  });

  test(`the sink is asked with the element's index and its length, from 32 KB on (${way})`, () => {
    const asked: [number, number][] = [];
    const feed = new DecoderFeed();
    feed.place = (index, length) => {
      asked.push([index, length]);
      return undefined;
    };
    const bulk = (length: number) => ({ bulk: patterned(length, length) });
    feed.feed(encodeReply({ array: [bulk(32_767), bulk(32_768), bulk(100), bulk(70_000)] }), way);
    feed.feed(encodeReply(bulk(40_000)), way);
    feed.feed(encodeReply({ array: [bulk(3), { array: [bulk(50_000)] }, bulk(33_000)] }), way);
    expect(asked).toEqual([
      [1, 32_768],
      [3, 70_000],
      [0, 40_000],
      [2, 33_000],
    ]);
  });

  test(`a place is not touched any more once it is released, at whatever byte (${way})`, () => {
    const header = PAIR.length - LENGTH - 2;
    for (const cut of [
      header,
      header + 1,
      header + 40_000,
      PAIR.length - 3,
      PAIR.length - 2,
      PAIR.length - 1,
    ]) {
      const place = Buffer.alloc(LENGTH, 0x11);
      const feed = new DecoderFeed();
      feed.place = () => place;
      feed.feed(PAIR.subarray(0, cut), way);
      feed.decoder.releasePlace();
      feed.place = () => undefined;
      place.fill(0x22);
      feed.feed(PAIR.subarray(cut), way);
      feed.feed(encodeReply(NEXT), way);
      expect(place.every((byte) => byte === 0x22)).toBe(true);
      expect(feed.replies).toHaveLength(2);
      expect((feed.replies[1] as Buffer).equals(NEXT.bulk)).toBe(true);
    }
  });

  test(`releasing without a place, or between values, harms nothing (${way})`, () => {
    const feed = new DecoderFeed();
    for (const cut of [5, 60_000, PAIR.length - 2, PAIR.length - 1, PAIR.length]) {
      feed.feed(PAIR.subarray(0, cut), way);
      feed.decoder.releasePlace();
      feed.feed(PAIR.subarray(cut), way);
      const [, value] = feed.replies.pop() as [Buffer, Buffer];
      expect(value.equals(VALUE)).toBe(true);
    }
  });
}

test("reads are never made into a place, so that it can be given back while one is under way", () => {
  const place = Buffer.alloc(LENGTH);
  const feed = new DecoderFeed();
  feed.place = () => place;
  for (let at = 0; at < PAIR.length; at += 997) {
    expect(feed.decoder.space().buffer).not.toBe(place.buffer);
    feed.feed(PAIR.subarray(at, at + 997), "reads");
  }
  expect(feed.replies).toHaveLength(1);
});
