import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import {
  describeWithServer,
  type RigCluster,
  startCluster,
  startScriptedCluster,
  until,
} from "../rig/index.ts";
import { BULK } from "./lane-calls.ts";

/** A key of the slot 0 … 8,191, which stay with the first of two nodes. */
const LOW_SLOT = "b";

describeWithServer("the bulk lane of a cluster", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test("has a connection to each node that a bulk call needed, and results by index", async () => {
    await using client = await connect(cluster.url, { timeoutMs: 60_000 });
    await client.mset([["one", "1"]], BULK);
    expect(client.stats().openConnections).toBe(4);
    const entries = Array.from(
      { length: 600 },
      (_, i) => [`k:${i}`, randomBytes(i % 7 === 0 ? 90_000 : i)] as const,
    );
    await client.mset(entries, BULK);
    expect(client.stats().openConnections).toBe(6);
    const asked = entries.flatMap(([key], i) => (i % 3 === 0 ? [key, `missing:${i}`] : [key]));
    const expected = entries.flatMap(([, value], i) => (i % 3 === 0 ? [value, null] : [value]));
    const found = await Promise.all([client.mget(asked, BULK), client.mget(asked)]);
    for (const values of found) {
      expect(values.length).toBe(expected.length);
      values.forEach((value, i) => {
        expect(value === null ? null : expected[i]?.equals(value)).toBe(expected[i] === null ? null : true);
      });
    }
  });

  test("follows ASK and MOVED on connections of its own", async () => {
    await using client = await connect(cluster.url, { topologyRefreshMs: 600_000 });
    const keys = Array.from({ length: 40 }, (_, i) => `{bulk-moves}:${i}`);
    await client.mset(
      keys.map((key) => [key, key]),
      BULK,
    );
    const slot = await cluster.slotOf(keys[0]!);
    const from = await cluster.ownerOf(slot);
    const to = cluster.primaries.find((node) => node !== from)!;
    await cluster.migrateSlot(slot, from, to, { keys: "half", finish: false });
    expect((await client.mget(keys, BULK)).map(String)).toEqual(keys);
    expect(client.stats()).toMatchObject({ ask: 20, openConnections: 5 });
    await client.mset(
      keys.map((key) => [key, `new ${key}`]),
      BULK,
    );
    await cluster.migrateSlot(slot, from, to);
    expect((await client.mget(keys, BULK)).map(String)).toEqual(keys.map((key) => `new ${key}`));
    expect(client.stats().moved).toBeGreaterThan(0);
    expect(client.topology()?.owner(slot)?.port).toBe(to.port);
    expect(client.stats().openConnections).toBe(5);
  });

  test("stays within maxConnections: where there is no room for one more, the main one is used", async () => {
    const entries = Array.from({ length: 300 }, (_, i) => [`room:${i}`, `v${i}`] as const);
    for (const maxConnections of [3, 4]) {
      await using client = await connect(cluster.url, { maxConnections });
      await client.mset(entries, BULK);
      const values = await client.mget(
        entries.map(([key]) => key),
        BULK,
      );
      expect(values.map(String)).toEqual(entries.map(([, value]) => value));
      expect(client.stats()).toMatchObject({ connections: maxConnections, openConnections: maxConnections });
    }
  });
});

describe("lanes against scripted servers", () => {
  test("a bulk connection makes room for the main one of a node that joins", async () => {
    const [first, second] = await startScriptedCluster(2, (_node, { name }) =>
      name === "GET" ? "$1\r\nv\r\n" : undefined,
    );
    await using one = first!;
    await using two = second!;
    const both = one.topology!;
    one.topology = [{ ...both[0]!, first: 0, last: 16_383 }];
    two.topology = one.topology;
    await using client = await connect(`redis-cluster://${one.address}`, {
      maxConnections: 2,
      topologyRefreshMs: 500,
    });
    expect((await client.mget(["a"], BULK)).map(String)).toEqual(["v"]);
    expect(one.connections.length).toBe(2);
    one.topology = both;
    two.topology = both;
    await until("the second node is known", () => client.topology()?.nodes.length === 2);
    const keys = Array.from({ length: 20 }, (_, i) => `join:${i}`);
    expect((await client.mget(keys, BULK)).map(String)).toEqual(keys.map(() => "v"));
    expect((await client.mget(keys)).map(String)).toEqual(keys.map(() => "v"));
    await until("one connection to each", () => one.connections.length === 1 && two.connections.length === 1);
    expect(client.stats().openConnections).toBe(2);
  });

  test("a bulk connection that makes room keeps the order of a call's writes to one key", async () => {
    const run: string[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const [first, second] = await startScriptedCluster(2, async (_node, { name, text, args }) => {
      if (name !== "SET") return undefined;
      if (text[0] === LOW_SLOT && args[1]![0] === 1) await released;
      run.push(`${text[0]}=${args[1]![0]}`);
      return "+OK\r\n";
    });
    await using one = first!;
    await using two = second!;
    const both = one.topology!;
    const alone = [{ ...both[0]!, first: 0, last: 16_383 }];
    for (const server of [one, two]) server.topology = alone;
    await using client = await connect(`redis-cluster://${one.address}`, {
      maxConnections: 2,
      topologyRefreshMs: 500,
      deadNodeTimeoutMs: 120_000,
      timeoutMs: 100_000,
    });
    await client.mset([["warm", "0"]], BULK);
    // Four of them fill the window.
    const value = (byte: number) => Buffer.alloc(1024 ** 2, byte);
    const others = Array.from({ length: 12 }, (_, i) => [`other:${i}`, value(3)] as const);
    const call = client.mset([[LOW_SLOT, value(1)], ...others, [LOW_SLOT, value(2)]], BULK);
    await until("it is under way", () => client.stats().inFlightBytes > 3 * 1024 ** 2);
    for (const server of [one, two]) server.topology = both;
    await until(
      "what waited found its new owner",
      () => run.some((text) => text.startsWith("other:")),
      60_000,
    );
    // Time in which the second write would overtake.
    await new Promise((resolve) => setTimeout(resolve, 500));
    release();
    await call;
    expect(run.filter((text) => text.startsWith(LOW_SLOT))).toEqual([`${LOW_SLOT}=1`, `${LOW_SLOT}=2`]);
  });

  test("a node that leaves takes both of its connections along", async () => {
    const [first, second] = await startScriptedCluster(2, (_node, { name }) =>
      name === "GET" ? "$1\r\nv\r\n" : undefined,
    );
    await using one = first!;
    await using two = second!;
    const both = one.topology!;
    await using client = await connect(`redis-cluster://${one.address},${two.address}`, {
      topologyRefreshMs: 500,
    });
    const keys = Array.from({ length: 20 }, (_, i) => `leave:${i}`);
    await client.mget(keys, BULK);
    expect(client.stats().openConnections).toBe(4);
    one.topology = [{ ...both[0]!, first: 0, last: 16_383 }];
    two.topology = one.topology;
    await until("its connections are closed", () => two.connections.length === 0);
    expect((await client.mget(keys, BULK)).map(String)).toEqual(keys.map(() => "v"));
    expect(client.stats().openConnections).toBe(2);
  });
});
