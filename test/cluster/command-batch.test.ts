import { expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { countSocketWrites, describeWithServer, startCluster, startServer } from "../rig/index.ts";
import { describeInBothPlaces } from "./both-places.ts";

describeInBothPlaces("batch()", (place) => {
  test("mixes any commands over any slots, and outcomes stand in its order", async () => {
    const batch = place.client.batch();
    const count = 400;
    for (let i = 0; i < count; i++) {
      if (i % 4 === 0) batch.call("SET", `m${i}`, `v${i}`);
      else if (i % 4 === 1) batch.call("HSET", `m${i}`, "field", i, Buffer.from("other"), 0.5);
      else if (i % 4 === 2) batch.call("rpush", `m${i}`, "a", "b");
      else batch.call("GET", `m${i}`);
    }
    expect(batch.length).toBe(count);
    const outcomes = await batch.exec();
    outcomes.forEach((outcome, i) => {
      expect(outcome).toEqual({ status: "fulfilled", value: ["OK", 2, 2, null][i % 4] });
    });
  });

  test("values of 0 bytes to 1 MB pass as arguments", async () => {
    const sizes = [0, 1, 2047, 2048, 70_000, 1_000_000];
    const batch = place.client.batch();
    for (const size of sizes) batch.call("SET", `b${size}`, Buffer.alloc(size, 7)).call("STRLEN", `b${size}`);
    const outcomes = await batch.exec();
    expect(outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value)).toEqual(
      sizes.flatMap((size) => ["OK", size]),
    );
  });

  test("a failed command is a rejected entry and leaves the others alone", async () => {
    await place.client.mset([["text", "v"]]);
    const outcomes = await place.client
      .batch()
      .call("LPUSH", "text", "x")
      .call("GET", "text")
      .call("SET", "other")
      .call("NOSUCHCOMMAND", "text2")
      .call("SET", "fine", "v")
      .exec();
    expect(outcomes).toMatchObject([
      { reason: { name: "ServerError", code: "WRONGTYPE", keyIndex: 0 } },
      { value: Buffer.from("v") },
      {
        reason: {
          name: "ServerError",
          code: "ERR",
          keyIndex: 2,
          message: expect.stringMatching(/wrong number/),
        },
      },
      {
        reason: {
          name: "ServerError",
          code: "ERR",
          keyIndex: 3,
          message: expect.stringMatching(/unknown command/i),
        },
      },
      { value: "OK" },
    ]);
  });

  test("is executed once, and a refused call() leaves it as it was", async () => {
    const batch = place.client.batch().call("SET", "once", "1");
    expect(() => batch.call("SUBSCRIBE", "channel")).toThrow();
    expect(() => batch.call("SET", "k", Number.NaN)).toThrow();
    expect(batch.length).toBe(1);
    expect(await batch.exec()).toEqual([{ status: "fulfilled", value: "OK" }]);
    await expect(batch.exec()).rejects.toMatchObject({ name: "ConfigError", code: "BATCH_EXECUTED" });
  });

  test("a bad option of exec() leaves the batch to be executed", async () => {
    const batch = place.client.batch().call("SET", "later", "1");
    await expect(batch.exec({ timeoutMs: 0 })).rejects.toMatchObject({
      code: "BAD_OPTION",
      option: "timeoutMs",
    });
    await expect(batch.exec({ timeout: 5 } as never)).rejects.toMatchObject({ code: "UNKNOWN_OPTION" });
    expect(await batch.exec()).toEqual([{ status: "fulfilled", value: "OK" }]);
  });

  test.each([
    ["SUBSCRIBE", ["c"]],
    ["monitor", []],
    ["SELECT", [1]],
    ["MULTI", []],
    ["EXEC", []],
    ["WATCH", ["k"]],
    ["HELLO", [3]],
    ["AUTH", ["pw"]],
    ["QUIT", []],
    ["RESET", []],
    ["ASKING", []],
    ["CLIENT", ["REPLY", "OFF"]],
    ["CLIENT", [Buffer.from("reply"), "OFF"]],
    ["BLPOP", ["k", 0]],
    ["BRPOPLPUSH", ["k", "k", 0]],
    ["WAIT", [1, 0]],
    ["XREAD", ["COUNT", 1, "BLOCK", 0, "STREAMS", "k", "$"]],
    ["XREAD", [Buffer.from("block"), 0, "STREAMS", "k", "$"]],
  ])("%s %j is refused, because all calls share the connection", (name, args) => {
    expect(() => place.client.batch().call(name, ...args)).toThrow(
      expect.objectContaining({ name: "ConfigError", code: "UNSUPPORTED_COMMAND" }),
    );
  });

  test.each([
    ["EVAL", ["return 1", "1e9", "k"]],
    ["EVAL", ["return 1", Number.MAX_SAFE_INTEGER, "k"]],
    ["EVAL", ["return 1", Buffer.from("999999999999"), "k"]],
    ["ZUNIONSTORE", ["k", "9".repeat(100), "k"]],
    ["LMPOP", ["-1", "k", "LEFT"]],
    ["constructor", ["k"]],
    ["__proto__", ["k"]],
    ["GET", []],
    ["XREAD", ["STREAMS"]],
  ])("%s %j is the server's to refuse, whatever its number of keys", async (name, args) => {
    const outcomes = await place.client
      .batch()
      .call(name, ...args)
      .call("SET", "k", "v")
      .exec();
    expect(outcomes).toMatchObject([{ status: "rejected" }, { value: "OK" }]);
  });

  test("a key that is given as bytes behind a keyword is found", async () => {
    await place.client.batch().call("RPUSH", "{s}list", 3, 1, 2).exec();
    const outcomes = await place.client
      .batch()
      .call("SORT", "{s}list", Buffer.from("STORE"), Buffer.from("{s}sorted"))
      .call("LRANGE", "{s}sorted", 0, -1)
      .exec();
    expect(outcomes).toMatchObject([
      { value: 3 },
      { value: ["1", "2", "3"].map((text) => Buffer.from(text)) },
    ]);
  });

  test("XREAD without BLOCK is read", async () => {
    const outcomes = await place.client
      .batch()
      .call("XADD", "stream", "1-1", "block", "1")
      .call("XREAD", "COUNT", 1, "STREAMS", "stream", "0")
      .exec();
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });
});

