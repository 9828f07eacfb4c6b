import { describe, expect, test } from "vitest";
import { computeKvRank, ObjectKey } from "../../src/index.ts";

const FIELDS = { modelName: "org/model", kvRank: 0x08030803, objectGroupId: 0, chunkHash: "0011ff" };
const refused = (option: string) =>
  expect.objectContaining({ name: "ConfigError", code: "BAD_CACHE_KEY", option });

describe("a multi-process object key", () => {
  test("has the rank in eight digits and the group in as many as it takes", () => {
    expect(String(new ObjectKey({ ...FIELDS, kvRank: 1 }))).toBe("org/model@00000001@0@0011ff");
    expect(String(new ObjectKey({ ...FIELDS, objectGroupId: 4096 }))).toBe("org/model@08030803@1000@0011ff");
    expect(String(new ObjectKey({ ...FIELDS, kvRank: 0x1_0000_0100 }))).toBe("org/model@100000100@0@0011ff");
    expect(String(new ObjectKey({ ...FIELDS, chunkHash: new Uint8Array([0, 1]) }))).toBe(
      "org/model@08030803@0@0001",
    );
  });

  test("has a rank of four bytes, the world size highest", () => {
    expect(computeKvRank({ worldSize: 1, globalRank: 0, localWorldSize: 1, localRank: 0 })).toBe(0x01000100);
    expect(computeKvRank({ worldSize: 8, globalRank: 3, localWorldSize: 8, localRank: 3 })).toBe(0x08030803);
    expect(computeKvRank({ worldSize: 255, globalRank: 254, localWorldSize: 253, localRank: 252 })).toBe(
      0xfffefdfc,
    );
    for (const name of ["worldSize", "globalRank", "localWorldSize", "localRank"] as const)
      for (const wrong of [256, -1, 0.5, "1", undefined]) {
        const fields = { worldSize: 1, globalRank: 0, localWorldSize: 1, localRank: 0, [name]: wrong };
        expect(() => computeKvRank(fields as never)).toThrow(refused(name));
      }
  });

  test("shows by its rank whether it has a prefix, and is told where it might have one or not", () => {
    const text = "prod@org/model@08030803@0@0011ff@tenant";
    expect(ObjectKey.parse(text)).toMatchObject({ keyPrefix: "prod", cacheSalt: "tenant", objectGroupId: 0 });
    expect(String(ObjectKey.parse(text, { keyPrefix: "prod" }))).toBe(text);
    expect(() => ObjectKey.parse(text, { keyPrefix: "test" })).toThrow(refused("key"));
    expect(() => ObjectKey.parse(text, { keyPrefix: "" })).toThrow(refused("key"));
    const either = "aa@bbbbbbbb@0ccccccc@1@22";
    expect(ObjectKey.parse(either)).toMatchObject({ keyPrefix: "aa", modelName: "bbbbbbbb" });
    const ambiguous = "aa@bbbbbbbb@cccccccc@11@22";
    expect(ObjectKey.parse(ambiguous)).toMatchObject({ modelName: "aa", cacheSalt: "22", keyPrefix: "" });
    const prefixed = ObjectKey.parse(ambiguous, { keyPrefix: "aa" });
    expect(prefixed).toMatchObject({ modelName: "bbbbbbbb", kvRank: 0xcccccccc, keyPrefix: "aa" });
    expect(String(prefixed)).toBe(ambiguous);
  });

  test("of the older build has no group, with a prefix or without", () => {
    for (const text of ["org/model@08030803@0011ff", "prod@org/model@08030803@0011ff"]) {
      const key = ObjectKey.parse(text);
      expect([key.objectGroupId, key.chunkHash, String(key)]).toEqual([undefined, "0011ff", text]);
    }
  });

  test("takes a salt of 128 characters, as Python counts them", () => {
    const salt = "🦙".repeat(128);
    expect(ObjectKey.parse(String(new ObjectKey({ ...FIELDS, cacheSalt: salt }))).cacheSalt).toBe(salt);
    expect(() => new ObjectKey({ ...FIELDS, cacheSalt: `${salt}x` })).toThrow(refused("cacheSalt"));
  });

  test.each([
    ["modelName", { modelName: "a@b" }],
    ["modelName", { modelName: "" }],
    ["kvRank", { kvRank: -1 }],
    ["kvRank", { kvRank: 1.5 }],
    ["kvRank", { kvRank: "08030803" }],
    ["objectGroupId", { objectGroupId: -1 }],
    ["chunkHash", { chunkHash: "abc" }],
    ["chunkHash", { chunkHash: "AB" }],
    ["chunkHash", { chunkHash: "" }],
    ["chunkHash", { chunkHash: new Uint8Array(0) }],
    ["chunkHash", { chunkHash: 5n }],
    ["cacheSalt", { cacheSalt: "a@b" }],
    ["cacheSalt", { cacheSalt: "a/b" }],
    ["cacheSalt", { cacheSalt: "a\\b" }],
    ["cacheSalt", { cacheSalt: "a\0b" }],
    ["cacheSalt", { cacheSalt: 5 }],
    ["cacheSalt", { cacheSalt: "salt", objectGroupId: undefined }],
    ["keyPrefix", { keyPrefix: "a@b" }],
    ["keyPrefix", { keyPrefix: 5 }],
  ])("is not constructed with a wrong %s (%#)", (option, wrong) => {
    expect(() => new ObjectKey({ ...FIELDS, ...wrong } as never)).toThrow(refused(option));
  });

  test.each([
    "",
    "m",
    "m@08030803",
    "m@8030803@0@00",
    "m@08030803@00@00",
    "m@08030803@0@0",
    "m@08030803@0@0G",
    "m@08030803@0@00@",
    "@08030803@0@00",
    "m@08030803@0@00@s@t",
    "a@b@c@08030803@0@00",
    "m@1@0@abc@half",
  ])("is not parsed from %j", (text) => {
    expect(() => ObjectKey.parse(text)).toThrow(refused("key"));
  });
});
