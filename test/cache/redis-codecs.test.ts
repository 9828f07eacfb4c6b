import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CacheOperationError } from "../../src/cache/cache-error.ts";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import { type CodecName, jsonCodec, type ValueCodec } from "../../src/cache/value-codec.ts";
import { BatchError, ConfigError } from "../../src/errors.ts";
import { describeEachServer } from "../records/each-server.ts";

interface Sample {
  readonly codec: CodecName;
  readonly values: readonly unknown[];
  /** What the codec does not take. */
  readonly refused: readonly unknown[];
}

const SAMPLES: readonly Sample[] = [
  { codec: "text", values: ["", "a", "日本🔑", "x".repeat(5_000)], refused: [7, null, Buffer.from("x")] },
  {
    codec: "json",
    values: [null, 0, false, "", "text", [1, [2]], { a: { b: null } }, "日本🔑"],
    refused: [() => 1, Symbol("s")],
  },
  {
    codec: "msgpack",
    values: [null, 0, 1.5, false, "", "text", [1, [2]], { a: { b: null } }, new Uint8Array([0xc1, 0, 255])],
    refused: [],
  },
];

describeEachServer("the codecs of a RedisBackend", (fixture) => {
  const backends: RedisBackend<never>[] = [];
  const make = async <V>(config: RedisBackendConfig<V>): Promise<RedisBackend<V>> => {
    const backend = new RedisBackend<V>({ url: fixture.servers.url, socketTimeoutMs: 30_000, ...config });
    backends.push(backend as unknown as RedisBackend<never>);
    await backend.connect();
    return backend;
  };
  afterAll(() => Promise.all(backends.map((backend) => backend.disconnect())));

  describe.each(SAMPLES)("$codec", ({ codec, values, refused }) => {
    let backend: RedisBackend<unknown>;
    beforeAll(async () => {
      backend = await make<unknown>({ codec, keyPrefix: `${codec}:` });
    });

    test("every value comes back by every read", async () => {
      const entries = values.map((value, i) => [`v${i}`, value] as const);
      await backend.setMany(entries);
      expect([...(await backend.getMany(entries.map(([key]) => key)))]).toEqual(entries);
      for (const [key, value] of entries) {
        await backend.set(key, value, { metadata: { n: 1 } });
        expect(await backend.get(key)).toEqual(value);
        expect(await backend.getWithMetadata(key)).toMatchObject({ value, metadata: { n: 1 } });
        expect(await backend.wrap(key, () => expect.unreachable("it is there"))).toEqual(value);
      }
    });

    test("what it does not take is refused, with its index, and nothing is written", async () => {
      for (const value of [undefined, ...refused]) {
        const entries = [["a", values[0]] as const, ["b", value] as const];
        await expect(backend.set("b", value)).rejects.toMatchObject({ code: "BAD_VALUE", option: "value" });
        const error = await backend.setMany(entries).catch((e: unknown) => e);
        expect(error).toBeInstanceOf(ConfigError);
        expect(error).toMatchObject({ code: "BAD_VALUE", keyIndex: 1 });
      }
      expect(await backend.hasMany(["a", "b"])).toEqual([false, false]);
    });
  });

  test("a cached null is told from a miss by everything but get", async () => {
    const backend = await make<unknown>({ codec: "json", keyPrefix: "null:" });
    let runs = 0;
    const compute = () => {
      runs++;
      return null;
    };
    expect(await backend.wrap("k", compute)).toBeNull();
    expect(await backend.wrap("k", compute)).toBeNull();
    expect(runs).toBe(1);
    expect(await backend.getWithMetadata("k")).toMatchObject({ value: null });
    expect([...(await backend.getMany(["k", "none"]))]).toEqual([["k", null]]);
    expect(await backend.exists("k")).toBe(true);
  });

  test("decodeResponses makes values strings", async () => {
    const backend = await make<string>({ decodeResponses: true, keyPrefix: "decoded:" });
    await backend.set("k", "värde");
    expect(await backend.get("k")).toBe("värde");
  });

  test("the codec of bytes takes strings too, and gives Buffers", async () => {
    const backend = await make<Uint8Array | string>({ keyPrefix: "bytes:" });
    await backend.set("k", "värde");
    const value = await backend.get("k");
    expect(Buffer.isBuffer(value)).toBe(true);
    expect(String(value)).toBe("värde");
  });

  test("a codec of one's own is used in both directions", async () => {
    const codec: ValueCodec<number> = {
      name: "hex",
      encode: (value) => Buffer.from(value.toString(16)),
      decode: (encoded) => Number.parseInt(Buffer.from(encoded).toString(), 16),
    };
    const backend = await make<number>({ codec, keyPrefix: "own:" });
    await backend.set("k", 255);
    expect(await backend.get("k")).toBe(255);
    expect(String(await fixture.command("own:k", "GET", "own:k"))).toBe("ff");
  });

  test("a value that cannot be encoded is a CacheOperationError with the reason as its cause", async () => {
    const backend = await make<unknown>({ codec: "json", keyPrefix: "bad:" });
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const error = await backend.set("k", circular).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CacheOperationError);
    expect(error).toMatchObject({ code: "ENCODE_FAILED", cause: expect.any(TypeError) });
    await expect(
      backend.setMany([
        ["a", 1],
        ["k", 10n],
      ]),
    ).rejects.toMatchObject({
      code: "ENCODE_FAILED",
      keyIndex: 1,
    });
    expect(await backend.hasMany(["a", "k"])).toEqual([false, false]);
  });

  test("a codec that gives no bytes is found out", async () => {
    const codec = { ...jsonCodec<unknown>(), encode: () => "text" as unknown as Uint8Array };
    const backend = await make<unknown>({ codec, keyPrefix: "bad:" });
    await expect(backend.set("k", 1)).rejects.toMatchObject({ code: "ENCODE_FAILED" });
  });

  test("bytes that are no value are an error with every outcome, no miss, and wrap computes in their place", async () => {
    const backend = await make<unknown>({ codec: "json", keyPrefix: "foreign:" });
    await fixture.command("foreign:bad", "SET", "foreign:bad", "{no json");
    await backend.set("good", { n: 1 });
    const error = (await backend.get("bad").catch((e: unknown) => e)) as Error;
    expect(error).toBeInstanceOf(CacheOperationError);
    expect(error).toMatchObject({ code: "DECODE_FAILED", cause: expect.any(SyntaxError) });
    const many = (await backend.getMany(["good", "bad"]).catch((e: unknown) => e)) as Error;
    expect(many).toBeInstanceOf(CacheOperationError);
    expect(many).toMatchObject({ code: "DECODE_FAILED", keyIndex: 1 });
    expect(many.cause).toBeInstanceOf(BatchError);
    expect((many.cause as BatchError).results).toMatchObject([
      { status: "fulfilled", value: { n: 1 } },
      { status: "rejected", reason: { code: "DECODE_FAILED" } },
    ]);
    expect(await backend.wrap("bad", () => "computed")).toBe("computed");
    expect(await backend.get("bad")).toBe("computed");
    expect((await backend.getStats()).errors).toBeGreaterThan(0);
  });

  test("the results of a getMany that failed in part hold values", async () => {
    const backend = await make<unknown>({ codec: "json", keyPrefix: "part:", compression: { minBytes: 10 } });
    const value = { text: "compressible ".repeat(10) };
    await backend.setMany([
      ["large", value],
      ["small", 1],
    ]);
    await fixture.command("part:list", "RPUSH", "part:list", "x");
    await fixture.command("part:bad", "SET", "part:bad", "{no json");
    const keys = ["large", "list", "none", "small", "bad"];
    const error = (await backend.getMany(keys).catch((e: unknown) => e)) as Error;
    expect(error).toBeInstanceOf(CacheOperationError);
    expect(error).toMatchObject({ code: "WRONGTYPE", keyIndex: 1 });
    expect((error.cause as BatchError).results).toMatchObject([
      { status: "fulfilled", value },
      { status: "rejected", reason: { code: "WRONGTYPE" } },
      { status: "fulfilled", value: null },
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: { code: "DECODE_FAILED", keyIndex: 4 } },
    ]);
  });
});
