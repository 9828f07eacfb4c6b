import type { Random } from "./random.ts";

/** Replies that no client may take for one: row 35 and 36 of what is known to break them. Binary strings. */
const MALFORMED: readonly string[] = [
  "?what\r\n",
  "$-5\r\n",
  "$1x\r\nab\r\n",
  "$999999999999\r\n",
  "$5\r\nabcdefg\r\n",
  "*2147483647\r\n",
  "*-7\r\n",
  ":abc\r\n",
  ":\r\n",
  "\r\n",
  "\0\0\0\0",
];

export function malformedReply(random: Random): string {
  return MALFORMED[random.between(0, MALFORMED.length - 1)] as string;
}
