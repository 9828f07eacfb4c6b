import { expect, test } from "vitest";
import { describeInBothPlaces } from "./both-places.ts";

const texts = (values: readonly (Buffer | null)[]) => values.map((value) => value && String(value));

describeInBothPlaces("mget and mset", (place) => {
  test("values stand at the caller's index, and a key that does not exist is null", async () => {
    const keys = Array.from({ length: 500 }, (_, i) => `key:${i}`);
    await place.client.mset(keys.filter((_, i) => i % 3 > 0).map((key) => [key, `value of ${key}`]));
    const shuffled = keys.map((_, i) => keys[(i * 7) % keys.length]!);
    expect(texts(await place.client.mget(shuffled))).toEqual(
      shuffled.map((key) => (Number(key.slice(4)) % 3 > 0 ? `value of ${key}` : null)),
    );
  });

  test("a key asked for twice is answered twice, and of two writes to one key the later one wins", async () => {
    const entries = Array.from({ length: 2000 }, (_, i) => [`k${i % 7}`, `v${i}`] as const);
    await place.client.mset(entries);
    expect(texts(await place.client.mget(["k0", "k6", "k0", "none", "k6"]))).toEqual([
      "v1995",
      "v1994",
      "v1995",
      null,
      "v1994",
    ]);
  });

  test("an empty batch is answered without a word to the server", async () => {
    const { client } = place;
    const before = client.stats().socketWrites;
    expect(await client.mget([])).toEqual([]);
    expect(await client.mgetSettled([])).toEqual([]);
    expect(await client.mset([])).toBeUndefined();
    expect(await client.msetSettled([])).toEqual([]);
    expect(await client.del([])).toBe(0);
    expect(await client.batch().exec()).toEqual([]);
    expect(client.stats().socketWrites).toBe(before);
  });

  test("100,000 keys in one call come back in order", async () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => `many:${i}`);
    await place.client.mset(
      keys.map((key, i) => [key, String(i)]),
      { timeoutMs: 30_000 },
    );
    const values = await place.client.mget(keys, { timeoutMs: 30_000 });
    expect(values.length).toBe(100_000);
    expect(values.findIndex((value, i) => String(value) !== String(i))).toBe(-1);
  });

  test("an empty value is no miss, and an empty key is a key", async () => {
    await place.client.mset([
      ["empty", ""],
      ["", "of the empty key"],
    ]);
    expect(texts(await place.client.mget(["empty", "", "none"]))).toEqual(["", "of the empty key", null]);
  });

  test("values of every size from 0 bytes to 3 MB come back byte for byte", async () => {
    const sizes = [
      0, 1, 47, 48, 49, 1023, 1024, 2047, 2048, 16_383, 32_767, 32_768, 65_536, 1_000_003, 3_000_000,
    ];
    const entries = sizes.map((size, i) => {
      const value = Buffer.alloc(size);
      for (let at = 0; at < size; at++) value[at] = (at * 31 + i) % 251;
      return [`size:${size}`, value] as const;
    });
    await place.client.mset(entries);
    const values = await place.client.mget(entries.map(([key]) => key));
    entries.forEach(([key, value], i) => {
      expect(values[i]?.equals(value), key).toBe(true);
    });
  });

  test("ttlMs gives all keys of the call a time to live, and without it they live for ever", async () => {
    const { client } = place;
    await client.mset(
      [
        ["short:1", "a"],
        ["short:2", "b"],
      ],
      { ttlMs: 60 },
    );
    await client.mset([["long", "c"]], { ttlMs: 100_000 });
    await client.mset([["always", "d"]]);
    const node = await place.nodeOf("long");
    expect(Number(await node.command("PTTL", "long"))).toBeGreaterThan(90_000);
    expect(await (await place.nodeOf("always")).command("PTTL", "always")).toBe(-1);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(texts(await client.mget(["short:1", "long", "short:2", "always"]))).toEqual([
      null,
      "c",
      null,
      "d",
    ]);
  });

  test("a result stays what it was when later calls reuse the buffers", async () => {
    const { client } = place;
    const entries = Array.from(
      { length: 300 },
      (_, i) => [`r${i}`, Buffer.alloc(10 + i * 17, i % 256)] as const,
    );
    await client.mset(entries);
    const first = await client.mget(entries.map(([key]) => key));
    for (let round = 0; round < 20; round++) await client.mget(entries.map(([key]) => key).reverse());
    entries.forEach(([, value], i) => {
      expect(first[i]?.equals(value)).toBe(true);
    });
  });

  test("calls under way at the same time keep their own results", async () => {
    const { client } = place;
    await client.mset(Array.from({ length: 400 }, (_, i) => [`c${i}`, `${i}`]));
    const calls = Array.from({ length: 100 }, (_, call) => {
      const keys = Array.from({ length: 20 }, (_, i) => `c${(call * 37 + i * 11) % 450}`);
      return { keys, values: client.mget(keys) };
    });
    for (const { keys, values } of calls) {
      const expected = keys.map((key) => (Number(key.slice(1)) < 400 ? key.slice(1) : null));
      expect(texts(await values)).toEqual(expected);
    }
  });
});
