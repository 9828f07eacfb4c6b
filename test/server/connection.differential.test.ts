import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithReference, ServerPair } from "./differential.ts";
import type { WireReply } from "./resp-reply.ts";

/** Lines of CLIENT LIST without what depends on ports, ids and allocators, and without the rig's own connection. */
function clientLines(reply: WireReply): WireReply {
  const volatile = /\b(id|addr|laddr|fd|age|idle|qbuf|qbuf-free|argv-mem|rbs|rbp|obl|oll|omem|tot-mem)=\S+/g;
  return String(reply)
    .replace(/^[$=](txt:)?/, "")
    .replace(volatile, "$1=*")
    .split("\n")
    .filter((line) => !line.includes("cmd=info"))
    .join("\n");
}

const HELLO = (reply: WireReply): WireReply =>
  JSON.parse(JSON.stringify(reply).replace(/("\$id",":)\d+/, "$1*")) as WireReply;

describeWithReference("the connection commands", () => {
  for (const resp of [2, 3] as const) {
    describe(`in RESP${resp}`, () => {
      let pair: ServerPair;
      beforeAll(async () => {
        pair = await ServerPair.start({
          resp,
          normalise: { "client info": clientLines, "client list": clientLines, hello: HELLO },
        });
      });
      afterAll(() => pair.close());

      test("answer PING, ECHO, SELECT and their mistakes as the real server", async () => {
        await pair.same([
          ["PING"],
          ["ping", "hello\r\nthere"],
          ["PING", "a", "b"],
          ["ECHO", "\x00\xff"],
          ["ECHO"],
          ["SELECT", "3"],
          ["CLIENT", "INFO"],
          ["SELECT", "16"],
          ["SELECT", "-1"],
          ["SELECT", "x"],
          ["SELECT", "01"],
          ["SELECT", "99999999999"],
          ["DBSIZE"],
          ["SELECT", "0"],
        ]);
      });

      test("name unknown commands with the beginning of their arguments", async () => {
        await pair.same([
          ["FOO"],
          ["foo", "bar", "baz"],
          ["foo\r\nbar", "x\ny"],
          ["foo", "x".repeat(200), "y"],
          ["foo", "x".repeat(100), "y".repeat(50), "z"],
          ["f".repeat(200)],
          ["foo\x00bar", "a\x00b"],
          [""],
          ["CONFIG"],
          ["CONFIG", "NOSUCH"],
          ["CONFIG", "N\r\nO"],
          ["CLIENT", "SETINFO", "lib-name", "x"],
          ["CLIENT", ""],
          ["COMMAND", "NOSUCH", "x"],
          ["GET"],
          ["CLIENT", "KILL"],
        ]);
      });

      test("agree on HELLO and its options", async () => {
        await pair.same([
          ["HELLO"],
          ["HELLO", "x"],
          ["HELLO", "1"],
          ["HELLO", "4"],
          ["HELLO", resp, "SETNAME", "me"],
          ["CLIENT", "GETNAME"],
          ["HELLO", resp, "SETNAME", "m e"],
          ["HELLO", resp, "NOSUCH"],
          ["HELLO", resp, "SETNAME"],
          ["HELLO", resp, "AUTH", "default", "any"],
          ["HELLO", resp, "AUTH", "nobody", "any"],
          ["AUTH", "any"],
          ["AUTH", "default", "any"],
          ["AUTH", "nobody", "any"],
          ["AUTH", "a", "b", "c"],
          ["AUTH"],
        ]);
      });

      test("agree on CLIENT and its subcommands", async () => {
        await pair.same([
          ["CLIENT"],
          ["CLIENT", "SETNAME", "a b"],
          ["CLIENT", "SETNAME", "one"],
          ["CLIENT", "GETNAME"],
          ["CLIENT", "INFO"],
          ["CLIENT", "LIST"],
          ["CLIENT", "LIST", "TYPE", "normal"],
          ["CLIENT", "LIST", "TYPE", "pubsub"],
          ["CLIENT", "LIST", "TYPE", "replica"],
          ["CLIENT", "LIST", "TYPE", "no\nsuch"],
          ["CLIENT", "LIST", "ID", "x"],
          ["CLIENT", "LIST", "ID", "9999"],
          ["CLIENT", "LIST", "ID"],
          ["CLIENT", "LIST", "x"],
          ["CLIENT", "SETNAME", ""],
          ["CLIENT", "GETNAME"],
          ["CLIENT", "NO-EVICT", "on"],
          ["CLIENT", "INFO"],
          ["CLIENT", "NO-EVICT", "x"],
          ["CLIENT", "NO-EVICT", "off"],
          ["CLIENT", "REPLY", "x"],
          ["CLIENT", "REPLY", "on"],
          ["CLIENT", "UNBLOCK", "9999"],
          ["CLIENT", "UNBLOCK", "x"],
          ["CLIENT", "UNBLOCK", "1", "x"],
          ["CLIENT", "UNBLOCK", "1", "error", "x"],
          ["CLIENT", "PAUSE", "x"],
          ["CLIENT", "PAUSE", "-1"],
          ["CLIENT", "PAUSE", "9223372036854775807"],
          ["CLIENT", "PAUSE", "1", "x"],
          ["CLIENT", "PAUSE", "1", "write", "x"],
          ["CLIENT", "PAUSE", "0"],
          ["CLIENT", "UNPAUSE"],
          ["CLIENT", "KILL", "1.2.3.4:5"],
          ["CLIENT", "KILL", "ID", "0"],
          ["CLIENT", "KILL", "ID", "x"],
          ["CLIENT", "KILL", "ID", "9999"],
          ["CLIENT", "KILL", "TYPE", "x"],
          ["CLIENT", "KILL", "USER", "nobody"],
          ["CLIENT", "KILL", "SKIPME", "x"],
          ["CLIENT", "KILL", "ADDR"],
          ["CLIENT", "KILL", "NOSUCH", "x"],
          ["CLIENT", "KILL", "ADDR", "1.2.3.4:5", "SKIPME", "no"],
          { on: "other", args: ["CLIENT", "SETNAME", "other"] },
        ]);
        const pairs = [await pair.clients(), await pair.clients("other")] as const;
        const kill = async (index: 0 | 1) => {
          const id = String(await pairs[1][index].call("CLIENT", "ID")).slice(1);
          return pairs[0][index].call("CLIENT", "KILL", "USER", "default", "ID", id);
        };
        expect([await kill(0), await kill(1)]).toEqual([":1", ":1"]);
        const [ours, real] = await pair.clients("other");
        await Promise.all([ours.end(), real.end()]);
      });

      test("forget everything on RESET", async () => {
        await pair.same([
          ["SELECT", "2"],
          ["CLIENT", "SETNAME", "before"],
          ["MULTI"],
          ["RESET"],
          ["CLIENT", "INFO"],
          ["EXEC"],
          ["RESET", "x"],
          ["HELLO", resp],
        ]);
      });

      test("describe commands as COMMAND INFO and COMMAND GETKEYS do", async () => {
        await pair.same([
          ["COMMAND", "INFO", "ping", "echo", "hello", "auth", "select", "quit", "reset"],
          [
            "COMMAND",
            "INFO",
            "time",
            "dbsize",
            "info",
            "shutdown",
            "multi",
            "exec",
            "discard",
            "watch",
            "unwatch",
          ],
          [
            "COMMAND",
            "INFO",
            "client|id",
            "client|list",
            "client|kill",
            "config|get",
            "config|set",
            "nosuch",
          ],
          [
            "COMMAND",
            "INFO",
            "client|pause",
            "client|reply",
            "client|help",
            "command|docs",
            "command|getkeys",
          ],
          ["COMMAND", "GETKEYS", "WATCH", "a", "b", "c"],
          ["COMMAND", "GETKEYSANDFLAGS", "WATCH", "a", "b"],
          ["COMMAND", "GETKEYS", "PING"],
          ["COMMAND", "GETKEYS", "NOSUCH", "a"],
          ["COMMAND", "GETKEYS", "WATCH"],
          ["COMMAND", "GETKEYS", "EXEC", "a"],
          ["COMMAND", "LIST", "FILTERBY", "PATTERN", "wat*"],
          ["COMMAND", "LIST", "FILTERBY", "ACLCAT", "transaction", "x"],
          ["COMMAND", "LIST", "FILTERBY", "NOSUCH", "x"],
          ["COMMAND", "LIST", "x"],
          ["COMMAND", "DOCS", "nosuch"],
        ]);
      });
    });
  }
});
