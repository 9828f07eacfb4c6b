import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock, type Server, startServer } from "../../src/server/index.ts";
import { until } from "../rig/index.ts";
import { RespClient } from "./resp-client.ts";

const CLOSED = "the connection was closed";

let clock: ManualClock;
let server: Server;
beforeEach(async () => {
  clock = new ManualClock();
  server = await startServer({ clock });
});
afterEach(() => server.close());

const open = () => RespClient.connect(server.port);

/** Chunks as the socket gave them for these bytes, until `expected` bytes are there. */
async function chunksOf(request: string, expected: number): Promise<string[]> {
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  const chunks: string[] = [];
  socket.on("data", (chunk) => chunks.push(chunk.toString("latin1")));
  socket.write(request);
  await until("all bytes are there", () => chunks.join("").length >= expected);
  socket.destroy();
  return chunks;
}

describe("faults of commands", () => {
  test("an error takes the place of a command once, and the command does not run", async () => {
    const client = await open();
    const fault = server.node.faults.error("LOADING Redis is loading the dataset in memory", {
      command: "INCR",
    });
    expect(await client.call("SET", "a", "1")).toBe("+OK");
    expect(await client.call("incr", "a")).toBe("-LOADING Redis is loading the dataset in memory");
    expect(fault.hits).toBe(1);
    expect(await client.call("INCR", "a")).toBe(":2");
  });

  test("skip, times, several commands and a chosen connection", async () => {
    const [client, other] = [await open(), await open()];
    await client.call("CLIENT", "SETNAME", "victim");
    server.node.faults.error("ERR no", {
      command: ["get", "ping"],
      skip: 1,
      times: 2,
      where: ({ name }) => name === "victim",
    });
    expect(await other.call("PING")).toBe("+PONG");
    const replies = [];
    for (let count = 0; count < 4; count += 1) replies.push(await client.call("PING"));
    expect(replies).toEqual(["+PONG", "-ERR no", "-ERR no", "+PONG"]);
  });

  test("a dropped reply shifts those behind it, and the command ran", async () => {
    const client = await open();
    server.node.faults.drop({ command: "INCR" });
    client.send("INCR a\r\nECHO one\r\nECHO two\r\n");
    expect([await client.reply(), await client.reply()]).toEqual(["$one", "$two"]);
    expect(await client.call("GET", "a")).toBe("$1");
  });

  test("an extra reply stands behind a command's own", async () => {
    const client = await open();
    server.node.faults.extra({ command: "ECHO", reply: ":7\r\n" });
    client.send("ECHO one\r\nECHO two\r\n");
    expect([await client.reply(), await client.reply(), await client.reply()]).toEqual([
      "$one",
      ":7",
      "$two",
    ]);
  });

  test("a malformed reply is of a list, drawn from the seed, or what was given", async () => {
    const draw = async (seed: number) => {
      server.node.faults.seed(seed);
      const drawn: string[] = [];
      for (let count = 0; count < 6; count += 1) {
        const fault = server.node.faults.malformed({ command: "PING" });
        const chunks = await chunksOf("PING\r\nECHO end\r\n", 9 + 2);
        drawn.push(chunks.join("").replace("$3\r\nend\r\n", ""));
        expect(fault.hits).toBe(1);
      }
      return drawn;
    };
    // A connection draws numbers of its own, so only what does not depend on it is compared.
    const drawn = await draw(5);
    expect(drawn.filter((reply) => reply === "+PONG\r\n" || reply === "")).toEqual([]);
    expect(new Set(drawn).size).toBeGreaterThan(1);
    server.node.faults.malformed({ reply: "$-5\r\n" });
    expect(await chunksOf("PING\r\n", 5)).toEqual(["$-5\r\n"]);
  });

  test("the same seed strikes at the same commands again", async () => {
    const run = async () => {
      const own = await startServer({ clock });
      own.node.faults.seed(42);
      own.node.faults.error("ERR unlucky", { probability: 0.3, times: Number.POSITIVE_INFINITY });
      const client = await RespClient.connect(own.port);
      const replies = await client.pipeline(Array.from({ length: 200 }, () => ["PING"]));
      await own.close();
      return replies.map((reply) => reply === "-ERR unlucky");
    };
    const [first, second] = [await run(), await run()];
    expect(first).toEqual(second);
    const struck = first.filter(Boolean).length;
    expect(struck).toBeGreaterThan(30);
    expect(struck).toBeLessThan(90);
  });

  test("a connection is closed after so many commands, the last reply lost or sent", async () => {
    const client = await open();
    server.node.faults.closeAfter({ commands: 2 }, { command: "INCR" });
    client.send("INCR a\r\nINCR a\r\nINCR a\r\n");
    expect(await client.reply()).toBe(":1");
    await expect(client.reply()).rejects.toThrow(CLOSED);
    const next = await open();
    expect(await next.call("GET", "a")).toBe("$2");
    server.node.faults.closeAfter({ commands: 1, reply: "sent" });
    expect(await next.call("INCR", "a")).toBe(":3");
    await next.end();
  });

  test("removed faults and cleared ones are over", async () => {
    const client = await open();
    const { faults } = server.node;
    faults.error("ERR one", { times: Number.POSITIVE_INFINITY }).remove();
    faults.error("ERR two");
    faults.latency(1000);
    faults.clear();
    expect(await client.call("PING")).toBe("+PONG");
    expect(server.node.wire).toBeUndefined();
  });
});

