import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplyError } from "../../src/bytes/reply.ts";
import { judgeReply } from "../../src/cluster/redirect.ts";

// Rows 1, 2, 4 to 8, 11 to 14 and 26 to 28: what one error reply asks for.

const answeredBy = { host: "10.0.0.1", port: 7000 };
const judge = (text: string) => judgeReply(new ReplyError(text), answeredBy);

describe("the verdict on a redirection", () => {
  test.each([
    ["MOVED 3999 127.0.0.1:6381", "moved", 3999, "127.0.0.1", 6381],
    ["ASK 0 node-3.example.org:1", "ask", 0, "node-3.example.org", 1],
    ["MOVED 16383 :6380", "moved", 16383, "10.0.0.1", 6380],
    ["ASK 7 ?:6380", "ask", 7, "10.0.0.1", 6380],
    ["MOVED 5 2001:db8::1:6381", "moved", 5, "2001:db8::1", 6381],
    ["MOVED 5 [2001:db8::1]:6381", "moved", 5, "2001:db8::1", 6381],
    ["ASK 5 fe80::1%eth0:65535", "ask", 5, "fe80::1%eth0", 65535],
  ])("%s is followed", (text, kind, slot, host, port) => {
    expect(judge(text)).toEqual({ kind, slot, address: { host, port } });
  });

  test.each([
    "MOVED",
    "MOVED 1",
    "MOVED __proto__ 127.0.0.1:6381",
    "MOVED constructor 127.0.0.1:6381",
    "MOVED -1 127.0.0.1:6381",
    "MOVED 16384 127.0.0.1:6381",
    "MOVED 99999 127.0.0.1:6381",
    "MOVED 1e9 127.0.0.1:6381",
    "MOVED 1000000000 127.0.0.1:6381",
    "MOVED 0x10 127.0.0.1:6381",
    "MOVED  127.0.0.1:6381",
    "MOVED 1 127.0.0.1",
    "MOVED 1 127.0.0.1:",
    "MOVED 1 127.0.0.1:0",
    "MOVED 1 127.0.0.1:65536",
    "MOVED 1 127.0.0.1:1e3",
    "MOVED 1 127.0.0.1:-6381",
    "MOVED 1 127.0.0.1:6381 more",
    "MOVED 1 a\u0000b:6381",
    "MOVED 1 user@host:6381",
    "MOVED 1 [::1:6381",
    "ASK __proto__ 127.0.0.1:6381",
    "ASK 16384 127.0.0.1:6381",
  ])("%j is junk and the caller's own error", (text) => {
    expect(judge(text)).toEqual({ kind: "error", code: text.split(" ")[0] });
  });

  test("never names a slot or a port out of range, whatever the text", () => {
    const word = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.constantFrom(":1", "a:70000", "__proto__"),
    );
    fc.assert(
      fc.property(fc.constantFrom("MOVED", "ASK"), fc.array(word, { maxLength: 4 }), (code, words) => {
        const verdict = judge([code, ...words].join(" "));
        if (verdict.kind === "error") return;
        if (verdict.kind !== "moved" && verdict.kind !== "ask") throw new Error(verdict.kind);
        expect(verdict.slot).toBeGreaterThanOrEqual(0);
        expect(verdict.slot).toBeLessThan(16_384);
        expect(verdict.address.port).toBeGreaterThan(0);
        expect(verdict.address.port).toBeLessThan(65_536);
        expect(verdict.address.host).not.toBe("");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the verdict on other errors", () => {
  test.each([
    ["TRYAGAIN Multiple keys request during rehashing of slot", false],
    ["CLUSTERDOWN Hash slot not served", true],
    ["LOADING Redis is loading the dataset in memory", false],
    ["READONLY You can't write against a read only replica.", true],
    ["MASTERDOWN Link with MASTER is down", true],
    ["BUSY Redis is busy running a script", false],
  ])("%s: not run, to be sent again later", (text, refresh) => {
    expect(judge(text)).toEqual({ kind: "wait", code: text.split(" ")[0], refresh });
  });

  test.each(["NOAUTH Authentication required.", "CROSSSLOT Keys in request don't hash to the same slot"])(
    "%s: not run, and no use in repeating it",
    (text) => {
      expect(judge(text)).toEqual({ kind: "refused", code: text.split(" ")[0] });
    },
  );

  test.each([
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "NOPERM no permission",
    "MISCONF Redis is configured to save RDB snapshots",
    "NOREPLICAS Not enough good replicas to write.",
    "ERR unknown command",
    "__proto__ x",
    "constructor",
    "toString is no error code",
    "",
  ])("%j: the caller's to decide", (text) => {
    expect(judge(text)).toEqual({ kind: "error", code: text.split(" ")[0] });
  });
});
