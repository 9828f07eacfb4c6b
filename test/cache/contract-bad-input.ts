import { expect, test } from "vitest";
import type { CacheBackend } from "../../src/cache/cache-backend.ts";
import { ConfigError } from "../../src/errors.ts";
import type { ContractFixture } from "./backend-contract.ts";
import { bytes, keysOf, text } from "./contract-bytes.ts";

type Call = (backend: CacheBackend<Uint8Array>) => Promise<unknown>;

/** What TypeScript would refuse. */
function bad<T>(value: unknown): T {
  return value as T;
}

const VALUE = bytes("v");

const BAD_KEYS: readonly [string, Call][] = [
  ["get", (b) => b.get(bad(7))],
  ["getWithMetadata", (b) => b.getWithMetadata(bad(null))],
  ["set", (b) => b.set(bad(undefined), VALUE)],
  ["delete", (b) => b.delete(bad(Symbol("x")))],
  ["exists", (b) => b.exists(bad({}))],
  ["ttl", (b) => b.ttl(bad(["a"]))],
  ["expire", (b) => b.expire(bad(7), 1_000)],
  ["wrap", (b) => b.wrap(bad(7), () => VALUE)],
];

const BAD_KEYS_IN_LISTS: readonly [string, Call][] = [
  ["getMany", (b) => b.getMany(["a", bad(7)])],
  [
    "setMany",
    (b) =>
      b.setMany([
        ["a", VALUE],
        [bad(7), VALUE],
      ]),
  ],
  ["deleteMany", (b) => b.deleteMany(["a", bad(null)])],
  ["hasMany", (b) => b.hasMany(["a", bad(undefined)])],
];

const BAD_ARGUMENTS: readonly [string, Call][] = [
  ["getMany without a list", (b) => b.getMany(bad("abc"))],
  ["deleteMany without a list", (b) => b.deleteMany(bad(undefined))],
  ["hasMany with a Set", (b) => b.hasMany(bad(new Set(["a"])))],
  ["setMany without entries", (b) => b.setMany(bad(undefined))],
  ["setMany with an object", (b) => b.setMany(bad({ a: VALUE }))],
  ["setMany with a string", (b) => b.setMany(bad("ab"))],
  ["setMany with half an entry", (b) => b.setMany([bad(["a"])])],
  ["keys with a pattern that is none", (b) => keysOf(b, bad(7))],
  ["wrap without a function", (b) => b.wrap("a", bad(VALUE))],
];

const BAD_VALUES: readonly [string, Call][] = [
  ["set of undefined", (b) => b.set("a", bad(undefined))],
  ["set of a number", (b) => b.set("a", bad(7))],
  ["setMany with undefined", (b) => b.setMany([["a", bad(undefined)]])],
  ["wrap whose function returns undefined", (b) => b.wrap("a", () => bad<Uint8Array>(undefined))],
];

const BAD_TTLS = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "60", 2 ** 60];

const UNKNOWN_OPTIONS: readonly [string, Call][] = [
  ["get", (b) => b.get("a", bad({ ttl: 1 }))],
  ["getWithMetadata", (b) => b.getWithMetadata("a", bad({ ttlMs: 1 }))],
  ["set", (b) => b.set("a", VALUE, bad({ ttl: 1 }))],
  ["delete", (b) => b.delete("a", bad({ x: 1 }))],
  ["exists", (b) => b.exists("a", bad({ x: 1 }))],
  ["ttl", (b) => b.ttl("a", bad({ x: 1 }))],
  ["expire", (b) => b.expire("a", 1_000, bad({ ttlMs: 1 }))],
  ["getMany", (b) => b.getMany(["a"], bad({ x: 1 }))],
  ["setMany", (b) => b.setMany([["a", VALUE]], bad({ nx: true }))],
  ["deleteMany", (b) => b.deleteMany(["a"], bad({ x: 1 }))],
  ["hasMany", (b) => b.hasMany(["a"], bad({ x: 1 }))],
  ["clear", (b) => b.clear(bad({ x: 1 }))],
  ["keys", (b) => b.keys("*", bad({ x: 1 })).next()],
  ["wrap", (b) => b.wrap("a", () => VALUE, bad({ ttl: 1 }))],
  ["getStats", (b) => b.getStats(bad({ x: 1 }))],
];

