import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startServer } from "../../src/server/index.ts";
import { describeWithReference, ServerPair, type Step } from "./differential.ts";
import { RespClient } from "./resp-client.ts";
import type { WireReply } from "./resp-reply.ts";

/** Ages, addresses and the like aside. */
const logEntries = (reply: WireReply): WireReply =>
  typeof reply === "string"
    ? reply
    : reply.map((entry) => (typeof entry === "string" ? entry : entry.slice(0, 11)));

/** Rules in the order of a hash table. */
const sortedRules = (reply: WireReply): WireReply => {
  if (typeof reply !== "string") return reply.map(sortedRules);
  return reply.includes(" ") ? reply.split(" ").sort().join(" ") : reply;
};

describeWithReference("the access control list", () => {
  for (const resp of [2, 3] as const) {
    describe(`in RESP${resp}`, () => {
      let pair: ServerPair;
      beforeAll(async () => {
        pair = await ServerPair.start({
          resp,
          normalise: { "acl log": logEntries, "acl list": sortedRules, "acl getuser": sortedRules },
        });
      });
      afterAll(() => pair.close());
      beforeEach(async () => {
        await pair.same([["ACL", "DELUSER", "u", "v"]]);
      });

      test("lets users in by their passwords", async () => {
        const on = "session";
        await pair.same([
          ["ACL", "SETUSER", "u", "on", ">one", ">two", "+@all", "-flushall", "~*"],
          { on, args: ["AUTH", "u", "wrong"] },
          { on, args: ["AUTH", "u", "one"] },
          { on, args: ["ACL", "WHOAMI"] },
          { on, args: ["FLUSHALL"] },
          { on, args: ["AUTH", "u", "two"] },
          { on, args: ["AUTH", "default", "anything"] },
          { on, args: ["ACL", "WHOAMI"] },
          { on, args: ["AUTH", "one"] },
          { on, args: ["AUTH", "nosuch", "one"] },
          { on, args: ["HELLO", String(resp), "AUTH", "u", "bad"] },
          ["ACL", "SETUSER", "u", "off"],
          { on, args: ["AUTH", "u", "two"] },
          ["ACL", "SETUSER", "v", "on", "nopass"],
          { on, args: ["AUTH", "v", "whatever"] },
          { on, args: ["GET", "x"] },
          { on, args: ["PING"] },
          { on, args: ["AUTH", "default", ""] },
        ]);
      });

      test("allows commands, subcommands, first arguments, keys and channels", async () => {
        const on = "user";
        const as = (...args: string[]): Step => ({ on, args });
        await pair.same([
          ["ACL", "LOG", "RESET"],
          [
            "ACL",
            "SETUSER",
            "u",
            "on",
            "nopass",
            "+@string",
            "-append",
            "+config|get",
            "+select|0",
            "+multi",
            "+exec",
          ],
          [
            "ACL",
            "SETUSER",
            "u",
            "~data:*",
            "%R~r:*",
            "%W~w:*",
            "&news:*",
            "+publish",
            "+subscribe",
            "+psubscribe",
          ],
          [
            "ACL",
            "SETUSER",
            "u",
            "(+del ~trash:*)",
            "+spublish",
            "+ssubscribe",
            "+unsubscribe",
            "+punsubscribe",
          ],
          as("AUTH", "u", ""),
          as("GET", "data:1"),
          as("SET", "data:1", "x"),
          as("GET", "other"),
          as("GET", "r:1"),
          as("SET", "r:1", "x"),
          as("SET", "w:1", "x"),
          as("SET", "w:1", "x", "GET"),
          as("GET", "w:1"),
          as("GETSET", "w:1", "x"),
          as("INCR", "w:2"),
          as("SETRANGE", "w:2", "0", "x"),
          as("MGET", "data:1", "r:1", "w:1"),
          as("MSET", "data:1", "1", "w:1", "2"),
          as("LCS", "r:1", "data:1"),
          as("APPEND", "data:1", "x"),
          as("DEL", "data:1"),
          as("DEL", "trash:1"),
          as("CONFIG", "GET", "hz"),
          as("CONFIG", "SET", "hz", "10"),
          as("CONFIG"),
          as("CONFIG", "NOSUCH"),
          as("SELECT", "0"),
          as("SELECT", "1"),
          as("NOSUCH"),
          as("GET"),
          as("FLUSHALL", "x", "y"),
          as("PUBLISH", "news:1", "x"),
          as("PUBLISH", "other", "x"),
          as("SPUBLISH", "other", "x"),
          as("SSUBSCRIBE", "news:s", "other"),
          as("SUBSCRIBE", "news:1", "other"),
          as("PSUBSCRIBE", "news:*", "news:1*"),
          as("PSUBSCRIBE", "news:1*"),
          as("MULTI"),
          as("GET", "other"),
          as("EXEC"),
          ["ACL", "LOG"],
          ["ACL", "LOG", "3"],
          ["ACL", "LOG", "-1"],
          ["ACL", "LOG", "x"],
          ["ACL", "LOG", "RESET"],
          ["ACL", "LOG"],
          as("MULTI"),
          as("GET", "data:1"),
          as("SET", "data:2", "x"),
          ["ACL", "SETUSER", "u", "-set", "resetkeys"],
          as("EXEC"),
          ["ACL", "LOG"],
        ]);
      });

      test("tries commands out for another user", async () => {
        const dry = (...args: string[]): Step => ["ACL", "DRYRUN", "u", ...args];
        await pair.same([
          [
            "ACL",
            "SETUSER",
            "u",
            "+get",
            "+set",
            "+mget",
            "%R~a*",
            "%W~b*",
            "+publish",
            "&c*",
            "(+mget ~m*)",
          ],
          dry("GET", "a"),
          dry("GET", "b"),
          dry("SET", "a", "1"),
          dry("SET", "b", "1"),
          dry("SET", "b", "1", "GET"),
          dry("MGET", "a", "m"),
          dry("MGET", "m1", "m2"),
          dry("MGET", "m1", "m2", "x"),
          dry("PUBLISH", "c1", "x"),
          dry("PUBLISH", "x", "x"),
          dry("DEL", "a"),
          dry("CONFIG", "GET", "x"),
          dry("PING"),
          dry("AUTH", "x"),
          dry("NOSUCH"),
          dry("GET"),
          ["ACL", "DRYRUN", "nosuch", "GET", "x"],
          ["ACL", "DRYRUN", "default", "GET", "x"],
          ["ACL", "DRYRUN"],
        ]);
      });

      test("answers the rest of ACL", async () => {
        await pair.same([
          ["ACL", "SETUSER", "with space", "on"],
          ["ACL", "SETUSER"],
          ["ACL", "SETUSER", "v"],
          ["ACL", "USERS"],
          ["ACL", "WHOAMI"],
          ["ACL", "WHOAMI", "x"],
          ["ACL", "GETUSER", "nosuch"],
          ["ACL", "GETUSER", "default"],
          ["ACL", "CAT"],
          ["ACL", "CAT", "nosuch"],
          ["ACL", "CAT", "string", "x"],
          ["ACL", "DELUSER", "default"],
          ["ACL", "DELUSER", "v", "default"],
          ["ACL", "DELUSER", "v", "nosuch"],
          ["ACL", "GENPASS", "0"],
          ["ACL", "GENPASS", "4097"],
          ["ACL", "GENPASS", "x"],
          ["ACL", "GENPASS", "5", "5"],
          ["ACL", "SAVE"],
          ["ACL", "LOAD"],
          ["ACL", "NOSUCH"],
          ["ACL"],
          ["CONFIG", "SET", "requirepass", "pw"],
          { on: "late", args: ["PING"] },
          { on: "late", args: ["AUTH", "bad"] },
          { on: "late", args: ["AUTH", "pw"] },
          { on: "late", args: ["PING"] },
          ["ACL", "LIST"],
          { on: "later", args: ["PING"] },
          ["CONFIG", "SET", "requirepass", ""],
          { on: "later", args: ["PING"] },
        ]);
      });
    });
  }

  test("closes connections of users who are gone, and subscriptions that are no longer allowed", async () => {
    const pair = await ServerPair.start();
    try {
      await pair.same([
        ["ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*", "&a*", "&b"],
        { on: "first", args: ["AUTH", "u", ""] },
        { on: "first", args: ["SUBSCRIBE", "a1"] },
        { on: "second", args: ["AUTH", "u", ""] },
        { on: "second", args: ["SUBSCRIBE", "b"] },
        ["ACL", "SETUSER", "u", "resetchannels", "&a*"],
      ]);
      for (const client of await pair.clients("second")) await client.end();
      await pair.same([{ on: "first", args: ["PING"] }, ["ACL", "DELUSER", "u"]]);
      for (const client of await pair.clients("first")) await client.end();
      await pair.same([
        ["ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*"],
        { on: "third", args: ["AUTH", "u", ""] },
        { on: "third", args: ["ACL", "DELUSER", "u"] },
      ]);
      for (const client of await pair.clients("third")) await client.end();
    } finally {
      await pair.close();
    }
  });
});

test("users can be given when a server is started", async () => {
  await using server = await startServer({
    password: "main",
    users: { reader: "on >secret ~cache:* +@read (+set ~own:*)" },
  });
  const client = await RespClient.connect(server.port);
  expect(await client.call("PING")).toBe("-NOAUTH Authentication required.");
  expect(await client.call("AUTH", "reader", "secret")).toBe("+OK");
  expect(await client.call("GET", "cache:1")).toBe("$-1");
  expect(await client.call("SET", "own:1", "x")).toBe("+OK");
  expect(await client.call("SET", "cache:1", "x")).toMatch(/^-NOPERM/);
  client.close();
  await expect(startServer({ users: { broken: "+nosuch" } })).rejects.toThrow(/users: .*'\+nosuch'/);
});
