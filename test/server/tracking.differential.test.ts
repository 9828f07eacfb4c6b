import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describeWithReference } from "./differential.ts";
import { Transcripts } from "./transcripts.ts";

const NAMES = ["reader", "other", "writer"];

describeWithReference("client side caching", () => {
  let transcripts: Transcripts;
  const say = (name: string, ...args: string[]) => transcripts.say(name, args);
  const same = async () => {
    for (const name of NAMES) await transcripts.same(name);
  };
  beforeAll(async () => {
    transcripts = await Transcripts.start();
  });
  afterAll(() => transcripts.close());
  beforeEach(async () => {
    await transcripts.open("reader", 3);
    await transcripts.open("other", 3);
    await transcripts.open("writer");
    await say("writer", "FLUSHALL");
  });

  test("tells of keys that were read, once", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON");
    await say("writer", "MSET", "a", "1", "b", "2", "c", "3");
    await say("reader", "MGET", "a", "b");
    await say("reader", "GET", "none");
    await say("other", "GET", "c");
    await say("writer", "SET", "a", "2");
    await say("writer", "SET", "a", "3");
    await say("writer", "SET", "c", "3");
    await say("writer", "SET", "none", "3");
    await say("writer", "DEL", "b");
    await say("reader", "EXISTS", "a");
    await say("writer", "EXPIRE", "a", "100");
    await say("reader", "TTL", "a");
    await say("writer", "SELECT", "5");
    await say("writer", "SET", "a", "elsewhere");
    await say("reader", "CLIENT", "TRACKING", "OFF");
    await say("reader", "GET", "a");
    await say("writer", "SET", "a", "4");
    await same();
  });

  test("redirects to the very connection that asks for it, subscribed in RESP2", async () => {
    await transcripts.open("reader");
    await say("reader", "SUBSCRIBE", "__redis__:invalidate");
    await say("reader", "CLIENT", "TRACKING", "ON", "REDIRECT", "$reader", "BCAST", "PREFIX", "a");
    await say("reader", "RESET");
    await transcripts.open("reader");
    await say("reader", "CLIENT", "TRACKING", "ON", "REDIRECT", "$reader", "BCAST", "PREFIX", "a");
    await say("writer", "SET", "a0", "not subscribed yet");
    await say("reader", "SUBSCRIBE", "__redis__:invalidate");
    for (const args of [
      ["MSET", "a1", "1", "b", "2", "a2", "3"],
      ["DEL", "a1"],
      ["FLUSHDB"],
      ["SET", "a1", "2"],
    ]) {
      await say("writer", ...args);
      await say("writer", "PING");
    }
    await same();
  });

  test("puts what a connection did itself behind its reply", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON");
    await say("reader", "MGET", "a", "b");
    await transcripts.say("reader", ["MSET", "a", "1", "b", "2"], 3);
    await say("reader", "MGET", "a", "b");
    await say("reader", "MULTI");
    await say("reader", "SET", "a", "x");
    await say("reader", "GET", "a");
    await say("reader", "SET", "a", "y");
    await say("reader", "DEL", "b");
    await transcripts.say("reader", ["EXEC"], 4);
    await say("reader", "GET", "a");
    await transcripts.say("reader", ["FLUSHDB"], 2);
    await say("reader", "GET", "a");
    await say("writer", "FLUSHALL");
    await say("writer", "SET", "a", "1");
    await say("reader", "GET", "a");
    await transcripts.say("reader", ["GETDEL", "a"], 2);
    await same();
  });

  test("leaves out with NOLOOP what a connection did itself", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON", "NOLOOP");
    await say("reader", "GET", "a");
    await say("reader", "SET", "a", "1");
    await say("writer", "SET", "a", "2");
    await say("reader", "GET", "a");
    await say("writer", "SET", "a", "2");
    await say("other", "CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP");
    await say("other", "SET", "x", "1");
    await say("writer", "SET", "x", "1");
    await say("reader", "SET", "y", "1");
    await same();
  });

  test("broadcasts under prefixes", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "b:", "PREFIX", "a:");
    await say("reader", "CLIENT", "TRACKINGINFO");
    await say("other", "CLIENT", "TRACKING", "ON", "BCAST");
    await say("writer", "MSET", "b:2", "x", "b:1", "x", "a:1", "x", "c", "x");
    await say("writer", "DEL", "nosuch");
    await say("reader", "GET", "c");
    await say("writer", "MULTI");
    await say("writer", "SET", "a:9", "x");
    await say("writer", "SET", "a:9", "x");
    await say("writer", "DEL", "b:2");
    await say("writer", "EXEC");
    await transcripts.say("reader", ["SET", "a:3", "x"], 2);
    await say("writer", "FLUSHALL");
    await say("reader", "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "c");
    await say("reader", "CLIENT", "TRACKINGINFO");
    await say("writer", "SET", "cc", "x");
    await same();
  });

  test("tracks by OPTIN and OPTOUT what CLIENT CACHING says", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON", "OPTIN");
    await say("reader", "GET", "a");
    await say("reader", "CLIENT", "CACHING", "YES");
    await say("reader", "CLIENT", "TRACKINGINFO");
    await say("reader", "GET", "b");
    await say("reader", "GET", "c");
    await say("reader", "CLIENT", "CACHING", "YES");
    await say("reader", "MULTI");
    await say("reader", "GET", "d");
    await say("reader", "GET", "e");
    await say("reader", "EXEC");
    await say("reader", "GET", "f");
    await say("other", "CLIENT", "TRACKING", "ON", "OPTOUT");
    await say("other", "GET", "a");
    await say("other", "CLIENT", "CACHING", "NO");
    await say("other", "CLIENT", "TRACKINGINFO");
    await say("other", "GET", "b");
    await say("writer", "MSET", "a", "1", "b", "1", "c", "1", "d", "1", "e", "1", "f", "1");
    await same();
  });

  test("redirects to a connection of either protocol", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON", "REDIRECT", "$other");
    await say("reader", "CLIENT", "GETREDIR");
    await say("reader", "GET", "a");
    await say("writer", "SET", "a", "1");
    await say("reader", "GET", "a");
    await say("writer", "FLUSHALL");
    await say("reader", "CLIENT", "TRACKING", "OFF");
    await transcripts.open("plain");
    await transcripts.open("resp2");
    await say("resp2", "CLIENT", "TRACKING", "ON", "REDIRECT", "$plain");
    await say("resp2", "GET", "a");
    await say("writer", "SET", "a", "no");
    await say("plain", "SUBSCRIBE", "__redis__:invalidate");
    await say("resp2", "GET", "a");
    await say("writer", "SET", "a", "yes");
    await say("writer", "FLUSHALL");
    await say("resp2", "MGET", "a", "b");
    await say("resp2", "SET", "a", "self");
    // Who is told of a flush first is left to chance.
    await say("reader", "CLIENT", "TRACKING", "OFF");
    await say("resp2", "CLIENT", "TRACKING", "ON", "REDIRECT", "$other");
    await say("resp2", "GET", "a");
    await say("writer", "FLUSHALL");
    await say("resp2", "CLIENT", "TRACKING", "OFF");
    await say("reader", "CLIENT", "TRACKING", "ON", "REDIRECT", "$plain");
    await say("writer", "FLUSHALL");
    await same();
    await transcripts.same("plain");
    await transcripts.same("resp2");
  });

  test("says that the connection which it redirects to is gone", async () => {
    await transcripts.open("target");
    await say("reader", "CLIENT", "TRACKING", "ON", "REDIRECT", "$target");
    await say("reader", "GET", "a");
    await transcripts.hangUp("target");
    await say("reader", "CLIENT", "TRACKINGINFO");
    await say("writer", "SET", "a", "1");
    await say("reader", "CLIENT", "TRACKINGINFO");
    await say("reader", "GET", "a");
    await say("writer", "SET", "a", "1");
    await same();
  });

  test("tells of keys that expire", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON");
    await say("other", "CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP");
    await say("writer", "SET", "short", "x", "PX", "1000");
    await say("reader", "GET", "short");
    await transcripts.say("reader", ["PING"], 2);
    await same();
  });

  test("ends with RESET and with the connection", async () => {
    await say("reader", "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "x");
    await say("reader", "RESET");
    await say("reader", "HELLO", "3");
    await say("reader", "CLIENT", "TRACKINGINFO");
    await say("writer", "SET", "x", "1");
    await say("other", "CLIENT", "TRACKING", "ON");
    await say("other", "GET", "x");
    await transcripts.hangUp("other");
    await say("writer", "SET", "x", "2");
    await say("writer", "INFO", "stats");
    for (const side of await transcripts.both("writer")) {
      expect(String(side.at(-1))).toContain("tracking_total_prefixes:0");
    }
    await transcripts.same("reader");
  });

  test("takes no more keys than tracking-table-max-keys", async () => {
    await say("writer", "CONFIG", "SET", "tracking-table-max-keys", "5");
    await say("reader", "CLIENT", "TRACKING", "ON");
    for (let index = 0; index < 9; index += 1) await say("reader", "GET", `k${index}`);
    await say("reader", "PING");
    for (const side of await transcripts.both("reader")) {
      expect(side.map((item) => item[0])).toEqual([..."+______>_>_>_>+"]);
    }
    await say("writer", "CONFIG", "SET", "tracking-table-max-keys", "1000000");
  });

  describe("refuses", () => {
    const tracking = (...options: string[]) => say("reader", "CLIENT", "TRACKING", ...options);

    test("options that do not go together", async () => {
      for (const options of [
        ["MAYBE"],
        ["ON", "NOSUCH"],
        ["ON", "PREFIX"],
        ["ON", "PREFIX", "x"],
        ["ON", "REDIRECT"],
        ["ON", "REDIRECT", "x"],
        ["ON", "REDIRECT", "123456"],
        ["ON", "REDIRECT", "$other", "REDIRECT", "$other"],
        ["ON", "BCAST", "OPTIN"],
        ["ON", "OPTIN", "OPTOUT"],
        ["ON", "BCAST", "PREFIX", "ab", "PREFIX", "abc"],
        ["ON", "BCAST", "PREFIX", "ab", "PREFIX", "c"],
        ["ON", "BCAST", "PREFIX", "a"],
        ["ON"],
        ["OFF"],
        ["ON", "OPTIN"],
        ["ON", "OPTOUT"],
        ["ON", "BCAST"],
        ["OFF", "x"],
        [],
      ]) {
        await tracking(...options);
      }
      await say("reader", "CLIENT", "CACHING", "MAYBE");
      await say("reader", "CLIENT", "CACHING", "NO");
      await say("reader", "CLIENT", "CACHING", "YES");
      await say("reader", "CLIENT", "GETREDIR");
      await tracking("OFF");
      await say("reader", "CLIENT", "CACHING", "YES");
      await say("reader", "CLIENT", "CACHING");
      await say("reader", "CLIENT", "GETREDIR");
      await say("reader", "CLIENT", "TRACKINGINFO");
      await say("writer", "CLIENT", "TRACKINGINFO");
      await same();
    });
  });
});
