import { describe, expect, test } from "vitest";
import { parseRecordName } from "../../src/index.ts";
import { createLayout, LAYOUT_NAMES } from "../../src/records/layout-choice.ts";
import vectors from "../vectors/lmcache.json" with { type: "json" };

const KEYS = [
  ...vectors.redis_name_vectors.map(({ key_string }) => key_string),
  "",
  "a",
  "{a}",
  "a}b",
  "ключ",
];

describe("the name of a record", () => {
  for (const name of LAYOUT_NAMES) {
    test(`is read back in its own layout: ${name}`, () => {
      const layout = createLayout(name, "");
      for (const key of KEYS) {
        const [metadata, bytes] = layout.kind === "pair" ? (["metadata", "bytes"] as const) : [];
        expect(parseRecordName(layout.bytesName(key), name)).toEqual({
          key,
          layout: name,
          half: bytes ?? "whole",
        });
        expect(parseRecordName(layout.metadataName(key), [name])).toEqual({
          key,
          layout: name,
          half: metadata ?? "whole",
        });
      }
    });
  }

  test("is read in the order of the layouts where none is named", () => {
    const parsed = (name: string) => {
      const { key, layout, half } = parseRecordName(name) ?? {};
      return layout === undefined ? undefined : [layout, key, half];
    };
    expect(parsed("{a@1@0@b@half}:metadata")).toEqual(["tagged-pair", "a@1@0@b@half", "metadata"]);
    expect(parsed("{a@1@0@b@half}:kv_bytes")).toEqual(["tagged-pair", "a@1@0@b@half", "bytes"]);
    expect(parsed("a@1@0@b@half:kv_bytes")).toEqual(["colon-pair", "a@1@0@b@half", "bytes"]);
    expect(parsed("a@1@0@b@halfkv_bytes")).toEqual(["upstream-pair", "a@1@0@b@half", "bytes"]);
    expect(parsed("a@1@0@b@halfmetadata")).toEqual(["upstream-pair", "a@1@0@b@half", "metadata"]);
    expect(parsed("a@1@0@b@half:packed")).toEqual(["packed", "a@1@0@b@half", "whole"]);
    expect(parsed("a@1@0@b@half")).toBeUndefined();
    expect(parsed("")).toBeUndefined();
  });

  test("may be read in two ways, of which the first counts unless a layout is named", () => {
    expect(parseRecordName("{a}:metadata")?.layout).toBe("tagged-pair");
    expect(parseRecordName("{a}:metadata", "colon-pair")?.key).toBe("{a}");
    expect(parseRecordName("a:metadata")?.layout).toBe("colon-pair");
    expect(parseRecordName("a:metadata", ["upstream-pair", "packed"])?.key).toBe("a:");
    expect(parseRecordName("m@1@0@b@half@of%metadata")).toEqual({
      key: "m@1@0@b@half@of%",
      layout: "upstream-pair",
      half: "metadata",
    });
    expect(parseRecordName("m@1@0@b@half@of%metadata", "value-only")).toEqual({
      key: "m@1@0@b@half@of%metadata",
      layout: "value-only",
      half: "whole",
    });
  });

  test("of another layout than those that are asked for is none", () => {
    expect(parseRecordName("a:metadata", "tagged-pair")).toBeUndefined();
    expect(parseRecordName("{a:metadata", "tagged-pair")).toBeUndefined();
    expect(parseRecordName("{}:metadata", "tagged-pair")?.key).toBe("");
    expect(parseRecordName("}:metadata", "tagged-pair")).toBeUndefined();
    expect(parseRecordName("a:packed", ["colon-pair", "upstream-pair"])).toBeUndefined();
    expect(parseRecordName("a", [])).toBeUndefined();
  });

  test("is asked for in layouts that exist", () => {
    for (const layouts of ["triple", ["packed", "triple"], [5], 5, null])
      expect(() => parseRecordName("a", layouts as never)).toThrow(
        expect.objectContaining({ code: "UNKNOWN_LAYOUT", option: "layouts" }),
      );
    expect(() => parseRecordName(Buffer.from("a") as never)).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", option: "name" }),
    );
  });
});
