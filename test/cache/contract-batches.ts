import { expect, test } from "vitest";
import type { ContractFixture } from "./backend-contract.ts";
import { bytes, text, texts } from "./contract-bytes.ts";

export function testBatches(fixture: ContractFixture): void {
  test("getMany gives the hits in the order of the keys, and no entry for a miss", async () => {
    const { backend } = fixture;
    await backend.setMany([
      ["c", bytes("3")],
      ["a", bytes("1")],
      ["b", bytes("2")],
    ]);
    expect(texts(await backend.getMany(["b", "none", "c", "a"]))).toEqual([
      ["b", "2"],
      ["c", "3"],
      ["a", "1"],
    ]);
  });

  test("1,000 keys are set, read, looked for and deleted", async () => {
    const { backend } = fixture;
    const keys = Array.from({ length: 1_000 }, (_, i) => `key:${i}`);
    await backend.setMany(keys.filter((_, i) => i % 2 === 0).map((key) => [key, bytes(key)]));
    const found = await backend.getMany(keys);
    expect(texts(found)).toEqual(keys.filter((_, i) => i % 2 === 0).map((key) => [key, key]));
    expect(await backend.hasMany(keys)).toEqual(keys.map((_, i) => i % 2 === 0));
    expect(await backend.deleteMany(keys)).toBe(500);
    expect(await backend.getMany(keys)).toHaveProperty("size", 0);
  });

  test("a key given twice is one hit of a Map, two answers of a list and one deletion", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"));
    expect(texts(await backend.getMany(["a", "none", "a", "none"]))).toEqual([["a", "1"]]);
    expect(await backend.hasMany(["a", "none", "a"])).toEqual([true, false, true]);
    expect(await backend.deleteMany(["a", "none", "a"])).toBe(1);
  });

  test("of two entries with one key the later one wins", async () => {
    const { backend } = fixture;
    await backend.setMany([
      ["a", bytes("1")],
      ["b", bytes("2")],
      ["a", bytes("3")],
    ]);
    expect(texts(await backend.getMany(["a", "b"]))).toEqual([
      ["a", "3"],
      ["b", "2"],
    ]);
  });

  test("nothing given is nothing done", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"));
    expect(await backend.getMany([])).toEqual(new Map());
    await backend.setMany([]);
    await backend.setMany(new Map());
    expect(await backend.deleteMany([])).toBe(0);
    expect(await backend.hasMany([])).toEqual([]);
    expect(text(await backend.get("a"))).toBe("1");
  });

  test("setMany takes a Map, and any iterable once", async () => {
    const { backend } = fixture;
    await backend.setMany(new Map([["a", bytes("1")]]));
    await backend.setMany(
      (function* () {
        yield ["b", bytes("2")] as const;
        yield ["c", bytes("3")] as const;
      })(),
    );
    expect(texts(await backend.getMany(["a", "b", "c"]))).toHaveLength(3);
  });

  test("one TTL and one metadata of setMany hold for all of its entries", async () => {
    const { backend } = fixture;
    const entries = ["a", "b"].map((key) => [key, bytes(key)] as const);
    await backend.setMany(entries, { ttlMs: 600_000, metadata: { n: 1 } });
    for (const key of ["a", "b"]) {
      const entry = await backend.getWithMetadata(key);
      expect(entry?.metadata).toEqual({ n: 1 });
      expect(entry?.ttlMs).toBeGreaterThan(300_000);
      expect(entry?.ttlMs).toBeLessThanOrEqual(600_000);
    }
    await backend.setMany(entries);
    expect(await backend.getWithMetadata("a")).toMatchObject({
      metadata: null,
      ttlMs: Number.POSITIVE_INFINITY,
    });
  });

  test("the list of keys may be changed while the call is under way", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"));
    const keys = ["a", "none"];
    const [found, had] = [backend.getMany(keys), backend.hasMany(keys)];
    keys.reverse();
    expect([...(await found).keys()]).toEqual(["a"]);
    expect(await had).toEqual([true, false]);
  });
}
