import { expect, test } from "vitest";
import { type ClientOptions, ConfigError, connect, SlotpackError } from "../../src/index.ts";
import { describeInBothPlaces } from "./both-places.ts";

const TOO_LARGE = 512 * 1024 * 1024 + 1;

async function refusal(call: Promise<unknown>): Promise<ConfigError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toBeInstanceOf(SlotpackError);
  return error as ConfigError;
}

describeInBothPlaces("bad input", (place) => {
  const good = ["good", "v"] as const;

  const keys: [string, unknown][] = [
    ["a number", 5],
    ["null", null],
    ["undefined", undefined],
    ["an object", { key: "k" }],
    ["an ArrayBuffer", new ArrayBuffer(2)],
    ["a Uint16Array", new Uint16Array(2)],
  ];
  test.each(keys)(
    "a key that is %s is refused with its index, and nothing of the call is written",
    async (_, key) => {
      const { client } = place;
      const bad = key as string;
      for (const call of [
        client.mset([good, good, [bad, "v"]]),
        client.msetSettled([good, good, [bad, "v"]]),
        client.mget(["a", "b", bad]),
        client.del(["a", "b", bad]),
        client.exists(["a", "b", bad]),
        client.expire(["a", "b", bad], 1000),
      ]) {
        expect(await refusal(call)).toMatchObject({ code: "BAD_KEY", keyIndex: 2 });
      }
      expect(await place.size()).toBe(0);
    },
  );

  test.each([
    ["a number", 5],
    ["null", null],
    ["undefined", undefined],
    ["an object", {}],
  ])("a value that is %s is refused with its index, and nothing of the call is written", async (_, value) => {
    const error = await refusal(place.client.mset([good, ["k", value as never], good]));
    expect(error).toMatchObject({ code: "BAD_VALUE", keyIndex: 1 });
    expect(await place.size()).toBe(0);
  });

  test("a value above 512 MB is refused with its index, and nothing of the call is written", async () => {
    const value = new Uint8Array(TOO_LARGE);
    expect(await refusal(place.client.mset([good, good, ["large", value]]))).toMatchObject({
      code: "VALUE_TOO_LARGE",
      keyIndex: 2,
    });
    expect(await refusal(place.client.mget(["a", value]))).toMatchObject({ code: "BAD_KEY", keyIndex: 1 });
    const batch = place.client.batch().call("SET", "a", "1");
    expect(() => batch.call("SET", "large", value)).toThrow(
      expect.objectContaining({ name: "ConfigError", code: "VALUE_TOO_LARGE", keyIndex: 1 }),
    );
    expect(await place.size()).toBe(0);
  });

  test.each([0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "100", null, 2 ** 60])(
    "a TTL of %s is refused, and nothing of the call is written or expires",
    async (ttl) => {
      const { client } = place;
      await client.mset([["kept", "v"]]);
      const ttlMs = ttl as number;
      for (const call of [
        client.mset([good], { ttlMs }),
        client.msetSettled([good], { ttlMs }),
        client.expire(["kept"], ttlMs),
      ]) {
        expect(await refusal(call)).toMatchObject({ code: "BAD_TTL", option: "ttlMs" });
      }
      expect(await place.size()).toBe(1);
      expect(await (await place.nodeOf("kept")).command("PTTL", "kept")).toBe(-1);
    },
  );

  test.each([
    ["text instead of keys", (c: typeof place.client) => c.mget("key" as never), { option: "keys" }],
    ["nothing instead of keys", (c: typeof place.client) => c.del(undefined as never), { option: "keys" }],
    [
      "an object instead of entries",
      (c: typeof place.client) => c.mset({ a: "1" } as never),
      { option: "entries" },
    ],
    [
      "an entry of three",
      (c: typeof place.client) => c.mset([good, ["a", "b", "c"] as never]),
      { keyIndex: 1 },
    ],
    ["an entry that is text", (c: typeof place.client) => c.mset([good, "ab" as never]), { keyIndex: 1 }],
    [
      "a hole among the entries",
      (c: typeof place.client) => c.mset([good, undefined as never]),
      { keyIndex: 1 },
    ],
  ])("%s is refused with its place, and nothing is written", async (_, call, where) => {
    expect(await refusal(call(place.client))).toMatchObject({ code: "BAD_ARGUMENT", ...where });
    expect(await place.size()).toBe(0);
  });

  test("an option that a call does not have is refused by name: a mistyped TTL must not make keys live for ever", async () => {
    const { client } = place;
    for (const call of [
      client.mset([good], { ttl: 100 } as never),
      client.msetSettled([good], { ttl: 100 } as never),
      client.mget(["a"], { ttl: 100 } as never),
      client.del(["a"], { ttl: 100 } as never),
      client
        .batch()
        .call("INCR", "n")
        .exec({ ttl: 100 } as never),
    ]) {
      expect(await refusal(call)).toMatchObject({ code: "UNKNOWN_OPTION", option: "ttl" });
    }
    expect(await refusal(client.mget(["a"], 100 as never))).toMatchObject({
      code: "BAD_OPTION",
      option: "options",
    });
    expect(await refusal(client.mget(["a"], { signal: {} as never }))).toMatchObject({
      code: "BAD_OPTION",
      option: "signal",
    });
    expect(await place.size()).toBe(0);
  });

  test.each([
    ["no name", [""]],
    ["a name that is no text", [5]],
    ["an argument that is undefined", ["SET", "k", undefined]],
    ["an argument that is null", ["SET", null, "v"]],
    ["an argument that is NaN", ["SET", "k", Number.NaN]],
    ["an argument that is an array", ["DEL", ["a", "b"]]],
    ["an argument that is a bigint", ["SET", "k", 5n]],
  ])("call() with %s is refused with the command's index", (_, args) => {
    const batch = place.client.batch().call("SET", "a", "1").call("SET", "b", "1");
    expect(() => batch.call(...(args as [string]))).toThrow(
      expect.objectContaining({ name: "ConfigError", code: "BAD_ARGUMENT", keyIndex: 2 }),
    );
    expect(batch.length).toBe(2);
  });

  const options: [string, unknown][] = [
    ["chunkSize", 0],
    ["chunkSize", 1.5],
    ["maxInFlightBytes", -1],
    ["maxQueuedBytes", "1"],
    ["timeoutMs", 0],
    ["timeoutMs", Number.NaN],
    ["connectTimeoutMs", Number.POSITIVE_INFINITY],
    ["deadNodeTimeoutMs", 0],
    ["topologyRefreshMs", 1],
    ["maxRedirections", -1],
    ["maxConnections", 0],
    ["gatherFromBytes", 0],
    ["database", -1],
    ["retry", "always"],
    ["integrity", 1],
    ["natMap", 5],
    ["keyPrefix", 5],
    ["username", 5],
    ["password", 5],
    ["credentials", "pw"],
    ["tls", 5],
    ["lazyConnect", "yes"],
    ["cluster", "yes"],
  ];
  test.each(options)("the option %s: %s is refused by its name", async (option, value) => {
    const error = await refusal(connect(place.servers.url, { [option]: value } as ClientOptions));
    expect(error).toMatchObject({ code: "BAD_OPTION", option });
    expect(error.message).toContain(option);
  });

  test("an unknown option of connect() is refused by its name, in every form of a target", async () => {
    for (const call of [
      connect(place.servers.url, { timeout: 5 } as never),
      connect({ port: place.servers.nodes[0]!.port, timeout: 5 } as never),
      connect({ url: place.servers.url, timeout: 5 } as never),
    ]) {
      expect(await refusal(call)).toMatchObject({
        code: "UNKNOWN_OPTION",
        option: expect.stringMatching(/timeout|url/),
      });
    }
  });

  test.each([
    ["nothing", undefined, { code: "BAD_TARGET", option: "target" }],
    ["null", null, { code: "BAD_TARGET", option: "target" }],
    ["a number", 6379, { code: "BAD_TARGET", option: "target" }],
    ["text that is no URL", "localhost:6379", { code: "BAD_URL", option: "target" }],
    ["a host that is empty", { host: "" }, { code: "BAD_OPTION", option: "host" }],
    ["a port that is text", { port: "6379" }, { code: "BAD_OPTION", option: "port" }],
    ["a port of 0", { port: 0 }, { code: "BAD_OPTION", option: "port" }],
    ["an empty path", { path: "" }, { code: "BAD_OPTION", option: "path" }],
    ["no nodes", { nodes: [] }, { code: "BAD_OPTION", option: "nodes" }],
    [
      "a node without a port",
      { nodes: [{ host: "h", port: 1 }, { host: "h" }] },
      { code: "BAD_OPTION", option: "nodes[1]" },
    ],
  ])("a target that is %s is refused", async (_, target, expected) => {
    expect(await refusal(connect(target as never))).toMatchObject(expected);
  });

  test("options that are none are refused", async () => {
    for (const none of [null, 5, "options"])
      expect(await refusal(connect(place.servers.url, none as never))).toMatchObject({
        code: "BAD_OPTION",
        option: "options",
      });
  });
});
