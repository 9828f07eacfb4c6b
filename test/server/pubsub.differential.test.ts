import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describeWithReference, ServerPair } from "./differential.ts";
import type { WireReply } from "./resp-reply.ts";
import { Transcripts } from "./transcripts.ts";

const sorted = (reply: WireReply): WireReply =>
  typeof reply === "string" ? reply : [...reply].sort((a, b) => (String(a) < String(b) ? -1 : 1));

describeWithReference("publish and subscribe", () => {
  for (const resp of [2, 3] as const) {
    describe(`in RESP${resp}`, () => {
      let transcripts: Transcripts;
      beforeAll(async () => {
        transcripts = await Transcripts.start();
      });
      afterAll(() => transcripts.close());
      beforeEach(async () => {
        await transcripts.open("listener", resp);
        await transcripts.open("other", resp);
        await transcripts.open("sender");
      });

      test("deliver messages to channels first and then to patterns", async () => {
        await transcripts.say("listener", ["SUBSCRIBE", "a", "b", "a"], 3);
        await transcripts.say("listener", ["PSUBSCRIBE", "a*"]);
        await transcripts.say("other", ["PSUBSCRIBE", "[ab]", "?"], 2);
        await transcripts.say("sender", ["PUBLISH", "a", "1"]);
        await transcripts.say("sender", ["PUBLISH", "b", Buffer.alloc(40_000, "x")]);
        await transcripts.say("sender", ["PUBLISH", "c", "3"]);
        await transcripts.say("sender", ["PUBLISH", "", ""]);
        await transcripts.say("listener", ["UNSUBSCRIBE", "a", "nosuch"], 2);
        await transcripts.say("sender", ["PUBLISH", "a", "4"]);
        const heard = await transcripts.same("listener");
        expect(heard).toHaveLength(10);
        await transcripts.same("sender");
      });

      test("count channels and patterns together, and sharded channels apart", async () => {
        await transcripts.say("listener", ["SUBSCRIBE", "a"]);
        await transcripts.say("listener", ["PSUBSCRIBE", "p*", "q*"], 2);
        await transcripts.say("listener", ["SSUBSCRIBE", "s", "t"], 2);
        await transcripts.say("sender", ["SPUBLISH", "s", "1"]);
        await transcripts.say("sender", ["PUBLISH", "s", "2"]);
        await transcripts.say("sender", ["SPUBLISH", "a", "3"]);
        await transcripts.say("listener", ["SUNSUBSCRIBE", "s"]);
        await transcripts.say("listener", ["UNSUBSCRIBE"]);
        await transcripts.say("listener", ["UNSUBSCRIBE"]);
        await transcripts.say("listener", ["PUNSUBSCRIBE", "q*"]);
        await transcripts.say("listener", ["PUNSUBSCRIBE"]);
        await transcripts.say("listener", ["PUNSUBSCRIBE"]);
        await transcripts.say("listener", ["SUNSUBSCRIBE"]);
        await transcripts.say("listener", ["SUNSUBSCRIBE"]);
        await transcripts.same("listener");
        await transcripts.same("sender");
      });

      test("restrict what a subscribed connection may do in RESP2 only", async () => {
        await transcripts.say("listener", ["SUBSCRIBE", "a"]);
        await transcripts.say("listener", ["PING"]);
        await transcripts.say("listener", ["PING", "hello"]);
        await transcripts.say("listener", ["GET", "k"]);
        await transcripts.say("listener", ["CLIENT", "ID"]);
        await transcripts.say("listener", ["MULTI"]);
        await transcripts.say("listener", ["DISCARD"]);
        await transcripts.say("listener", ["NOSUCH"]);
        await transcripts.say("listener", ["SET", "k"]);
        await transcripts.say("listener", ["UNSUBSCRIBE"]);
        await transcripts.say("listener", ["PING"]);
        await transcripts.say("listener", ["SSUBSCRIBE", "a"]);
        await transcripts.say("listener", ["PUBLISH", "a", "b"]);
        await transcripts.say("listener", ["SUNSUBSCRIBE"]);
        await transcripts.say("listener", ["GET", "k"]);
        await transcripts.same("listener");
      });

      test("put a message to oneself before the reply of PUBLISH", async () => {
        await transcripts.say("listener", ["MULTI"]);
        await transcripts.say("listener", ["SUBSCRIBE", "self"]);
        await transcripts.say("listener", ["PUBLISH", "self", "1"]);
        await transcripts.say("listener", ["PING", "x"]);
        await transcripts.say("listener", ["EXEC"]);
        if (resp === 3) await transcripts.say("listener", ["PUBLISH", "self", "2"], 2);
        await transcripts.same("listener");
      });

      test("end with RESET and with the connection", async () => {
        await transcripts.say("listener", ["SUBSCRIBE", "a", "b"], 2);
        await transcripts.say("other", ["SUBSCRIBE", "a"]);
        await transcripts.say("sender", ["PUBSUB", "NUMSUB", "a", "b", "c"]);
        await transcripts.say("listener", ["RESET"]);
        await transcripts.say("sender", ["PUBSUB", "NUMSUB", "a", "b"]);
        await transcripts.hangUp("other");
        await transcripts.say("sender", ["PUBSUB", "NUMSUB", "a", "b"]);
        await transcripts.say("sender", ["PUBLISH", "a", "x"]);
        await transcripts.same("listener");
        await transcripts.same("sender");
      });

      test("are not silenced by CLIENT REPLY OFF", async () => {
        transcripts.tell("listener", ["CLIENT", "REPLY", "OFF"]);
        await transcripts.say("listener", ["SUBSCRIBE", "a"]);
        await transcripts.say("sender", ["PUBLISH", "a", "x"]);
        if (resp === 3) await transcripts.say("listener", ["CLIENT", "REPLY", "ON"], 1);
        else {
          await transcripts.say("listener", ["UNSUBSCRIBE"]);
          await transcripts.say("listener", ["CLIENT", "REPLY", "ON"]);
        }
        await transcripts.same("listener");
      });
    });
  }

  test("answer PUBSUB", async () => {
    const pair = await ServerPair.start({
      normalise: { "pubsub channels": sorted, "pubsub shardchannels": sorted },
    });
    try {
      const on = "listener";
      await pair.same([
        { on, args: ["SUBSCRIBE", "one"] },
        { on: "second", args: ["SUBSCRIBE", "two"] },
        { on: "third", args: ["PSUBSCRIBE", "t*"] },
        { on: "fourth", args: ["SSUBSCRIBE", "shard"] },
        ["PUBSUB", "CHANNELS"],
        ["PUBSUB", "channels", "t*"],
        ["PUBSUB", "CHANNELS", "a", "b"],
        ["PUBSUB", "NUMSUB"],
        ["PUBSUB", "NUMSUB", "one", "one", "none"],
        ["PUBSUB", "NUMPAT"],
        ["PUBSUB", "NUMPAT", "x"],
        ["PUBSUB", "SHARDCHANNELS"],
        ["PUBSUB", "SHARDCHANNELS", "x*"],
        ["PUBSUB", "SHARDNUMSUB", "shard", "one"],
        ["PUBSUB", "NOSUCH"],
        ["PUBSUB"],
        ["SUBSCRIBE"],
        ["PSUBSCRIBE"],
        ["SSUBSCRIBE"],
        ["PUBLISH", "x"],
        ["SPUBLISH", "x", "y", "z"],
        ["COMMAND", "GETKEYS", "SPUBLISH", "ch", "m"],
        ["COMMAND", "INFO", "publish", "spublish", "subscribe", "unsubscribe", "ssubscribe", "sunsubscribe"],
      ]);
    } finally {
      await pair.close();
    }
  });
});

