import { describe, expect, test } from "vitest";
import { crc16, hashTag, keySlot, keySlots, SLOT_COUNT, tagForSlot } from "../../src/slots/index.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("hashTag", () => {
  test.each([
    ["user1000", "user1000"],
    ["{user1000}.following", "user1000"],
    ["abc{user1000}", "user1000"],
    ["foo{}{bar}", "foo{}{bar}"],
    ["foo{{bar}}zap", "{bar"],
    ["{bar", "{bar"],
    ["}{a}", "a"],
    ["foo{bar}{zap}", "bar"],
    ["", ""],
    ["{漢}x", "漢"],
  ])("of %j is %j, also in bytes", (key, tag) => {
    expect(hashTag(key)).toBe(tag);
    expect(hashTag(bytesOf(key))).toEqual(bytesOf(tag));
    expect(keySlot(key)).toBe(crc16(tag) % SLOT_COUNT);
  });

  test("of bytes is a view of them", () => {
    const key = bytesOf("{tag}rest");
    expect(hashTag(key).buffer).toBe(key.buffer);
  });
});

describe("keySlots", () => {
  test("fills the target that it is given and returns it", () => {
    const target = new Uint16Array(4).fill(9);
    expect(keySlots(["foo", "bar"], target)).toBe(target);
    expect(Array.from(target)).toEqual([12182, 5061, 9, 9]);
  });

  test("answers with a new array of the keys' number otherwise", () => {
    expect(keySlots(["foo", bytesOf("bar")])).toEqual(Uint16Array.of(12182, 5061));
    expect(keySlots([])).toEqual(new Uint16Array(0));
  });

  test("rejects a target that is too short, before it writes", () => {
    const target = new Uint16Array(1);
    expect(() => keySlots(["foo", "bar"], target)).toThrow(
      expect.objectContaining({ code: "TARGET_TOO_SHORT", option: "target" }),
    );
    expect(target[0]).toBe(0);
  });

  test("rejects what is no key, with its index", () => {
    expect(() => keySlots(["foo", 5 as unknown as string])).toThrow(
      expect.objectContaining({ code: "BAD_KEY", keyIndex: 1, message: expect.stringMatching(/got number/) }),
    );
    for (const run of [keySlot, crc16, hashTag]) {
      expect(() => run(null as unknown as string)).toThrow(expect.objectContaining({ code: "BAD_KEY" }));
    }
  });
});

describe("tagForSlot", () => {
  const tags = Array.from({ length: SLOT_COUNT }, (_, slot) => tagForSlot(slot));

  test("gives every slot a tag of letters and digits that lands in it", () => {
    tags.forEach((tag, slot) => {
      expect(tag).toMatch(/^[0-9A-Za-z]{1,4}$/);
      expect(keySlot(`{${tag}}:any key`)).toBe(slot);
    });
    expect(new Set(tags).size).toBe(SLOT_COUNT);
  });

  test("gives the shortest one, and the first in ASCII order of equally short ones", () => {
    const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const first = new Map<number, string>();
    const add = (tag: string): void => {
      const slot = keySlot(tag);
      if (!first.has(slot)) first.set(slot, tag);
    };
    for (const a of alphabet) add(a);
    for (const a of alphabet) for (const b of alphabet) add(a + b);
    for (const a of alphabet) for (const b of alphabet) for (const c of alphabet) add(a + b + c);
    for (const [slot, tag] of first) expect(tags[slot]).toBe(tag);
    expect(tags.filter((tag) => tag.length > 3).length).toBe(SLOT_COUNT - first.size);
  });

  test.each([-1, 16384, 1.5, Number.NaN, "7", undefined])("rejects %j", (slot) => {
    expect(() => tagForSlot(slot as number)).toThrow(
      expect.objectContaining({ code: "BAD_SLOT", option: "slot" }),
    );
  });
});