const BAD_OPTIONS: readonly [string, Call][] = [
  ["options that are none", (b) => b.get("a", bad("ttl"))],
  ["a timeout that is none", (b) => b.get("a", { timeoutMs: 0 })],
  ["a signal that is none", (b) => b.get("a", bad({ signal: {} }))],
  ["nx and xx together", (b) => b.set("a", VALUE, { nx: true, xx: true })],
  ["nx that is no boolean", (b) => b.set("a", VALUE, bad({ nx: 1 }))],
  ["staleMs that is negative", (b) => b.wrap("a", () => VALUE, { ttlMs: 1_000, staleMs: -1 })],
  ["staleMs beside an endless TTL", (b) => b.wrap("a", () => VALUE, { ttlMs: null, staleMs: 1_000 })],
];

/** Everything is refused with a ConfigError, and nothing has been done. */
export function testBadInput(fixture: ContractFixture): void {
  const expectRefusal = async (call: Call, expected: object) => {
    const { backend } = fixture;
    const error = await call(backend).then(
      () => expect.unreachable("the call was accepted"),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject(expected);
    expect(await backend.exists("a")).toBe(false);
  };

  test.each(BAD_KEYS)("%s: a key is a string", (_, call) => expectRefusal(call, { code: "BAD_KEY" }));

  test.each(BAD_KEYS_IN_LISTS)(
    "%s: a key in a list is a string, and the error tells which is not",
    (_, call) => expectRefusal(call, { code: "BAD_KEY", keyIndex: 1 }),
  );

  test.each(BAD_ARGUMENTS)("%s is no call", (_, call) => expectRefusal(call, { code: "BAD_ARGUMENT" }));

  test.each(BAD_VALUES)("%s is refused", (_, call) => expectRefusal(call, { code: "BAD_VALUE" }));

  test.each(BAD_TTLS)("a TTL of %s is refused by each method that takes one", async (ttlMs) => {
    const options = { ttlMs: bad<number>(ttlMs) };
    const expected = { code: "BAD_TTL", option: "ttlMs" };
    await expectRefusal((b) => b.set("a", VALUE, options), expected);
    await expectRefusal((b) => b.setMany([["a", VALUE]], options), expected);
    await expectRefusal((b) => b.expire("a", options.ttlMs), expected);
    await expectRefusal((b) => b.wrap("a", () => VALUE, options), expected);
  });

  test.each(UNKNOWN_OPTIONS)("%s: an unknown option is refused by name", (_, call) =>
    expectRefusal(call, { code: "UNKNOWN_OPTION", option: expect.any(String) }),
  );

  test.each(BAD_OPTIONS)("%s: refused", (_, call) => expectRefusal(call, { code: "BAD_OPTION" }));

  test.each<unknown>(["text", [1], bytes("x"), null, 7, new Map([["a", 1]]), new Date(0)])(
    "metadata are an object of fields, not %s",
    async (metadata) => {
      const options = { metadata: bad<Record<string, unknown>>(metadata) };
      const expected = { code: "BAD_METADATA", option: "metadata" };
      await expectRefusal((b) => b.set("a", VALUE, options), expected);
      await expectRefusal((b) => b.setMany([["a", VALUE]], options), expected);
    },
  );

  test("of a batch with one bad entry nothing is written", async () => {
    const { backend } = fixture;
    await backend.set("old", bytes("old"));
    const call = backend.setMany([
      ["a", VALUE],
      ["old", VALUE],
      ["b", bad(7)],
    ]);
    await expect(call).rejects.toMatchObject({ code: "BAD_VALUE", keyIndex: 2 });
    expect(await backend.hasMany(["a", "b"])).toEqual([false, false]);
    expect(text(await backend.get("old"))).toBe("old");
  });
}
