import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, OutcomeUnknownError, type SlotClient } from "../../src/index.ts";
import {
  describeWithServer,
  type RigServers,
  resp,
  startProxy,
  startScripted,
  startServer,
  type WireProxy,
} from "../rig/index.ts";
import { type Outcome, outcomeOf, replyOf } from "./outcome.ts";

// Rows 40 and 41 (and 37): the connection ends in the middle of a pipeline, or behind a write.

const CLIENTS = 8;
const ROUNDS = 125;
const COUNTERS = 5;

interface Push {
  readonly token: string;
  readonly outcome: Outcome;
  /** Length of the list that the server told. */
  readonly reply: unknown;
}

describeWithServer("a connection cut at a random byte", () => {
  let server: RigServers;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test("a thousand times: nothing runs twice, what is answered is counted, and every outcome is true", async () => {
    const pushes = new Map<string, Push[]>();
    const counts = new Map<string, { replies: number[]; unknown: number }>();
    let wrongReads = 0;
    await server.node.command("SET", "fixed", "the same for all");

    const oneRound = async (
      client: SlotClient,
      proxy: WireProxy,
      id: number,
      round: number,
    ): Promise<void> => {
      const direction = Math.random() < 0.7 ? "toClient" : "toServer";
      // A batch is about 700 bytes long, its replies 200.
      proxy.cutAfter(Math.floor(Math.random() * (direction === "toClient" ? 220 : 800)), direction);
      const batch = client.batch();
      const plan: { kind: "push" | "count" | "read"; key: string; token: string }[] = [];
      for (let i = 0; i < 12; i++) {
        const token = `${id}.${round}.${i}`;
        const kind = (["push", "count", "read"] as const)[i % 3] as "push" | "count" | "read";
        // Some keys once (single commands), some several times (transactions).
        const key =
          kind === "push" ? `list:${id}:${(i * round) % 7}` : `count:${id}:${(i + round) % COUNTERS}`;
        plan.push({ kind, key, token });
        if (kind === "push") batch.call("RPUSH", key, token);
        else if (kind === "count") batch.call("INCR", key);
        else batch.call("GET", "fixed");
      }
      const outcomes = await batch.exec();
      plan.forEach(({ kind, key, token }, i) => {
        const outcome = outcomeOf(outcomes[i] as PromiseSettledResult<unknown>);
        const reply = outcome === "value" ? replyOf(outcomes[i]) : undefined;
        if (kind === "read") {
          if (outcome === "value" && reply !== "the same for all") wrongReads++;
        } else if (kind === "push") {
          pushes.set(key, [...(pushes.get(key) ?? []), { token, outcome, reply }]);
        } else {
          const entry = counts.get(key) ?? { replies: [], unknown: 0 };
          if (outcome === "value") entry.replies.push(reply as number);
          if (outcome === "unknown") entry.unknown++;
          counts.set(key, entry);
        }
      });
    };

    let cuts = 0;
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, id) => {
        await using proxy = await startProxy(server.node.port);
        await using client = await connect(proxy.url, { cluster: false, timeoutMs: 20_000 });
        for (let round = 0; round < ROUNDS; round++) await oneRound(client, proxy, id, round);
        cuts += client.stats().reconnects;
      }),
    );

    const tally = { value: 0, server: 0, "not-applied": 0, unknown: 0 };
    for (const [key, entries] of pushes) {
      const list = (await server.node.command("LRANGE", key, 0, -1)) as string[];
      const places = new Map(list.map((token, index) => [token, index]));
      expect(places.size, `${key} holds something twice`).toBe(list.length);
      for (const { token, outcome, reply } of entries) {
        tally[outcome]++;
        if (outcome === "value") expect(list[(reply as number) - 1]).toBe(token);
        if (outcome === "not-applied") expect(places.has(token)).toBe(false);
        places.delete(token);
      }
      expect([...places.keys()], `${key} holds what nobody pushed`).toEqual([]);
    }
    for (const [key, { replies, unknown }] of counts) {
      const counted = Number(await server.node.command("GET", key));
      expect(new Set(replies).size, `${key} told one count twice`).toBe(replies.length);
      expect(Math.max(0, ...replies)).toBeLessThanOrEqual(counted);
      expect(counted).toBeGreaterThanOrEqual(replies.length);
      expect(counted).toBeLessThanOrEqual(replies.length + unknown);
    }
    expect(wrongReads).toBe(0);
    expect(tally.server).toBe(0);
    // The cuts did fall among the replies.
    expect(cuts).toBeGreaterThan(500);
    expect(tally.value).toBeGreaterThan(500);
    expect(tally.unknown).toBeGreaterThan(200);
  }, 120_000);

  test("behind k of n replies keeps the values of those k, repeats the reads and reports the rest as unknown", async () => {
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, { cluster: false });
    await server.node.command("MSET", "read", "value", "kept", "0");
    const keys = Array.from({ length: 10 }, (_, i) => `k-of-n:${i}`);
    for (let k = 0; k <= 10; k++) {
      await server.node.command("DEL", ...keys);
      // ":1\r\n" is four bytes; the GET between takes 11.
      proxy.cutAfter(k === 0 ? 0 : 11 + 4 * k, "toClient");
      const batch = client.batch().call("GET", "read");
      for (const key of keys) batch.call("INCR", key);
      const [read, ...writes] = await batch.exec();
      expect(replyOf(read)).toBe("value");
      expect(writes.map(outcomeOf)).toEqual(keys.map((_, i) => (i < k ? "value" : "unknown")));
      expect(writes.slice(0, k).map(replyOf)).toEqual(Array(k).fill(1));
      expect(await server.node.command("MGET", ...keys)).toEqual(keys.map(() => "1"));
    }
  });

  test("in the middle of a value never hands out a part of it", async () => {
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, { cluster: false });
    const value = Buffer.alloc(200_000, "x");
    await client.mset([["large", value]]);
    for (let round = 0; round < 20; round++) {
      proxy.cutAfter(Math.floor(Math.random() * value.length), "toClient");
      const [read] = await client.mget(["large"]);
      expect(read?.equals(value)).toBe(true);
    }
    expect(client.stats().reconnects).toBe(20);
  });

  test("behind INCR and before its reply: counted once, reported as unknown, every time", async () => {
    await using proxy = await startProxy(server.node.port);
    await using client = await connect(proxy.url, { cluster: false });
    for (let round = 1; round <= 50; round++) {
      await client.mget(["warm"]);
      proxy.cutAfter(0, "toClient");
      const [outcome] = await client.batch().call("INCR", "once").exec();
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(OutcomeUnknownError);
      expect(reason).toMatchObject({ code: "CONNECTION_LOST", keyIndex: 0, node: proxy.address });
      expect(await server.node.command("GET", "once")).toBe(String(round));
    }
    expect(client.stats().unknown).toBe(50);
  });
});

