import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { keySlot, tagForSlot } from "../../src/slots/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigNode,
  resp,
  startCluster,
  startScripted,
  startServer,
  until,
} from "../rig/index.ts";
import { replyOf } from "./outcome.ts";

// Rows 1, 2, 3 and the coalescing of row 44.

describeWithServer("MOVED", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster({ config: { "cluster-node-timeout": 15_000 } });
  });
  afterAll(() => cluster.stop());

  /** Moves slots to the next primary behind the client's back. */
  async function moveAway(...slots: number[]): Promise<void> {
    for (const slot of slots) {
      const from = await cluster.ownerOf(slot);
      const to = cluster.primaries[(cluster.primaries.indexOf(from) + 1) % 3] as RigNode;
      await cluster.migrateSlot(slot, from, to);
    }
  }

  test("costs one more command, patches that slot and asks for the topology once", async () => {
    await using client = await connect(cluster.url);
    const key = "{moved}key";
    await client.mset([[key, "value"]]);
    await moveAway(keySlot(key));
    // The refresh that connect() made must not fall into the measurement's half second.
    await sleep(600);
    const before = client.stats();
    expect(String((await client.mget([key]))[0])).toBe("value");
    const after = client.stats();
    // GET twice, and perhaps already the CLUSTER SLOTS of the background.
    expect(after.commands - before.commands).toBeGreaterThanOrEqual(2);
    expect(after.commands - before.commands).toBeLessThanOrEqual(3);
    expect(after.moved - before.moved).toBe(1);
    expect(after.retries - before.retries).toBe(0);
    const owner = await cluster.ownerOf(keySlot(key));
    expect(client.topology()?.owner(keySlot(key))?.port).toBe(owner.port);
    await until("the background refresh", () => client.stats().refreshes > before.refreshes);
    expect(String((await client.mget([key]))[0])).toBe("value");
    expect(client.stats().moved).toBe(after.moved);
    expect(client.stats().refreshes - before.refreshes).toBe(1);
  });

  test("of many slots at once asks for the topology at most twice a second", async () => {
    await using storm = await connect(cluster.url);
    const slots = Array.from({ length: 60 }, (_, i) => 6000 + 7 * i);
    const keys = slots.map((slot) => `{${tagForSlot(slot)}}`);
    await storm.mset(keys.map((key) => [key, key]));
    await moveAway(...slots);
    const before = storm.stats();
    const began = performance.now();
    const calls = keys.map((key) => storm.mget([key]));
    expect((await Promise.all(calls)).map(([value]) => String(value))).toEqual(keys);
    await sleep(700);
    const seconds = (performance.now() - began) / 1000;
    const after = storm.stats();
    expect(after.moved - before.moved).toBe(60);
    expect(after.refreshes - before.refreshes).toBeGreaterThanOrEqual(1);
    expect(after.refreshes - before.refreshes).toBeLessThanOrEqual(1 + Math.ceil(2 * seconds));
  });

  test("for k of n commands of a batch sends only those k again, and each of the n runs once", async () => {
    await using own = await connect(cluster.url);
    const keys = Array.from({ length: 40 }, (_, i) => `{part${i % 10}}:${i}`);
    await moveAway(keySlot("part3"), keySlot("part7"));
    const before = own.stats();
    // The client learned the topology after the move: make it stale once more.
    await moveAway(keySlot("part3"), keySlot("part7"));
    const batch = own.batch();
    keys.forEach((key, i) => {
      batch.call("INCRBY", key, i + 1);
    });
    const results = await batch.exec();
    expect(results.map(replyOf)).toEqual(keys.map((_, i) => i + 1));
    const after = own.stats();
    expect(after.moved - before.moved).toBe(8);
    // 40, the 8 that were refused, and perhaps already the CLUSTER SLOTS of the background.
    expect(after.commands - before.commands).toBeGreaterThanOrEqual(48);
    expect(after.commands - before.commands).toBeLessThanOrEqual(49);
    expect(after.retries).toBe(before.retries);
    expect((await own.mget(keys)).map(String)).toEqual(keys.map((_, i) => String(i + 1)));
  });

  test("keeps the order of commands on one key when their slot has moved", async () => {
    await using own = await connect(cluster.url);
    await moveAway(keySlot("ordered"));
    const batch = own.batch();
    for (let i = 0; i < 50; i++) batch.call("RPUSH", "{ordered}list", i);
    batch.call("LRANGE", "{ordered}list", 0, -1);
    const results = await batch.exec();
    expect(replyOf(results.at(-1))).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  });

  test("to a node that the client has never heard of opens a connection to it", async () => {
    await using joined = await startServer({
      config: {
        "cluster-enabled": "yes",
        "cluster-config-file": "nodes.conf",
        "cluster-node-timeout": 15_000,
      },
    });
    await using own = await connect(cluster.url, { topologyRefreshMs: 600_000 });
    const slot = keySlot("newcomer");
    const from = await cluster.ownerOf(slot);
    await own.mset([["{newcomer}", "value"]]);
    await joined.node.command("CLUSTER", "MEET", from.host, from.port);
    const id = String(await joined.node.command("CLUSTER", "MYID"));
    await until("the newcomer has met all", async () => {
      const states = await Promise.all(
        [...cluster.primaries, joined.node].map((node) => node.command("CLUSTER", "INFO")),
      );
      return states.every((state) =>
        /cluster_state:ok\r\n[\s\S]*cluster_known_nodes:4\r\n/.test(String(state)),
      );
    });
    await joined.node.command("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
    await from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", id);
    await from.command("MIGRATE", joined.node.host, joined.node.port, "", 0, 5000, "KEYS", "{newcomer}");
    for (const node of [joined.node, ...cluster.primaries]) {
      await node.command("CLUSTER", "SETSLOT", slot, "NODE", id);
    }
    const before = own.stats();
    expect(String((await own.mget(["{newcomer}"]))[0])).toBe("value");
    expect(own.stats().moved - before.moved).toBe(1);
    expect(own.stats().connections - before.connections).toBe(1);
  });
});

describe("MOVED to a node outside the map, scripted", () => {
  test("is followed even while the topology does not name that node", async () => {
    await using target = await startScripted(({ name, text }) =>
      name === "GET" ? resp(`at B: ${text[0]}`) : undefined,
    );
    await using source = await startScripted(({ name, text }) =>
      name === "GET" ? `-MOVED ${keySlot(text[0] as string)} ${target.address}\r\n` : undefined,
    );
    source.topology = [
      { first: 0, last: 16_383, nodes: [{ host: source.host, port: source.port, id: "a".repeat(40) }] },
    ];
    target.topology = source.topology;
    await using client = await connect(source.url);
    expect(String((await client.mget(["k"]))[0])).toBe("at B: k");
    expect(target.accepted).toBe(1);
    expect(source.names.filter((name) => name === "GET")).toHaveLength(1);
  });
});
