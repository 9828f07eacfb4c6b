import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithReference, ServerPair } from "./differential.ts";
import { encode } from "./resp-client.ts";

/** Sends the bytes and returns all that comes back until the server closes, or until the reply to a last PING. */
async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  const over = new Promise<string>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (received.endsWith("$4\r\nlast\r\n")) {
        socket.destroy();
        resolve(received);
      }
    });
    socket.on("close", () => resolve(`${received}<closed>`));
    socket.on("error", () => {});
  });
  socket.write(bytes as string, "latin1");
  return over;
}

const LAST = encode(["ECHO", "last"]).toString("latin1");

const INPUTS: Record<string, string> = {
  "inline commands": `PING\r\nECHO hello\nECHO "a b\\x41\\n"\r\n  ECHO   'c d'  \r\n\r\n\r\n${LAST}`,
  "quotes in inline commands": `ECHO "a"b\r\n${LAST}`,
  "an unclosed quote": `ECHO "a\r\n${LAST}`,
  "an unclosed single quote": `ECHO 'a\r\n${LAST}`,
  "a single quote escaped": `ECHO 'a\\'b\\n'\r\n${LAST}`,
  "a too long line": `${"x".repeat(70_000)}`,
  "a too long count": `*${"1".repeat(70_000)}`,
  "a too long length": `*1\r\n$${"1".repeat(70_000)}`,
  "an empty array": `*0\r\n${LAST}`,
  "a negative array": `*-5\r\n${LAST}`,
  "a count that is no number": `*abc\r\n${LAST}`,
  "a count with a leading zero": `*02\r\n${LAST}`,
  "a count with a sign": `*+1\r\n${LAST}`,
  "a count beyond an int": `*2147483648\r\n${LAST}`,
  "a count of 20 digits": `*99999999999999999999\r\n${LAST}`,
  "no count": `*\r\n${LAST}`,
  "something else than a bulk string": `*1\r\n:1\r\n${LAST}`,
  "an inline command instead of a bulk string": `*2\r\nPING\r\n${LAST}`,
  "a line end instead of a bulk string": `*1\r\n\r\n${LAST}`,
  "a negative length": `*1\r\n$-1\r\n${LAST}`,
  "a length that is no number": `*1\r\n$x\r\n${LAST}`,
  "no length": `*1\r\n$\r\n${LAST}`,
  "a length beyond proto-max-bulk-len": `*1\r\n$536870913\r\n${LAST}`,
  "a bulk string with another end": `*2\r\n$4\r\nECHO\r\n$1\r\naXX${LAST}`,
  "a count that another byte than a newline ends": `*1\rX$4\r\nPING\r\n${LAST}`,
  "an HTTP request": "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "an HTTP header": `GET / HTTP/1.1\r\nHost: localhost\r\n\r\n${LAST}`,
  "a name of no length": `*1\r\n$0\r\n\r\n${LAST}`,
  "QUIT before more commands": `PING\r\nQUIT\r\nPING\r\n`,
};

describeWithReference("bytes that are no commands", () => {
  let pair: ServerPair;
  beforeAll(async () => {
    pair = await ServerPair.start();
  });
  afterAll(() => pair.close());

  for (const [name, bytes] of Object.entries(INPUTS)) {
    test(`are answered like the real server does: ${name}`, async () => {
      const [ours, real] = await Promise.all([
        exchange(pair.ours.port, bytes),
        exchange(pair.real.node.port, bytes),
      ]);
      expect(ours).toBe(real);
    });
  }

  test("may be fewer and shorter before AUTH", async () => {
    await pair.same([["CONFIG", "SET", "requirepass", "x"]]);
    const inputs = [
      `*11\r\n${LAST}`,
      `*1\r\n$16385\r\n${LAST}`,
      `*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n*11\r\n$4\r\nECHO\r\n${"$1\r\na\r\n".repeat(10)}${LAST}`,
      `PING\r\nAUTH x\r\n${LAST}`,
    ];
    for (const bytes of inputs) {
      const [ours, real] = await Promise.all([
        exchange(pair.ours.port, bytes),
        exchange(pair.real.node.port, bytes),
      ]);
      expect(ours).toBe(real);
    }
  });
});