describe("a server that closes right after it has read a write", () => {
  function closing(name: string) {
    let closed = false;
    return startScripted((command, connection) => {
      if (command.name !== name) return undefined;
      if (closed) return resp(1);
      closed = true;
      connection.destroy();
      return null;
    });
  }

  test.each([
    ["safe", 1, "unknown"],
    ["never", 1, "unknown"],
    ["at-least-once", 2, "value"],
  ] as const)("meets INCR in mode %s %i times, outcome %s", async (retry, times, outcome) => {
    await using server = await closing("INCR");
    await using client = await connect(server.url, { retry });
    const outcomes = await client.batch().call("INCR", "n").exec();
    expect(outcomes.map(outcomeOf)).toEqual([outcome]);
    expect(server.names.filter((name) => name === "INCR")).toHaveLength(times);
  });

  test.each([
    ["safe", 2, "value"],
    ["never", 1, "not-applied"],
  ] as const)("meets STRLEN, a read, in mode %s %i times, outcome %s", async (retry, times, outcome) => {
    await using server = await closing("STRLEN");
    await using client = await connect(server.url, { retry });
    const outcomes = await client.batch().call("STRLEN", "n").exec();
    expect(outcomes.map(outcomeOf)).toEqual([outcome]);
    expect(server.names.filter((name) => name === "STRLEN")).toHaveLength(times);
  });

  test("sends what was not yet written when it is back, and once only", async () => {
    await using server = await closing("INCR");
    await using client = await connect(server.url, { maxInFlightBytes: 1 });
    const calls = Array.from({ length: 5 }, (_, i) => client.batch().call("INCR", `n${i}`).exec());
    const outcomes = (await Promise.all(calls)).map(([outcome]) =>
      outcomeOf(outcome as PromiseSettledResult<unknown>),
    );
    expect(outcomes).toEqual(["unknown", "value", "value", "value", "value"]);
    const sent = server.commands.filter(({ name }) => name === "INCR").map(({ text }) => text[0]);
    expect(sent.sort()).toEqual(["n0", "n1", "n2", "n3", "n4"]);
    expect(client.stats().unknown).toBe(1);
  });
});
