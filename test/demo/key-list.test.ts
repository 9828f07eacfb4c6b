import { describe, expect, test } from "vitest";
import { readKeys } from "../../demo/model/key-list.ts";
import { FIRST_VIEW, readLink, writeLink } from "../../demo/model/page-link.ts";
import { judge } from "../../demo/model/togetherness.ts";
import { tagForSlot } from "../../src/slots/index.ts";

describe("the keys of a text", () => {
  test.each([
    ["lines", "a\r\n\n b\n", ["a", " b"]],
    ["JSON", '["a", "b\\n", ""]', ["a", "b\n", ""]],
    ["KEYS on a terminal", '1) "a"\n2) "b\\"c"\n3) "\\xc3\\xa4"\n', ["a", 'b"c', "ä"]],
    ["SCAN on a terminal", '1) "17"\n2)  1) "a"\n    2) "17"\n    3) "b"\n', ["a", "17", "b"]],
    ["a key that looks like a cursor", '1) "17"\n2) "b"', ["17", "b"]],
    ["lines that begin with a bracket", "[a\n[b]", ["[a", "[b]"]],
  ])("are found in %s", (_, text, keys) => {
    expect(readKeys(text)).toEqual(keys);
  });
});

describe("keys in a link", () => {
  test.each([
    [["a", "b"]],
    [[]],
    [["two\nlines", "b"]],
    [['["json"]']],
    [["", "empty"]],
    [['1) "numbered"']],
    [["cr\r", "x"]],
  ])("come back as they were: %j", (keys) => {
    const link = writeLink({ ...FIRST_VIEW, example: "", keys });
    expect(readLink(link).keys ?? []).toEqual(keys);
    expect(readLink(link).example).toBe("");
  });
});

describe("the verdict on many keys", () => {
  const together = Array.from({ length: 300 }, (_, i) => `{${tagForSlot(7)}}${i}`);
  const ownerOf = () => "primary 1";

  test("counts those, too, that are not told of one by one", () => {
    const all = judge(together, ownerOf, 200);
    expect(all.together).toBe(true);
    expect(all.verdict).toMatch(/^Together: all 300 keys are in slot 7/);
    expect(all.reasons.length).toBe(200);
    const apart = judge([...together, "elsewhere"], ownerOf, 200);
    expect(apart.together).toBe(false);
    expect(apart.verdict).toMatch(/^CROSSSLOT: this one of 301 keys differs\./);
  });
});
