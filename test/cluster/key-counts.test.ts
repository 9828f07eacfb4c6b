import { expect, test } from "vitest";
import { describeInBothPlaces } from "./both-places.ts";

const KEYS = Array.from({ length: 60 }, (_, i) => `n:${i}`);

describeInBothPlaces("calls that count keys", (place) => {
  test("del counts what existed, over all nodes", async () => {
    await place.client.mset(KEYS.map((key) => [key, "v"]));
    expect(await place.client.del([...KEYS.slice(0, 50), "none", "none:2"])).toBe(50);
    expect(await place.size()).toBe(10);
  });

  test("del counts a key given twice once", async () => {
    await place.client.mset([["twice", "v"]]);
    expect(await place.client.del(["twice", "twice"])).toBe(1);
  });

  test("unlink counts and removes like del", async () => {
    await place.client.mset(KEYS.map((key) => [key, "v"]));
    expect(await place.client.unlink([...KEYS, "none"])).toBe(60);
    expect(await place.size()).toBe(0);
  });

  test("exists counts a key given twice twice", async () => {
    await place.client.mset(KEYS.slice(0, 7).map((key) => [key, "v"]));
    expect(await place.client.exists([...KEYS, ...KEYS.slice(0, 2)])).toBe(9);
  });

  test("touch counts what exists and renews its access time", async () => {
    await place.client.mset([["old", "v"]]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const node = await place.nodeOf("old");
    expect(Number(await node.command("OBJECT", "IDLETIME", "old"))).toBeGreaterThan(0);
    expect(await place.client.touch(["old", "none"])).toBe(1);
    expect(await node.command("OBJECT", "IDLETIME", "old")).toBe(0);
  });

  test("expire counts what exists, and the keys are gone after their milliseconds", async () => {
    await place.client.mset(KEYS.map((key) => [key, "v"]));
    expect(await place.client.expire([...KEYS.slice(0, 20), "none"], 50)).toBe(20);
    expect(await place.client.expire(KEYS.slice(20, 30), 100_000)).toBe(10);
    await new Promise((resolve) => setTimeout(resolve, 70));
    expect(await place.client.exists(KEYS)).toBe(40);
    const ttl = Number(await (await place.nodeOf("n:25")).command("PTTL", "n:25"));
    expect(ttl).toBeGreaterThan(90_000);
    expect(ttl).toBeLessThanOrEqual(100_000);
  });

  test("values of any type are counted", async () => {
    const node = await place.nodeOf("{t}list");
    await node.command("RPUSH", "{t}list", "a");
    await node.command("HSET", "{t}hash", "f", "v");
    await node.command("SADD", "{t}set", "m");
    const keys = ["{t}list", "{t}hash", "{t}set"];
    expect(await place.client.exists(keys)).toBe(3);
    expect(await place.client.del(keys)).toBe(3);
  });
});
