import { describe, expect, test } from "vitest";
import { connect, OutcomeUnknownError } from "../../src/index.ts";
import { describeWithServer, resp, startProxy, startScripted, startServer, until } from "../rig/index.ts";
import { outcomeOf, replyOf } from "./outcome.ts";

// Rows 33 and 34: a reply too few or too many must never become a wrong value.

/** A server whose GET and INCR tell which key was asked for, and whose n-th of them on the first connection is tampered with. */
function tampering(at: number, how: (answer: Buffer) => string | Uint8Array | null) {
  let seen = 0;
  return startScripted(({ name, text: [key = ""] }, { index }) => {
    if (name !== "GET" && name !== "INCR") return undefined;
    const answer = name === "GET" ? resp(`value of ${key}`) : resp(Number(key.slice(1)));
    return index === 0 && seen++ === at ? how(answer) : answer;
  });
}

const drop = () => null;
const extra = (answer: Buffer) => Buffer.concat([resp("value of nobody"), answer]);
const extraNumber = (answer: Buffer) => Buffer.concat([resp(-1), answer]);
const keysOf = (first: number, count: number) => Array.from({ length: count }, (_, i) => `k${first + i}`);

describe.each([
  ["dropped", drop],
  ["extra", extra],
] as const)("one %s reply", (_, how) => {
  test.each([0, 3, 7])("before the %i-th value: every read is right, on a new connection", async (at) => {
    await using server = await tampering(at, how);
    await using client = await connect(server.url, { deadNodeTimeoutMs: 100 });
    const calls = [0, 100, 200].map((first) => client.mget(keysOf(first, 8)));
    const values = (await Promise.all(calls)).flat().map(String);
    expect(values).toEqual(
      [0, 100, 200].flatMap((first) => keysOf(first, 8).map((key) => `value of ${key}`)),
    );
    expect(server.accepted).toBe(2);
    expect(client.stats().reconnects).toBe(1);
    expect(server.connections).toHaveLength(1);
  });

  test.each([0, 2, 4])(
    "among writes (the %i-th) leaves the whole batch unknown and none wrong",
    async (at) => {
      await using server = await tampering(at, how === drop ? drop : extraNumber);
      await using client = await connect(server.url, { deadNodeTimeoutMs: 100 });
      const batch = client.batch();
      for (const key of keysOf(0, 5)) batch.call("INCR", key);
      const outcomes = await batch.exec();
      for (const outcome of outcomes) {
        expect(outcomeOf(outcome)).toBe("unknown");
        expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(OutcomeUnknownError);
      }
      expect(server.names.filter((name) => name === "INCR")).toHaveLength(5);
      expect((await client.mget(["after"])).map(String)).toEqual(["value of after"]);
      expect(server.accepted).toBe(2);
    },
  );

  test("behind a batch that was answered in full does not touch that batch", async () => {
    await using server = await tampering(6, how);
    await using client = await connect(server.url, { deadNodeTimeoutMs: 100 });
    const writes = (first: number) => {
      const batch = client.batch();
      for (const key of keysOf(first, 5)) batch.call("INCR", key);
      return batch.exec();
    };
    const [first, second] = await Promise.all([writes(0), writes(50)]);
    expect(first.map(replyOf)).toEqual([0, 1, 2, 3, 4]);
    expect(second.map(outcomeOf)).toEqual(Array(5).fill("unknown"));
  });
});

describe("a reply that nobody asked for", () => {
  test.each([true, false])(
    "on an idle connection costs that connection and nothing else (integrity %s)",
    async (integrity) => {
      await using server = await startScripted(({ name, text }) =>
        name === "GET" ? resp(text[0] ?? "") : undefined,
      );
      await using client = await connect(server.url, { integrity });
      await client.mget(["warm"]);
      server.connections[0]?.write("+SURPRISE\r\n");
      await until("the connection is given up", () => client.stats().desyncs === 1);
      expect((await client.mget(["a", "b"])).map(String)).toEqual(["a", "b"]);
      expect(server.accepted).toBe(2);
    },
  );
});

