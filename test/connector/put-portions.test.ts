import { expect, test } from "vitest";
import { portionEnds } from "../../src/connector/put-portions.ts";

const record = (byteLength: number) => ({
  key: "k",
  metadata: undefined,
  bytes: new Uint8Array(byteLength),
});

test("portions hold what fits, in the records' order, and a record that does not fit is one of its own", () => {
  const ends = (...lengths: number[]) => portionEnds(lengths.map(record), 10);
  expect(ends()).toEqual([0]);
  expect(ends(3)).toEqual([1]);
  expect(ends(3, 3, 3)).toEqual([3]);
  expect(ends(5, 5, 1)).toEqual([2, 3]);
  expect(ends(11, 1)).toEqual([1, 2]);
  expect(ends(1, 11, 1, 1)).toEqual([1, 2, 4]);
  expect(ends(10, 10, 10)).toEqual([1, 2, 3]);
  expect(ends(0, 0, 0)).toEqual([3]);
});
