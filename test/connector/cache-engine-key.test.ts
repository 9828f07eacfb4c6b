import { describe, expect, test } from "vitest";
import { CacheEngineKey, LayerCacheEngineKey } from "../../src/index.ts";

const FIELDS = {
  modelName: "org/model",
  worldSize: 2,
  workerId: 1,
  chunkHash: "00ab",
  dtype: "bfloat16" as const,
};
const refused = (option: string) =>
  expect.objectContaining({ name: "ConfigError", code: "BAD_CACHE_KEY", option });

describe("a cache engine key", () => {
  test("keeps its hash as text: zeros in front, the sign, every digit of 64 and more bits", () => {
    for (const hash of [
      "0",
      "00ab",
      "-4dc3abe5a2caeb43",
      "7fffffffffffffff",
      "f".repeat(64),
      "00".repeat(32),
    ]) {
      const text = `m@1@0@${hash}@half`;
      const key = CacheEngineKey.parse(text);
      expect([key.chunkHash, String(key)]).toEqual([hash, text]);
      const fields = { ...FIELDS, modelName: "m", worldSize: 1, workerId: 0, dtype: "float16" as const };
      expect(String(new CacheEngineKey({ ...fields, chunkHash: hash }))).toBe(text);
    }
  });

  test("writes a number in hexadecimal as Python does, and bytes at their full width", () => {
    const hashOf = (chunkHash: bigint | Uint8Array) => new CacheEngineKey({ ...FIELDS, chunkHash }).chunkHash;
    expect(hashOf(-0x4dc3abe5a2caeb43n)).toBe("-4dc3abe5a2caeb43");
    expect(hashOf(0x00abn)).toBe("ab");
    expect(hashOf(0n)).toBe("0");
    expect(hashOf(new Uint8Array([9, 0, 0xab, 7]).subarray(1, 3))).toBe("00ab");
  });

  test("has a layer where the sixth part is a number, with tags behind it", () => {
    const key = CacheEngineKey.parse("m@1@0@abc@half@12@user%alice@ratio%50%off");
    expect(key).toBeInstanceOf(LayerCacheEngineKey);
    expect((key as LayerCacheEngineKey).layerId).toBe(12);
    expect(key.tags).toEqual([
      ["user", "alice"],
      ["ratio", "50%off"],
    ]);
    expect(LayerCacheEngineKey.parse(String(key)).layerId).toBe(12);
    expect(CacheEngineKey.parse("m@1@0@abc@half@12%x")).not.toBeInstanceOf(LayerCacheEngineKey);
    expect(() => LayerCacheEngineKey.parse("m@1@0@abc@half@user%alice")).toThrow(refused("layerId"));
    const layered = new LayerCacheEngineKey({ ...FIELDS, layerId: 0, tags: [["a", "b"]] });
    expect(String(layered)).toBe("org/model@2@1@00ab@bfloat16@0@a%b");
  });

  test("of an older generation comes back to the byte, whatever stands in it", () => {
    const texts = {
      "vllm@org/m@1@0@12345678901234567890": ["G0", undefined],
      "vllm@org/m@1@0@02783dafec": ["G0", undefined],
      "vllm@org/m@1@0@-123": ["G0", undefined],
      "vllm@org/m@1@0@not hex": ["G0", undefined],
      "vllm@org/m@1@0@a1b2": ["G1", undefined],
      "vllm@org/m@1@0@-a1b2": ["G1", undefined],
      "vllm@org/m@1@0@12@user%alice": ["G1", undefined],
      "vllm@org/m@8@7@a1b2@fp8_e4m3": ["G2", "float8_e4m3fn"],
      "vllm@org/m@8@7@a1b2@fp8_e5m2@3@user%": ["G2", "float8_e5m2"],
      "vllm@org/m@8@7@0A1B2@fp8_e4m3fnuz@user%alice": ["G2", "float8_e4m3fnuz"],
      "sglang@org/m@08@+7@a1b2@half": ["G2", "float16"],
    };
    for (const [text, [generation, dtype]] of Object.entries(texts)) {
      const key = CacheEngineKey.parse(`  ${text}\n`);
      expect([key.generation, key.dtype, key.format, String(key)]).toEqual([
        generation,
        dtype,
        text.split("@")[0],
        text,
      ]);
    }
    const layered = CacheEngineKey.parse("vllm@org/m@8@7@a1b2@fp8_e5m2@3@user%");
    expect(layered).toMatchObject({ layerId: 3, tags: [["user", ""]], worldSize: 8, workerId: 7 });
  });

  test("takes numbers as Python's int() does, and formats them as LMCache would", () => {
    const key = CacheEngineKey.parse("m@ 08@+0@ 0xAB_cd@half");
    expect([key.worldSize, key.workerId, String(key)]).toEqual([8, 0, "m@8@0@abcd@half"]);
    expect(CacheEngineKey.parse("m@1@0@-0xAB@half").chunkHash).toBe("-ab");
  });

  test.each([
    ["key", ""],
    ["key", "m"],
    ["key", "m@x@y@abc@half"],
    ["key", "a@b@c@1@0@abc@half"],
    ["workerId", "m@1@@abc@half"],
    ["workerId", "m@1@1.5@abc@half"],
    ["worldSize", `m@${"9".repeat(30)}@0@abc@half`],
    ["chunkHash", "m@1@0"],
    ["chunkHash", "m@1@0@@half"],
    ["chunkHash", "m@1@0@xyz@half"],
    ["chunkHash", "m@1@0@0x@half"],
    ["chunkHash", "m@1@0@--1@half"],
    ["chunkHash", "m@1@0@a__b@half"],
    ["dtype", "m@1@0@abc"],
    ["dtype", "m@1@0@abc@float16"],
    ["dtype", "m@1@0@abc@fp8_e4m3"],
    ["dtype", "m@1@0@abc@constructor"],
    ["dtype", "vllm@m@1@0@abc@notag"],
    ["tags", "m@1@0@abc@half@-5"],
    ["tags", "m@1@0@abc@half@"],
    ["tags", "m@1@0@abc@half@5@6"],
    ["tags", "m@1@0@abc@half@user%a@b"],
    ["tags", "vllm@m@1@0@abc@user%a@b"],
  ])("is refused for its %s: %s", (option, text) => {
    expect(() => CacheEngineKey.parse(text)).toThrow(refused(option));
  });

  test("is refused as anything but text", () => {
    for (const text of [undefined, null, 5, {}, Buffer.from("m@1@0@abc@half")])
      expect(() => CacheEngineKey.parse(text as never)).toThrow(refused("key"));
  });

  test.each([
    ["modelName", { modelName: "a@b" }],
    ["modelName", { modelName: "" }],
    ["modelName", { modelName: undefined }],
    ["worldSize", { worldSize: 0 }],
    ["worldSize", { worldSize: "2" }],
    ["worldSize", { worldSize: 1.5 }],
    ["workerId", { workerId: 2 }],
    ["workerId", { workerId: -1 }],
    ["chunkHash", { chunkHash: "0xab" }],
    ["chunkHash", { chunkHash: "AB" }],
    ["chunkHash", { chunkHash: "" }],
    ["chunkHash", { chunkHash: "a@b" }],
    ["chunkHash", { chunkHash: 123 }],
    ["chunkHash", { chunkHash: new Uint8Array(0) }],
    ["dtype", { dtype: "half" }],
    ["dtype", { dtype: "toString" }],
    ["dtype", { dtype: undefined }],
    ["tags", { tags: { user: "alice" } }],
    ["tags[0]", { tags: [["user"]] }],
    [
      "tags[1][0]",
      {
        tags: [
          ["a", "b"],
          ["x@y", "z"],
        ],
      },
    ],
    ["tags[0][0]", { tags: [["x%y", "z"]] }],
    ["tags[0][1]", { tags: [["user", "a@b"]] }],
    ["tags[0][1]", { tags: [["flag", true]] }],
  ])("is not constructed with a wrong %s (%#)", (option, wrong) => {
    expect(() => new CacheEngineKey({ ...FIELDS, ...wrong } as never)).toThrow(refused(option));
  });

  test("is not constructed with a wrong layer", () => {
    for (const layerId of [-1, 1.5, "3", undefined, Number.NaN])
      expect(() => new LayerCacheEngineKey({ ...FIELDS, layerId } as never)).toThrow(refused("layerId"));
    expect(() => new CacheEngineKey(undefined as never)).toThrow(refused("key"));
    // The key of the whole chunk would be that of all its layers.
    expect(() => new CacheEngineKey({ ...FIELDS, layerId: 3 } as never)).toThrow(refused("layerId"));
  });

  test("has its layer in a class of the caller's own, too", () => {
    class OwnKey extends LayerCacheEngineKey {}
    expect(`${new OwnKey({ ...FIELDS, layerId: 3 })}`).toBe(
      `${new LayerCacheEngineKey({ ...FIELDS, layerId: 3 })}`,
    );
    expect(() => new OwnKey(FIELDS as never)).toThrow(refused("layerId"));
  });
});
