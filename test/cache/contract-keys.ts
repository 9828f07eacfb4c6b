import { expect, test } from "vitest";
import type { ContractFixture } from "./backend-contract.ts";
import { bytes, keysOf, text } from "./contract-bytes.ts";

export function testKeys(fixture: ContractFixture): void {
  const fill = (keys: readonly string[]) => fixture.backend.setMany(keys.map((key) => [key, bytes(key)]));

  test("keys lists every key as it was given", async () => {
    const { backend } = fixture;
    const keys = Array.from({ length: 2_500 }, (_, i) => `key:${i}`).sort();
    await fill(keys);
    expect(await keysOf(backend)).toEqual(keys);
    expect(await keysOf(backend, "*")).toEqual(keys);
  });

  test.each([
    ["user:*", ["user:1", "user:12", "user:a"]],
    ["user:?", ["user:1", "user:a"]],
    ["user:[0-9]*", ["user:1", "user:12"]],
    ["user:[^0-9]", ["user:a"]],
    ["*1*", ["user:1", "user:12"]],
    ["user:1", ["user:1"]],
    ["ключ*", ["ключ"]],
    ["star\\*", ["star*"]],
    ["star\\[*", ["star[x]"]],
    ["user", []],
    ["", []],
  ])("keys(%j) is the glob of Redis", async (pattern, expected) => {
    const { backend } = fixture;
    await fill(["user:1", "user:12", "user:a", "other", "ключ", "star*", "starry", "star[x]"]);
    expect(await keysOf(backend, pattern)).toEqual(expected);
  });

  test("a walk over the keys may be left early, and begun again", async () => {
    const { backend } = fixture;
    await fill(["a", "b", "c"]);
    for await (const key of backend.keys()) {
      expect(["a", "b", "c"]).toContain(key);
      break;
    }
    expect(await keysOf(backend)).toEqual(["a", "b", "c"]);
  });

  test("keys may be deleted during the walk, and what stays is met all the same", async () => {
    const { backend } = fixture;
    const keys = Array.from({ length: 500 }, (_, i) => `key:${i}`);
    await fill(keys);
    const met = new Set<string>();
    for await (const key of backend.keys()) {
      met.add(key);
      if (Number(key.slice(4)) % 2 === 0) await backend.delete(key);
    }
    expect(keys.filter((_, i) => i % 2 === 1).every((key) => met.has(key))).toBe(true);
    expect(await keysOf(backend)).toHaveLength(250);
  });

  test("clear removes every entry and says how many there were", async () => {
    const { backend } = fixture;
    const keys = Array.from({ length: 2_500 }, (_, i) => `key:${i}`);
    await fill(keys);
    expect(await backend.clear()).toBe(2_500);
    expect(await backend.hasMany(keys)).not.toContain(true);
    expect(await keysOf(backend)).toEqual([]);
    expect(await backend.clear()).toBe(0);
    await backend.set("a", bytes("1"));
    expect(text(await backend.get("a"))).toBe("1");
  });

  test("clear and keys leave alone what is not the cache's own", async () => {
    const { backend, foreign } = fixture;
    if (foreign === undefined) return;
    const names = ["foreign:1", "foreign:2"];
    for (const name of names) await foreign.write(name);
    await fill(["a", "foreign:1"]);
    expect(await keysOf(backend)).toEqual(["a", "foreign:1"]);
    expect(await backend.clear()).toBe(2);
    for (const name of names) expect(await foreign.has(name), name).toBe(true);
  });
}