describe("random tampering with what a scripted server answers", () => {
  test("in 150 rounds of concurrent batches yields no wrong value", async () => {
    let countdown = Number.POSITIVE_INFINITY;
    let how: (answer: Buffer) => Uint8Array | null = drop;
    await using server = await startScripted(({ name, text: [key = ""] }) => {
      if (name !== "GET" && name !== "INCR") return undefined;
      const answer = name === "GET" ? resp(`value of ${key}`) : resp(Number(key.slice(1)));
      return countdown-- === 0 ? how(answer) : answer;
    });
    await using client = await connect(server.url, { deadNodeTimeoutMs: 50, timeoutMs: 20_000 });
    let values = 0;
    let unknown = 0;
    for (let round = 0; round < 150; round++) {
      countdown = Math.floor(Math.random() * 24);
      how = round % 3 === 0 ? drop : round % 3 === 1 ? extra : extraNumber;
      const reads = [0, 40].map((first) => client.mget(keysOf(first, 6)));
      const writes = [80, 120].map((first) => {
        const batch = client.batch();
        for (const key of keysOf(first, 6)) batch.call("INCR", key);
        return batch.exec();
      });
      for (const [i, first] of [0, 40].entries()) {
        expect((await reads[i])?.map(String)).toEqual(keysOf(first, 6).map((key) => `value of ${key}`));
      }
      for (const [i, first] of [80, 120].entries()) {
        for (const [j, outcome] of ((await writes[i]) ?? []).entries()) {
          if (outcomeOf(outcome) === "value") {
            expect(replyOf(outcome)).toBe(first + j);
            values++;
          } else {
            expect(outcomeOf(outcome)).toBe("unknown");
            unknown++;
          }
        }
      }
    }
    expect(values).toBeGreaterThan(50);
    expect(unknown).toBeGreaterThan(50);
    expect(client.stats()).toMatchObject({ inFlightBytes: 0, queuedBytes: 0 });
  });
});

describeWithServer("a wire that adds or swallows bytes before a real server's replies", () => {
  test.each(["+OK\r\n", "$5\r\nextra\r\n", ":1\r\n", "$-1\r\n", "-ERR surprise\r\n"])(
    "%j added: no wrong value",
    async (junk) => {
      await using server = await startServer();
      await using proxy = await startProxy(server.node.port);
      await using client = await connect(proxy.url, { deadNodeTimeoutMs: 200 });
      const keys = keysOf(0, 20);
      await client.mset(keys.map((key) => [key, `value of ${key}`]));
      for (let round = 0; round < 10; round++) {
        let pending = true;
        proxy.transform("toClient", (chunk) => {
          if (!pending) return [chunk];
          pending = false;
          return [Buffer.from(junk), chunk];
        });
        expect((await client.mget(keys)).map(String)).toEqual(keys.map((key) => `value of ${key}`));
        expect(pending).toBe(false);
      }
      expect(client.stats().desyncs).toBe(10);
    },
  );

  test("one reply swallowed: INCR is unknown, counted once on the server, and the next replies are right", async () => {
    await using server = await startServer();
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, { deadNodeTimeoutMs: 200 });
    await client.mset([["n", "41"]]);
    // A reply of the same length goes ahead: only the nonce can tell.
    let pending = true;
    proxy.transform("toClient", (chunk) => {
      const at = chunk.indexOf(":42\r\n");
      if (!pending || at === -1) return [chunk];
      pending = false;
      return [chunk.subarray(0, at), chunk.subarray(at + 5)];
    });
    const outcomes = await client.batch().call("INCR", "n").call("STRLEN", "m").call("INCR", "o").exec();
    expect(outcomes.map(outcomeOf)).toEqual(["unknown", "value", "unknown"]);
    expect(replyOf(outcomes[1])).toBe(0);
    expect((await client.mget(["n", "o", "m"])).map((value) => value && String(value))).toEqual([
      "42",
      "1",
      null,
    ]);
  });
});

describeWithServer("a command that the server refuses while it queues a transaction", () => {
  test("is its own error; its mates on the key run once, and nobody behind it gets somebody else's reply", async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    const outcomes = await client
      .batch()
      .call("SET", "a", "1")
      .call("NOSUCHCOMMAND", "a")
      .call("INCR", "a")
      .call("SET", "b", "x")
      .call("GET", "b")
      .call("ECHO", "behind")
      .call("INCR", "c")
      .exec();
    expect(outcomes.map(outcomeOf)).toEqual(["value", "server", "value", "value", "value", "value", "value"]);
    const replies = [0, 2, 3, 4, 5, 6].map((i) => replyOf(outcomes[i]));
    expect(replies).toEqual(["OK", 2, "OK", "x", "behind", 1]);
    expect(await server.node.command("MGET", "a", "b", "c")).toEqual(["2", "x", "1"]);
  });
});