describeWithReference("keyspace events", () => {
  let transcripts: Transcripts;
  beforeAll(async () => {
    transcripts = await Transcripts.start();
    await transcripts.open("main");
    await transcripts.open("listener");
    await transcripts.say("listener", ["PSUBSCRIBE", "__key*"]);
  });
  afterAll(() => transcripts.close());

  for (const flags of ["KEA", "K$", "Eg", "KExm", "En", "K", "A", ""]) {
    test(`are published as ${flags === "" ? "no flags" : flags} asks`, async () => {
      const say = (...args: string[]) => transcripts.say("main", args);
      await say("FLUSHALL");
      await say("CONFIG", "SET", "notify-keyspace-events", flags);
      await say("CONFIG", "GET", "notify-keyspace-events");
      await say("SET", "a", "1");
      await say("SET", "a", "2", "EX", "100");
      await say("INCR", "n");
      await say("APPEND", "s", "x");
      await say("GET", "nosuch");
      await say("EXPIRE", "n", "100");
      await say("PERSIST", "n");
      await say("RENAME", "n", "m");
      await say("COPY", "m", "c");
      await say("MOVE", "m", "3");
      await say("MSET", "x", "1", "y", "2");
      await say("DEL", "x", "y", "z");
      await say("SET", "gone", "1", "PX", "1");
      await new Promise((resolve) => setTimeout(resolve, 20));
      await say("GET", "gone");
      await say("MULTI");
      await say("SETRANGE", "r", "1", "x");
      await say("GETDEL", "r");
      await say("EXEC");
      await transcripts.same("main");
      await transcripts.same("listener");
    });
  }
});
