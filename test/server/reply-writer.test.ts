import { describe, expect, test } from "vitest";
import { formatDouble, formatGeneral } from "../../src/server/protocol/double.ts";
import { ReplyWriter } from "../../src/server/protocol/reply-writer.ts";

function written(resp: 2 | 3, write: (reply: ReplyWriter) => void): string {
  const reply = new ReplyWriter();
  reply.resp = resp;
  write(reply);
  const { byteLength } = reply;
  const text = reply
    .take()
    .map((piece) => (typeof piece === "string" ? piece : piece.toString("latin1")))
    .join("");
  expect(text).toHaveLength(byteLength);
  return text;
}

describe("the reply writer", () => {
  const forms: [string, (reply: ReplyWriter) => void, resp2: string, resp3: string][] = [
    ["a status", (reply) => reply.status("PONG"), "+PONG\r\n", "+PONG\r\n"],
    ["an error", (reply) => reply.error("ERR a\r\nb"), "-ERR a  b\r\n", "-ERR a  b\r\n"],
    [
      "an integer",
      (reply) => reply.integer(-(2n ** 63n)),
      ":-9223372036854775808\r\n",
      ":-9223372036854775808\r\n",
    ],
    ["bytes", (reply) => reply.bulk("a\r\n\xff"), "$4\r\na\r\n\xff\r\n", "$4\r\na\r\n\xff\r\n"],
    ["nil", (reply) => reply.bulk(null), "$-1\r\n", "_\r\n"],
    ["a nil array", (reply) => reply.nullArray(), "*-1\r\n", "_\r\n"],
    ["a map", (reply) => reply.map(2), "*4\r\n", "%2\r\n"],
    ["a set", (reply) => reply.set(2), "*2\r\n", "~2\r\n"],
    ["a push", (reply) => reply.push(2), "*2\r\n", ">2\r\n"],
    ["a double", (reply) => reply.double(0.1), "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n"],
    ["infinity", (reply) => reply.double(Number.NEGATIVE_INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n"],
    ["a truth", (reply) => reply.boolean(true), ":1\r\n", "#t\r\n"],
    ["a text", (reply) => reply.verbatim("abc"), "$3\r\nabc\r\n", "=7\r\ntxt:abc\r\n"],
    ["a big number", (reply) => reply.bigNumber("12"), "$2\r\n12\r\n", "(12\r\n"],
  ];
  for (const [name, write, resp2, resp3] of forms) {
    test(`writes ${name} as RESP2 and as RESP3`, () => {
      expect(written(2, write)).toBe(resp2);
      expect(written(3, write)).toBe(resp3);
    });
  }

  test("hands a Buffer on without copying it, in its place", () => {
    const value = Buffer.alloc(100_000, 0x61);
    const reply = new ReplyWriter();
    reply.ok();
    reply.bulk(value);
    reply.ok();
    const pieces = reply.take();
    expect(pieces).toHaveLength(3);
    expect(pieces[1]).toBe(value);
    expect(pieces[0]).toBe("+OK\r\n$100000\r\n");
    expect(pieces[2]).toBe("\r\n+OK\r\n");
    expect(reply.byteLength).toBe(0);
  });

  test("takes back what was written since a mark, wherever the mark lies", () => {
    const parts: ((reply: ReplyWriter) => void)[] = [
      (reply) => reply.ok(),
      (reply) => reply.bulk(Buffer.alloc(40_000, 0x62)),
      (reply) => reply.bulk("x".repeat(70_000)),
      (reply) => reply.integer(1),
    ];
    const whole = written(2, (reply) => {
      for (const part of parts) part(reply);
    });
    for (let cut = 0; cut <= parts.length; cut += 1) {
      const reply = new ReplyWriter();
      for (const part of parts.slice(0, cut)) part(reply);
      const mark = reply.mark();
      for (const part of parts.slice(cut)) part(reply);
      const tail = reply.takeFrom(mark).map(String).join("");
      expect(reply.byteLength).toBe(mark);
      expect(reply.take().map(String).join("") + tail).toBe(whole);
    }
  });

  test("says once that something waits, and drops replies while muted", () => {
    const reply = new ReplyWriter();
    let pending = 0;
    reply.onPending = () => {
      pending += 1;
    };
    reply.ok();
    reply.ok();
    reply.take();
    reply.muted = true;
    reply.ok();
    reply.bulk(Buffer.alloc(40_000));
    expect([pending, reply.byteLength]).toEqual([1, 0]);
    reply.outOfBand((out) => out.status("message"));
    expect([pending, reply.take()]).toEqual([2, ["+message\r\n"]]);
    expect(reply.muted).toBe(true);
  });

  test("prints doubles as C does", () => {
    const samples: [number, string][] = [
      [3, "3"],
      [-0, "-0"],
      [0.1, "0.10000000000000001"],
      [1e21, "1e+21"],
      [1.5e-7, "1.4999999999999999e-07"],
      [123456789.123, "123456789.123"],
      [2 ** 60, "1.152921504606847e+18"],
      [1e17, "1e+17"],
      [12345678901234568, "12345678901234568"],
    ];
    for (const [value, text] of samples) expect(formatDouble(value)).toBe(text);
    expect(formatGeneral(0.1 + 0.2, 14)).toBe("0.3");
  });
});
