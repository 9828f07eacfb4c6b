import { patterned, type WireReply } from "./wire-reply.ts";

/** Lengths around every threshold of the receive buffer and the decoder, below one chunk. */
export const SMALL_LENGTHS: readonly number[] = [
  0, 1, 2, 3, 9, 10, 11, 27, 28, 47, 48, 49, 50, 99, 100, 101, 127, 128, 255, 256, 511, 512, 999, 1000, 1001,
  1022, 1023, 1024, 1025, 1026,
];
/** Lengths around the thresholds that a chunk, a block or a value of its own has. */
export const LARGE_LENGTHS: readonly number[] = [
  2048, 4096, 8191, 8192, 8193, 16_384, 32_766, 32_767, 32_768, 32_769, 40_000, 65_510, 65_534, 65_535,
  65_536, 65_537, 131_072, 200_001, 1_048_576,
];

const TEXTS = [
  "OK",
  "PONG",
  "QUEUED",
  "",
  "O",
  "OKAY",
  "a line with blanks",
  "ünïcode ✓",
  "$5",
  "*2",
  "-",
  "a\rb",
];
const ERRORS = [
  "ERR unknown command 'X'",
  "MOVED 3999 127.0.0.1:6381",
  "ASK 3999 [::1]:6381",
  "WRONGTYPE Operation against a key holding the wrong kind of value",
  "OOM",
  "",
];
const INTEGERS = [0, 1, -1, 9, 10, 255, -256, 65_536, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1];
const NULLS: readonly WireReply[] = [{ bulk: null }, { array: null }];

/** More than 200 replies of every kind, 30 KB together: small enough to be split at every byte. */
export function smallReplies(): WireReply[] {
  const replies: WireReply[] = [
    ...TEXTS.map((status) => ({ status })),
    ...ERRORS.map((error) => ({ error })),
    ...INTEGERS.map((integer) => ({ integer })),
    ...NULLS,
    ...SMALL_LENGTHS.map((length) => ({ bulk: patterned(length, length) })),
    { bulk: Buffer.from("\r\n") },
    { bulk: Buffer.from("$3\r\nabc\r\n") },
    { array: [] },
    { array: NULLS },
    { array: [{ array: [] }, { array: [{ array: null }] }] },
    { array: [{ error: "ERR inside" }, { status: "OK" }, { integer: -7 }] },
    nested(64),
  ];
  for (let i = 0; replies.length < 220; i++) {
    const bytes = { bulk: patterned(SMALL_LENGTHS[i % SMALL_LENGTHS.length]! >> 2, i) };
    replies.push({ bulk: patterned(28, i) }, { array: [{ bulk: patterned(28, i) }, bytes] });
    replies.push({ integer: i * 37 }, { array: [{ integer: i }, { array: [bytes, { bulk: null }] }] });
  }
  return replies;
}

/** Large values alone, in pairs and between small ones, as records come. */
export function largeReplies(): WireReply[] {
  return LARGE_LENGTHS.flatMap((length, i) => [
    { bulk: patterned(length, i) },
    { array: [{ bulk: patterned(28, i) }, { bulk: patterned(length, i + 1) }] },
    { array: [{ bulk: patterned(length, i + 2) }, { bulk: patterned(length, i + 3) }, { integer: i }] },
    { array: [{ array: [{ bulk: patterned(length, i + 4) }] }, { bulk: patterned(600, i) }] },
  ]);
}

/** An array in an array, `depth` deep. */
export function nested(depth: number): WireReply {
  let reply: WireReply = { integer: depth };
  for (let i = 0; i < depth; i++) reply = { array: [reply] };
  return reply;
}