describe("faults of the bytes", () => {
  test("latency holds replies back by the node's clock, in order", async () => {
    const client = await open();
    const fault = server.node.faults.latency([50, 100]);
    let replies = 0;
    const all = Promise.all([client.call("PING"), client.call("ECHO", "a")]);
    void all.then(() => {
      replies = 2;
    });
    await until("it ran", () => server.node.stats.totalCommands === 2);
    await clock.advance(49);
    expect(replies).toBe(0);
    await clock.advance(60);
    expect(await all).toEqual(["+PONG", "$a"]);
    fault.remove();
    expect(await client.call("PING")).toBe("+PONG");
  });

  test("what QUIT answers is delayed, too, before the connection ends", async () => {
    const client = await open();
    server.node.faults.latency(20);
    const last = client.call("QUIT");
    await until("it ran", () => server.node.stats.totalCommands === 1);
    await clock.advance(20);
    expect(await last).toBe("+OK");
    await client.end();
  });

  test.each([
    [{ every: 1 }, ["+", "P", "O", "N", "G", "\r", "\n"]],
    [{ every: 4 }, ["+PON", "G\r\n"]],
    [{ at: [6, 1] }, ["+", "PONG\r", "\n"]],
  ])("replies are split: %j", async (split, expected) => {
    server.node.faults.split(split);
    const chunks = await chunksOf("PING\r\n", 7);
    expect(chunks.join("")).toBe("+PONG\r\n");
    // The receiver may find two parts at once when it is late.
    expect(expected.join("|")).toContain(chunks.at(-1));
    expect(chunks.length).toBeGreaterThan(1);
  });

  test("any reply survives a split at random, and requests do", async () => {
    server.node.faults.split({ upTo: 3 });
    server.node.faults.split({ upTo: 5 }, { direction: "requests" });
    const client = await open();
    const values = Array.from({ length: 40 }, (_, index) => `value ${index}\r\n`);
    const replies = await client.pipeline(values.map((value) => ["ECHO", value]));
    expect(replies).toEqual(values.map((value) => `$${value}`));
  });

  test("a connection is closed after so many bytes, once", async () => {
    const client = await open();
    const fault = server.node.faults.closeAfter({ bytes: 10 });
    client.send("PING\r\nPING\r\n");
    expect(await client.reply()).toBe("+PONG");
    await expect(client.reply()).rejects.toThrow(CLOSED);
    expect(fault.hits).toBe(1);
    const next = await open();
    expect(await next.pipeline([["PING"], ["PING"], ["PING"]])).toEqual(["+PONG", "+PONG", "+PONG"]);
  });

  test("a connection is closed within a request, which does not run", async () => {
    const client = await open();
    server.node.faults.closeAfter({ bytes: 12 }, { direction: "requests" });
    client.send("SET a 1\r\nSET b 1\r\n");
    await client.end();
    const next = await open();
    expect(await next.call("EXISTS", "a", "b")).toBe(":1");
  });

  test("a frozen node takes commands in when it goes on", async () => {
    const client = await open();
    const fault = server.node.faults.freeze();
    const reply = client.call("SET", "a", "1");
    const late = await open();
    const second = late.call("PING");
    await until("both have written", () => server.node.stats.totalConnections === 2);
    await clock.advance(1000);
    expect(server.node.databases[0]?.size).toBe(0);
    fault.remove();
    expect(await reply).toBe("+OK");
    expect(await second).toBe("+PONG");
  });

  test("a half-open connection loses what is sent, and stays open", async () => {
    const client = await open();
    const fault = server.node.faults.halfOpen();
    client.send("SET a 1\r\n");
    await until("it was lost", () => fault.hits === 1);
    fault.remove();
    expect(await client.call("GET", "a")).toBe("$-1");
    const mute = server.node.faults.halfOpen({ direction: "replies" });
    client.send("SET a 2\r\n");
    await until("the reply was lost", () => mute.hits === 1);
    mute.remove();
    expect(await client.call("GET", "a")).toBe("$2");
  });

  test("closing the server does not wait for what is held back", async () => {
    const client = await open();
    server.node.faults.latency(60_000);
    client.send("PING\r\n");
    await until("it ran", () => server.node.stats.totalCommands === 1);
    await server.close();
    await client.end();
  });
});
