import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../../src/server/index.ts";
import { ManualClock } from "../../src/server/manual-clock.ts";
import { describeWithReference, ServerPair } from "./differential.ts";
import { RespClient } from "./resp-client.ts";
import type { WireReply } from "./resp-reply.ts";

/** Addresses, the LRU clock and the counts of shared objects aside. */
const objectLine = (reply: WireReply): WireReply =>
  String(reply)
    .replace(/at:0x\w+ refcount:\d+/, "")
    .replace(/lru:.*/, "");

describeWithReference("DEBUG and MEMORY", () => {
  for (const resp of [2, 3] as const) {
    describe(`in RESP${resp}`, () => {
      let pair: ServerPair;
      beforeAll(async () => {
        pair = await ServerPair.start({
          resp,
          config: { "enable-debug-command": "yes" },
          normalise: { "debug object": objectLine },
        });
      });
      afterAll(() => pair.close());

      test("hash a data set as the real server does", async () => {
        await pair.same([
          ["DEBUG", "DIGEST"],
          ["SET", "a", "1"],
          ["SET", "b", "text"],
          ["SET", "bytes", Buffer.from([0, 255, 13, 10])],
          ["SET", "long", "x".repeat(40_000)],
          ["SET", "volatile", "v", "EX", "1000"],
          ["SELECT", "3"],
          ["SET", "a", "1"],
          ["APPEND", "a", "2"],
          ["DEBUG", "DIGEST-VALUE", "a", "nosuch", "a"],
          ["DEBUG", "DIGEST"],
          ["DEBUG", "POPULATE", "20"],
          ["DEBUG", "POPULATE", "20", "other", "30"],
          ["DEBUG", "POPULATE", "5", "key"],
          ["DEBUG", "POPULATE", "2", "small", "3"],
          ["GET", "small:1"],
          ["DBSIZE"],
          ["DEBUG", "DIGEST"],
          ["DEBUG", "DIGEST-VALUE"],
          ["DEBUG", "POPULATE", "-1"],
          ["DEBUG", "POPULATE", "x"],
          ["SELECT", "0"],
        ]);
      });

      test("keep all that a reload keeps", async () => {
        await pair.same([
          ["SET", "r", "1"],
          ["APPEND", "r", "2"],
          ["OBJECT", "ENCODING", "r"],
          ["SET", "s", "some text"],
          ["SETRANGE", "s", "0", "S"],
          ["EXPIREAT", "s", "9999999999"],
          ["DEBUG", "RELOAD"],
          ["OBJECT", "ENCODING", "r"],
          ["OBJECT", "ENCODING", "s"],
          ["EXPIRETIME", "s"],
          ["DEBUG", "DIGEST"],
        ]);
      });

      test("answer with every type of the protocol", async () => {
        for (const type of ["string", "integer", "double", "bignum", "null", "array", "set", "map"]) {
          await pair.same([["DEBUG", "PROTOCOL", type]]);
        }
        for (const type of ["verbatim", "true", "FALSE", "push", "nosuch"]) {
          await pair.same([["DEBUG", "PROTOCOL", type]]);
        }
        const [ours, real] = await pair.clients();
        expect(ours.pushes).toEqual(real.pushes);
      });

      test("answer the rest", async () => {
        await pair.same([
          ["SET", "o", "some text"],
          ["DEBUG", "OBJECT", "o"],
          ["SET", "o", "12"],
          ["DEBUG", "OBJECT", "o"],
          ["DEBUG", "OBJECT", "nosuch"],
          ["DEBUG", "SDSLEN", "o"],
          ["DEBUG", "SDSLEN", "nosuch"],
          ["DEBUG", "ERROR", "my text"],
          ["DEBUG", "ERROR", "-MINE text"],
          ["DEBUG", "LOG", "text"],
          ["DEBUG", "SLEEP", "0"],
          ["DEBUG", "SLEEP", "0.001"],
          ["DEBUG", "SLEEP"],
          ["DEBUG", "SET-ACTIVE-EXPIRE", "0"],
          ["DEBUG", "SET-ACTIVE-EXPIRE", "1"],
          ["DEBUG", "PAUSE-CRON", "0"],
          ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "100b"],
          ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0"],
          ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "x"],
          ["DEBUG", "NOSUCH"],
          ["DEBUG"],
        ]);
      });

      test("say what strings take", async () => {
        for (const length of [0, 1, 19, 44, 45, 1000, 5000]) {
          await pair.same([
            ["SET", "m", "x".repeat(length)],
            ["MEMORY", "USAGE", "m"],
          ]);
        }
        await pair.same([
          ["SET", "m", "123"],
          ["MEMORY", "USAGE", "m"],
          ["MEMORY", "USAGE", "m", "SAMPLES", "0"],
          ["MEMORY", "USAGE", "m", "SAMPLES", "-1"],
          ["MEMORY", "USAGE", "m", "SAMPLES", "x"],
          ["MEMORY", "USAGE", "m", "SAMPLES"],
          ["MEMORY", "USAGE", "m", "NOSUCH", "1"],
          ["MEMORY", "USAGE", "nosuch"],
          ["MEMORY", "USAGE"],
          ["MEMORY", "PURGE"],
          ["MEMORY", "NOSUCH"],
          ["MEMORY", "STATS", "x"],
        ]);
        const [ours, real] = await Promise.all(
          (await pair.clients()).map((client) => client.call("MEMORY", "STATS")),
        );
        const names = (reply: WireReply | undefined) =>
          [...(reply ?? [])].filter((item) => typeof item === "string" && /^\$[a-z]/.test(item));
        expect(names(ours)).toEqual(names(real));
      });
    });
  }

  test("refuse DEBUG unless the configuration allows it", async () => {
    for (const allowed of ["no", "local"]) {
      const pair = await ServerPair.start({ config: { "enable-debug-command": allowed } });
      try {
        await pair.same([["DEBUG", "ERROR", "x"], ["MULTI"], ["DEBUG", "LOG", "x"], ["EXEC"]]);
      } finally {
        await pair.close();
      }
    }
  });
});

test("DEBUG SET-ACTIVE-EXPIRE leaves keys in place that nobody asks for", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock, config: { "enable-debug-command": "yes" } });
  const client = await RespClient.connect(server.port);
  await client.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
  await client.call("SET", "k", "v", "PX", "100");
  await clock.advance(1000);
  expect(await client.call("DBSIZE")).toBe(":1");
  await client.call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
  await clock.advance(1000);
  expect(await client.call("DBSIZE")).toBe(":0");
  client.close();
});
