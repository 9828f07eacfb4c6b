import { expect, test } from "vitest";
import { binaryString, nameString } from "../../../src/server/protocol/short-string.ts";

const BYTES = Buffer.from(Array.from({ length: 1024 }, (_, index) => (index * 167) & 255));

test.each([
  ["binaryString", binaryString],
  ["nameString", nameString],
])("%s holds the bytes of every length and place", (_, read) => {
  for (let round = 0; round < 2; round += 1) {
    for (let length = 0; length <= 40; length += 1) {
      for (let start = 0; start + length <= BYTES.length; start += 13) {
        expect(read(BYTES, start, length)).toBe(BYTES.toString("latin1", start, start + length));
      }
    }
  }
});

test("nameString keeps words apart that share a place", () => {
  const words = Array.from({ length: 5000 }, (_, index) => `word${index}`);
  const text = Buffer.from(words.join(""));
  let start = 0;
  for (const word of words) {
    expect(nameString(text, start, word.length)).toBe(word);
    start += word.length;
  }
});
