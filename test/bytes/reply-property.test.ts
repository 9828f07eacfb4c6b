import fc from "fast-check";
import { test } from "vitest";
import { DecoderFeed, WAYS } from "./decoder-feed.ts";
import { LARGE_LENGTHS, SMALL_LENGTHS } from "./reply-corpus.ts";
import { difference, encodeReply, patterned, type WireReply } from "./wire-reply.ts";

const line = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !/\n|\r$/.test(text));
const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 3, arbitrary: fc.constantFrom(...SMALL_LENGTHS) },
  { weight: 1, arbitrary: fc.constantFrom(...LARGE_LENGTHS.slice(0, -2)) },
);
const leaf: fc.Arbitrary<WireReply> = fc.oneof(
  line.map((status) => ({ status })),
  line.map((error) => ({ error })),
  fc.maxSafeInteger().map((integer) => ({ integer: integer + 0 })),
  fc.constantFrom<WireReply>({ bulk: null }, { array: null }, { array: [] }),
  fc.tuple(length, fc.nat(255)).map(([bytes, seed]) => ({ bulk: patterned(bytes, seed) })),
);
const reply: fc.Arbitrary<WireReply> = fc.letrec<{ reply: WireReply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie("reply"), { maxLength: 6 }).map((array) => ({ array })),
  ),
})).reply;
const pieces = fc.array(
  fc.tuple(
    fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 90_000 })),
    fc.constantFrom(...WAYS),
  ),
  { minLength: 1, maxLength: 40 },
);

test("any replies come out of any pieces as they went in, by either way and by both in turn", () => {
  fc.assert(
    fc.property(fc.array(reply, { minLength: 1, maxLength: 12 }), pieces, (replies, splits) => {
      const bytes = Buffer.concat(replies.map(encodeReply));
      const feed = new DecoderFeed();
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const [size, way] = splits[i % splits.length]!;
        feed.feed(bytes.subarray(at, at + size), way);
        at += size;
      }
      const found = replies.map((wanted, i) => difference(feed.replies[i], wanted, `reply ${i}`));
      const first = found.find((text) => text !== undefined);
      if (first !== undefined) throw new Error(first);
      if (feed.replies.length !== replies.length) throw new Error(`${feed.replies.length} replies`);
    }),
    { numRuns: 400 },
  );
});
