import { expect, test } from "vitest";
import type { ContractFixture } from "./backend-contract.ts";
import { bytes, text } from "./contract-bytes.ts";

export function testValues(fixture: ContractFixture): void {
  test("a value comes back byte for byte, and a miss is null", async () => {
    const { backend } = fixture;
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(await backend.get("k")).toBeNull();
    expect(await backend.set("k", all)).toBe(true);
    expect(Buffer.from((await backend.get("k"))!).equals(all)).toBe(true);
    expect(await backend.get("K")).toBeNull();
  });

  test("an empty value is a value", async () => {
    const { backend } = fixture;
    await backend.set("k", new Uint8Array(0));
    expect((await backend.get("k"))?.length).toBe(0);
    expect(await backend.exists("k")).toBe(true);
    expect(await backend.getMany(["k"])).toHaveProperty("size", 1);
  });

  test.each([2_047, 2_048, 70_000, 1_500_000])("a value of %i bytes comes back whole", async (length) => {
    const { backend } = fixture;
    const value = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
    await backend.set("large", value);
    expect(Buffer.from((await backend.get("large"))!).equals(value)).toBe(true);
  });

  test.each([
    ["empty", ""],
    ["of other scripts", "ключ:日本:🔑"],
    ["with braces", "a{b}c{d}"],
    ["with an empty tag", "{}x"],
    ["with blanks, newlines and NUL", "a b\r\nc\0d"],
    ["of 10,000 characters", "x".repeat(10_000)],
    ["with glob characters", "a*b?[c]\\"],
    ["named like a property of every object", "__proto__"],
  ])("a key %s is a key like any other", async (_, key) => {
    const { backend } = fixture;
    await backend.set(key, bytes("v"));
    expect(text(await backend.get(key))).toBe("v");
    expect(await backend.exists(key)).toBe(true);
    expect([...(await backend.getMany([key, `${key}!`])).keys()]).toEqual([key]);
    expect(await backend.delete(key)).toBe(true);
    expect(await backend.get(key)).toBeNull();
  });

  test("a value that was set may be changed afterwards", async () => {
    const { backend } = fixture;
    const one = bytes("mine");
    const large = new Uint8Array(5_000).fill(1);
    await backend.set("one", one);
    await backend.setMany([
      ["two", one],
      ["large", large],
    ]);
    one.fill(0);
    large.fill(0);
    expect(text(await backend.get("one"))).toBe("mine");
    expect(text(await backend.get("two"))).toBe("mine");
    expect((await backend.get("large"))!.every((byte) => byte === 1)).toBe(true);
  });

  test("a value that was read may be changed, and nobody else sees it", async () => {
    const { backend } = fixture;
    await backend.setMany([
      ["a", bytes("first")],
      ["b", bytes("second")],
    ]);
    const reads = await Promise.all([
      backend.get("a"),
      backend.getMany(["a", "b", "a"]).then((found) => found.get("a")!),
      backend.getWithMetadata("a").then((entry) => entry!.value),
      backend.wrap("a", () => bytes("never")),
    ]);
    for (const value of reads) expect(text(value)).toBe("first");
    for (const value of reads) {
      value!.fill(120);
      expect(text(await backend.get("a"))).toBe("first");
    }
    expect(text(await backend.get("b"))).toBe("second");
  });

  test("metadata come back beside their value, and go with the next set", async () => {
    const { backend } = fixture;
    const metadata = { etag: "x", size: 3, nested: { list: [1, "2", null, true] } };
    await backend.set("k", bytes("abc"), { metadata });
    const entry = await backend.getWithMetadata("k");
    expect(entry).toMatchObject({ metadata, ttlMs: Number.POSITIVE_INFINITY });
    expect(text(entry!.value)).toBe("abc");
    expect(text(await backend.get("k"))).toBe("abc");
    await backend.set("k", bytes("abd"));
    expect((await backend.getWithMetadata("k"))!.metadata).toBeNull();
    expect(await backend.getWithMetadata("none")).toBeNull();
  });

  test("metadata belong to their reader, and to their writer once they are set", async () => {
    const { backend } = fixture;
    const metadata = { list: [1] };
    await backend.set("k", bytes("v"), { metadata });
    metadata.list.push(2);
    const first = (await backend.getWithMetadata("k"))!.metadata as { list: number[] };
    expect(first).toEqual({ list: [1] });
    first.list.push(3);
    expect((await backend.getWithMetadata("k"))!.metadata).toEqual({ list: [1] });
  });

  test("nx sets only what does not exist, xx only what does", async () => {
    const { backend } = fixture;
    expect(await backend.set("k", bytes("0"), { xx: true })).toBe(false);
    expect(await backend.get("k")).toBeNull();
    expect(await backend.set("k", bytes("1"), { nx: true })).toBe(true);
    expect(await backend.set("k", bytes("2"), { nx: true, ttlMs: 50_000 })).toBe(false);
    expect(text(await backend.get("k"))).toBe("1");
    expect(await backend.ttl("k")).toBe(Number.POSITIVE_INFINITY);
    expect(await backend.set("k", bytes("3"), { xx: true, metadata: { n: 1 } })).toBe(true);
    expect(text(await backend.get("k"))).toBe("3");
    expect((await backend.getWithMetadata("k"))!.metadata).toEqual({ n: 1 });
    expect(await backend.set("k", bytes("4"), { nx: false, xx: false })).toBe(true);
  });

  test("of 100 concurrent sets with nx exactly one wins", async () => {
    const { backend } = fixture;
    const won = await Promise.all(
      Array.from({ length: 100 }, (_, i) => backend.set("k", bytes(`${i}`), { nx: true })),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(text(await backend.get("k"))).toBe(`${won.indexOf(true)}`);
  });

  test("delete and exists say whether there was an entry", async () => {
    const { backend } = fixture;
    await backend.set("k", bytes("v"));
    expect(await backend.exists("k")).toBe(true);
    expect(await backend.delete("k")).toBe(true);
    expect(await backend.delete("k")).toBe(false);
    expect(await backend.exists("k")).toBe(false);
  });
}
