import { expect, test } from "vitest";
import { DecoderFeed, WAYS } from "./decoder-feed.ts";
import { LARGE_LENGTHS, SMALL_LENGTHS } from "./reply-corpus.ts";
import { encodeReply, patterned } from "./wire-reply.ts";

const LENGTHS = [...SMALL_LENGTHS, ...LARGE_LENGTHS];
const OWN_FROM = 32 * 1024;
const SMALL_BELOW = 1024;

function bulks(lengths: readonly number[]): Buffer {
  return Buffer.concat(lengths.map((length, i) => encodeReply({ bulk: patterned(length, i) })));
}

for (const way of WAYS) {
  test(`values stay what they were while later ones are received (${way})`, () => {
    const feed = new DecoderFeed();
    const lengths = Array.from({ length: 4000 }, (_, i) => LENGTHS[(i * 7) % (LENGTHS.length - 3)]!);
    const wire = bulks(lengths);
    for (let at = 0, step = 1; at < wire.length; at += step, step = (step * 7 + 13) % 90_000)
      feed.feed(wire.subarray(at, at + step), way);
    expect(feed.replies).toHaveLength(lengths.length);
    const changed = lengths.findIndex(
      (length, i) => !(feed.replies[i] as Buffer).equals(patterned(length, i)),
    );
    expect(changed).toBe(-1);
  });

  test(`no two values share a byte (${way})`, () => {
    const feed = new DecoderFeed();
    const lengths = Array.from({ length: 600 }, (_, i) => LENGTHS[(i * 11) % (LENGTHS.length - 2)]!);
    feed.feed(bulks(lengths), way);
    const values = feed.replies as Buffer[];
    for (const [i, value] of values.entries()) {
      value.fill(i & 0xff);
      const next = values[i + 1];
      if (next !== undefined) expect(next.equals(patterned(lengths[i + 1]!, i + 1))).toBe(true);
    }
    expect(values.findIndex((value, i) => value.some((byte) => byte !== (i & 0xff)))).toBe(-1);
  });

  test(`a small value keeps no more than a block of 8 KB alive (${way})`, () => {
    const feed = new DecoderFeed();
    const lengths = Array.from({ length: 2000 }, (_, i) => SMALL_LENGTHS[i % SMALL_LENGTHS.length]!);
    feed.feedCut(bulks(lengths), [100, 5000, 5001, 70_000], way);
    const small = (feed.replies as Buffer[]).filter((value) => value.length < SMALL_BELOW);
    expect(small.length).toBeGreaterThan(1000);
    expect(Math.max(...small.map((value) => value.buffer.byteLength))).toBeLessThanOrEqual(8192);
  });

  test(`a value of 32 KB or more has a buffer of its own and of its size (${way})`, () => {
    const lengths = LARGE_LENGTHS.filter((length) => length >= OWN_FROM);
    for (const pieces of [[], [1], [40_000], [65_536, 131_072]]) {
      const feed = new DecoderFeed();
      feed.feedCut(bulks(lengths), pieces, way);
      const sizes = (feed.replies as Buffer[]).map(({ buffer, byteOffset }) => [
        buffer.byteLength,
        byteOffset,
      ]);
      expect(sizes).toEqual(lengths.map((length) => [length, 0]));
    }
  });
}

test("a value between 1 KB and 32 KB is a view of one 64 KB chunk at most", () => {
  const feed = new DecoderFeed();
  const lengths = [1024, 1025, 2048, 16_384, 32_766, 32_767, 32_767, 20_000, 1024];
  feed.feed(bulks(lengths), "reads");
  const values = feed.replies as Buffer[];
  expect(values.map(({ length }) => length)).toEqual(lengths);
  for (const value of values) expect(value.buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
});

test("small replies alone leave the chunk where it is, to be read into again", () => {
  const feed = new DecoderFeed();
  const seen = new Set<ArrayBufferLike>();
  for (let i = 0; i < 200; i++) {
    seen.add(feed.decoder.space().buffer);
    feed.feed(bulks([28, 900, 28, 5]), "reads");
  }
  expect(seen.size).toBe(1);
});
