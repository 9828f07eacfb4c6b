import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Key } from "../../src/index.ts";
import { describeInBothPlaces } from "./both-places.ts";

interface SlotVector {
  readonly kind: "string" | "bytes" | "generated";
  readonly key?: string;
  readonly hex?: string;
  readonly slot: number;
}

const vectorFile = new URL("../vectors/keyslot.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(vectorFile, "utf8")) as { vectors: SlotVector[] };

describeInBothPlaces("keys and values of any bytes", (place) => {
  test("10,000 random keys and values are stored byte for byte and come back as they were", async () => {
    const { client } = place;
    const entries = Array.from({ length: 10_000 }, (_, i): [Uint8Array, Uint8Array] => [
      // The counter keeps the keys apart; braces, line ends and zeros come by chance and on purpose.
      Buffer.concat([
        randomBytes(i % 24),
        Buffer.from(["{", "}", "\r\n", "\0", ""][i % 5]!),
        Buffer.from(String(i)),
      ]),
      randomBytes((i * 7) % 200),
    ]);
    const before = client.stats().moved;
    await client.mset(entries);
    const values = await client.mget(entries.map(([key]) => key));
    expect(values.findIndex((value, i) => !value?.equals(entries[i]![1]))).toBe(-1);
    expect(await place.size()).toBe(10_000);
    expect(client.stats().moved).toBe(before);
    for (let i = 0; i < entries.length; i += 1000) {
      const [key, value] = entries[i]!;
      expect((await place.stored(key))?.equals(value)).toBe(true);
    }
  });

  test("a lone surrogate in a key or a value is EF BF BD, a pair is four bytes of UTF-8", async () => {
    await place.client.mset([
      ["lone \ud800 end", "high \udbff"],
      ["pair \u{1f600}", "low \udc00 \u{1f600}"],
    ]);
    const lone = Buffer.from("6c6f6e6520efbfbd20656e64", "hex");
    expect(await place.stored(lone)).toEqual(Buffer.from("high \ufffd"));
    expect(await place.stored(Buffer.from("pair \u{1f600}"))).toEqual(Buffer.from("low \ufffd \u{1f600}"));
    const [byText, byBytes] = await place.client.mget(["lone \udfff end", lone]);
    expect(byText).toEqual(byBytes);
  });

  test("keys of text and of the same bytes are one key, in one batch", async () => {
    await place.client.mset([
      ["sché\u0000ma", "first"],
      [Buffer.from("sché\u0000ma"), "second"],
    ]);
    expect(await place.size()).toBe(1);
    expect(String(await place.stored("sché\u0000ma"))).toBe("second");
  });

  test("a key of 64 KB and its neighbours come back", async () => {
    const long = "l".repeat(65_536);
    const longBytes = Buffer.alloc(65_537, 0xfe);
    await place.client.mset([
      ["before", "1"],
      [long, "2"],
      [longBytes, "3"],
      ["after", "4"],
    ]);
    const values = await place.client.mget(["after", longBytes, "before", long]);
    expect(values.map(String)).toEqual(["4", "3", "1", "2"]);
    expect(String(await place.stored(long))).toBe("2");
  });

  test("a view into a larger buffer is sent as the view alone", async () => {
    const memory = Buffer.from("....key....value....");
    await place.client.mset([
      [memory.subarray(4, 7), new Uint8Array(memory.buffer, memory.byteOffset + 11, 5)],
    ]);
    expect(String(await place.stored("key"))).toBe("value");
  });

  test("every vector of the key slot table reaches its node without a redirect", async () => {
    const { client } = place;
    const keys = vectors.flatMap(({ kind, key, hex }): Key[] =>
      kind === "string" ? [key!] : kind === "bytes" ? [Buffer.from(hex!, "hex")] : [],
    );
    expect(keys.length).toBeGreaterThan(300);
    const before = client.stats();
    await client.mset(keys.map((key, i) => [key, String(i)]));
    const values = await client.mget(keys);
    const last = new Map(keys.map((key, i) => [Buffer.from(key as string).toString("hex"), String(i)]));
    keys.forEach((key, i) => {
      expect(String(values[i])).toBe(last.get(Buffer.from(key as string).toString("hex")));
    });
    expect(client.stats().moved).toBe(before.moved);
    expect(client.stats().retries).toBe(before.retries);
  });
});
