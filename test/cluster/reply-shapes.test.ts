import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { SlotClient } from "../../src/index.ts";
import { describeWithServer, type RigServers, startServer } from "../rig/index.ts";

const bytes = (text: string) => Buffer.from(text);

describeWithServer("replies of batch() have RESP2 shapes", () => {
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer();
  });
  afterAll(() => servers.stop());

  describe.each(["ioredis", "ioredis-5"])("over %s", (name) => {
    let client: SlotClient;
    beforeAll(async () => {
      vi.resetModules();
      vi.doMock("ioredis", () => vi.importActual(name));
      const { connect } = await import("../../src/index.ts");
      const { Redis } = await vi.importActual<typeof import("ioredis")>(name);
      expect((await import("ioredis")).Redis).toBe(Redis);
      client = await connect(servers.url);
      await servers.node.command("FLUSHALL");
    });
    afterAll(async () => {
      vi.doUnmock("ioredis");
      await client.close();
    });

    test.each([
      ["a status is a string", ["SET", "s", "v"], "OK"],
      ["a bulk string is a Buffer", ["GET", "s"], bytes("v")],
      ["a missing value is null", ["GET", "none"], null],
      ["an integer is a number", ["APPEND", "s", "w"], 2],
      ["HSET counts", ["HSET", "h", "f", "1", "g", "2"], 2],
      ["HGETALL is a flat array", ["HGETALL", "h"], [bytes("f"), bytes("1"), bytes("g"), bytes("2")]],
      ["HGETALL of nothing is an empty array", ["HGETALL", "none"], []],
      ["HMGET has nulls", ["HMGET", "h", "g", "x"], [bytes("2"), null]],
      ["ZADD counts", ["ZADD", "z", "1.5", "a", "2", "b"], 2],
      [
        "scores are strings",
        ["ZRANGE", "z", 0, -1, "WITHSCORES"],
        [bytes("a"), bytes("1.5"), bytes("b"), bytes("2")],
      ],
      ["ZSCORE is a string", ["ZSCORE", "z", "a"], bytes("1.5")],
      ["ZPOPMIN is flat", ["ZPOPMIN", "z"], [bytes("a"), bytes("1.5")]],
      ["INCRBYFLOAT is a string", ["INCRBYFLOAT", "fl", "0.25"], bytes("0.25")],
      ["SADD counts", ["SADD", "set", "m"], 1],
      ["SISMEMBER is a number", ["SISMEMBER", "set", "m"], 1],
      ["SMEMBERS is an array", ["SMEMBERS", "set"], [bytes("m")]],
      ["XADD gives an id", ["XADD", "x", "1-1", "f", "v"], bytes("1-1")],
      [
        "XREAD nests arrays",
        ["XREAD", "STREAMS", "x", "0"],
        [[bytes("x"), [[bytes("1-1"), [bytes("f"), bytes("v")]]]]],
      ],
      ["a truth of Lua is a number", ["EVAL", "return true", 0], 1],
      ["a falsehood of Lua is null", ["EVAL", "return false", 0], null],
      ["CONFIG GET is a flat array", ["CONFIG", "GET", "databases"], [bytes("databases"), bytes("16")]],
    ] as const)("%s", async (_, [command, ...args], expected) => {
      const [outcome] = await client
        .batch()
        .call(command, ...args)
        .exec();
      expect(outcome).toEqual({ status: "fulfilled", value: expected });
    });

    test("an error within an array is a value there", async () => {
      const [outcome] = await client
        .batch()
        .call("EVAL", "return {1, redis.error_reply('OWN own text')}", 0)
        .exec();
      expect(outcome).toMatchObject({ value: [1, { message: "OWN own text", code: "OWN" }] });
    });

    test("a large reply and small ones of the same batch keep their places", async () => {
      const large = Buffer.alloc(200_000, "x");
      const outcomes = await client
        .batch()
        .call("SET", "big", large)
        .call("GET", "big")
        .call("STRLEN", "big")
        .call("LRANGE", "none", 0, -1)
        .exec();
      expect(outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value)).toEqual([
        "OK",
        large,
        200_000,
        [],
      ]);
    });
  });
});
