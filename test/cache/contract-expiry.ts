import { expect, test } from "vitest";
import { until } from "../rig/until.ts";
import type { ContractFixture } from "./backend-contract.ts";
import { bytes, keysOf, text } from "./contract-bytes.ts";

const FOR_EVER = Number.POSITIVE_INFINITY;

export function testExpiry(fixture: ContractFixture): void {
  const expectTtl = async (key: string, ttlMs: number) => {
    const left = await fixture.backend.ttl(key);
    expect(left).toBeGreaterThan(ttlMs / 2);
    expect(left).toBeLessThanOrEqual(ttlMs);
  };

  test("ttl is what is left in milliseconds, Infinity for ever, and null where there is no entry", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"), { ttlMs: 600_000 });
    await backend.set("b", bytes("1"), { ttlMs: null });
    await backend.set("c", bytes("1"));
    await expectTtl("a", 600_000);
    expect(await backend.ttl("b")).toBe(FOR_EVER);
    expect(await backend.ttl("c")).toBe(FOR_EVER);
    expect(await backend.ttl("none")).toBeNull();
    const left = (await backend.getWithMetadata("a"))!.ttlMs;
    expect(left).toBeGreaterThan(300_000);
    expect(left).toBeLessThanOrEqual(600_000);
    expect((await backend.getWithMetadata("b"))!.ttlMs).toBe(FOR_EVER);
  });

  test("an entry whose TTL has passed is gone for every method", async () => {
    const { backend } = fixture;
    await backend.setMany(
      ["a", "b"].map((key) => [key, bytes(key)]),
      { ttlMs: 40, metadata: { n: 1 } },
    );
    await backend.set("c", bytes("c"), { ttlMs: 1 });
    await until(
      "all three have expired",
      async () => !(await backend.hasMany(["a", "b", "c"])).includes(true),
    );
    expect(await backend.get("a")).toBeNull();
    expect(await backend.getWithMetadata("a")).toBeNull();
    expect(await backend.getMany(["a", "b", "c"])).toHaveProperty("size", 0);
    expect(await backend.exists("a")).toBe(false);
    expect(await backend.ttl("a")).toBeNull();
    expect(await backend.expire("a", 1_000)).toBe(false);
    expect(await backend.delete("a")).toBe(false);
    expect(await backend.deleteMany(["b", "c"])).toBe(0);
    expect(await keysOf(backend)).toEqual([]);
    expect(await backend.set("a", bytes("new"), { nx: true })).toBe(true);
  });

  test("the next set decides about the TTL anew", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"), { ttlMs: 600_000 });
    await backend.set("a", bytes("2"));
    expect(await backend.ttl("a")).toBe(FOR_EVER);
    await backend.set("a", bytes("3"), { ttlMs: 500_000 });
    await expectTtl("a", 500_000);
  });

  test("expire gives an entry another TTL, or none, and leaves value and metadata alone", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"), { metadata: { n: 1 } });
    expect(await backend.expire("a", 600_000)).toBe(true);
    await expectTtl("a", 600_000);
    expect(await backend.expire("a", 100_000)).toBe(true);
    await expectTtl("a", 100_000);
    expect(await backend.expire("a", null)).toBe(true);
    expect(await backend.expire("a", null)).toBe(true);
    const entry = await backend.getWithMetadata("a");
    expect(entry).toMatchObject({ metadata: { n: 1 }, ttlMs: FOR_EVER });
    expect(text(entry!.value)).toBe("1");
    expect(await backend.expire("none", 1_000)).toBe(false);
    expect(await backend.expire("none", null)).toBe(false);
  });

  test("expire with a short TTL ends an entry", async () => {
    const { backend } = fixture;
    await backend.set("a", bytes("1"));
    await backend.expire("a", 20);
    await until("it has expired", async () => (await backend.get("a")) === null);
  });
}