describeWithServer("commands without one slot of their own", () => {
  test("on a cluster CROSSSLOT is found by the client, and nothing is sent for it", async () => {
    await using cluster = await startCluster();
    await using client = await connect(cluster.url);
    const crossing = () => client.batch().call("MGET", "a", "b").call("RENAME", "a", "b");
    const { result, bytes } = await countSocketWrites(() => crossing().exec());
    expect(bytes).toBe(0);
    expect(result).toMatchObject([
      { reason: { name: "NotAppliedError", code: "CROSSSLOT", keyIndex: 0 } },
      { reason: { name: "NotAppliedError", code: "CROSSSLOT", keyIndex: 1 } },
    ]);
    const outcomes = await client
      .batch()
      .call("SET", "{t}1", "x")
      .call("MSET", "c", "1", "d", "2")
      .call("MGET", "{t}1", "{t}2")
      .call("PING")
      .exec();
    expect(outcomes).toMatchObject([
      { value: "OK" },
      { reason: { code: "CROSSSLOT", keyIndex: 1, message: expect.stringMatching(/MSET/) } },
      { value: [Buffer.from("x"), null] },
      {
        reason: {
          name: "NotAppliedError",
          code: "NO_KEY",
          keyIndex: 3,
          message: expect.stringMatching(/PING/),
        },
      },
    ]);
  });

  test("one server runs them all", async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    const outcomes = await client
      .batch()
      .call("MSET", "a", "1", "b", "2")
      .call("MGET", "a", "b")
      .call("PING")
      .exec();
    expect(outcomes).toMatchObject([
      { value: "OK" },
      { value: [Buffer.from("1"), Buffer.from("2")] },
      { value: "PONG" },
    ]);
  });
});
