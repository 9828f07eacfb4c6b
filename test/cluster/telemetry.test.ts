import { tracingChannel } from "node:diagnostics_channel";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect, type NodeMessage, RecordStore } from "../../src/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
} from "../rig/index.ts";
import { TelemetryWatch } from "./telemetry-watch.ts";

const NONE = { failed: 0, notApplied: 0, unknown: 0, misses: 0 };

describeWithServer("telemetry", () => {
  let servers: RigServers;
  let cluster: RigCluster;
  let watch: TelemetryWatch;
  beforeAll(async () => {
    [servers, cluster] = await Promise.all([startServer(), startCluster()]);
    watch = new TelemetryWatch();
  });
  afterAll(async () => {
    watch[Symbol.dispose]();
    await Promise.all([servers.stop(), cluster.stop()]);
  });
  beforeEach(() => watch.clear());

  test("of a call: one start, end, asyncStart and asyncEnd with one object, filled in on the way", async () => {
    await using client = await connect(servers.url);
    await client.mset([["t:1", "value"]]);
    watch.clear();
    await client.mget(["t:1", "t:2", "t:3"]);
    expect(watch.batches.map(({ step }) => step)).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
    expect(new Set(watch.batches.map(({ message }) => message)).size).toBe(1);
    expect(watch.batches[0]!.copy).toEqual({
      operation: "mget",
      itemCount: 3,
      lane: "main",
      database: 0,
      keys: undefined,
      durationMs: undefined,
      outcomes: undefined,
      writeCount: 0,
      redirects: 0,
      retries: 0,
      error: undefined,
    });
    expect(watch.batches[3]!.copy).toMatchObject({
      durationMs: expect.any(Number),
      outcomes: { ...NONE, succeeded: 3, misses: 2 },
      writeCount: 1,
      error: undefined,
    });
  });

  test("of a packed write: the node, the bytes and the call that it is of", async () => {
    await using client = await connect(servers.url);
    watch.clear();
    const before = client.stats();
    await client.mset([
      ["w:1", "a"],
      ["w:2", "b"],
    ]);
    const after = client.stats();
    const steps = watch.writes.map(({ step }) => step);
    expect(steps).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
    expect(watch.writes[0]!.copy).toMatchObject({ responseBytes: undefined, durationMs: undefined });
    const { host, port, address } = servers.node;
    expect(watch.packets).toEqual([
      {
        operation: "mset",
        batch: watch.last,
        node: address,
        host,
        port,
        lane: "main",
        itemCount: 2,
        commandCount: 2,
        requestBytes: after.bytesWritten - before.bytesWritten,
        responseBytes: after.bytesRead - before.bytesRead,
        durationMs: expect.any(Number),
        error: undefined,
      },
    ]);
    expect(watch.packets[0]!.batch).toBe(watch.last);
  });

  test("on a cluster: one write for each node and chunk, as many as the client's own counters say", async () => {
    await using client = await connect(cluster.url, { chunkSize: 50 });
    const keys = Array.from({ length: 900 }, (_, i) => `c:${i}`);
    await client.mset(keys.map((key) => [key, key]));
    watch.clear();
    const before = client.stats();
    await client.mget(keys);
    const after = client.stats();
    expect(watch.last).toMatchObject({ operation: "mget", itemCount: 900 });
    expect(watch.last.outcomes).toEqual({ ...NONE, succeeded: 900 });
    expect(watch.last.writeCount).toBe(watch.packets.length);
    expect(after.socketWrites - before.socketWrites).toBeGreaterThanOrEqual(watch.packets.length);
    const sum = (count: (packet: NodeMessage) => number) =>
      watch.packets.reduce((total, packet) => total + count(packet), 0);
    expect(sum(({ itemCount }) => itemCount)).toBe(900);
    expect(sum(({ commandCount }) => commandCount)).toBe(900);
    expect(new Set(watch.packets.map(({ node }) => node))).toEqual(
      new Set(cluster.primaries.map(({ address }) => address)),
    );
    expect(watch.packets.every(({ itemCount }) => itemCount <= 50)).toBe(true);
  });

  test.each([
    ["tagged-pair", []],
    ["upstream-pair", ["tagged-pair", "colon-pair"]],
  ] as const)(
    "one call of a RecordStore in %s is one batch, however many steps it takes",
    async (layout, readLayouts) => {
      await using client = await connect(cluster.url);
      const store = new RecordStore<number>(client, { layout, readLayouts: [...readLayouts] });
      const records = Array.from({ length: 20 }, (_, i) => ({
        key: `${layout}:${i}`,
        metadata: i,
        bytes: Buffer.alloc(100, i),
      }));
      const keys = [...records.map(({ key }) => key), "absent:1", "absent:2"];
      watch.clear();
      await store.putMany(records);
      await store.getMany(keys);
      await store.containsMany(keys);
      await store.deleteMany(keys);
      expect(
        watch.calls.map(({ operation, itemCount, outcomes }) => ({ operation, itemCount, outcomes })),
      ).toEqual([
        { operation: "putMany", itemCount: 20, outcomes: { ...NONE, succeeded: 20 } },
        { operation: "getMany", itemCount: 22, outcomes: { ...NONE, succeeded: 22, misses: 2 } },
        { operation: "containsMany", itemCount: 22, outcomes: { ...NONE, succeeded: 22, misses: 2 } },
        { operation: "deleteMany", itemCount: 22, outcomes: { ...NONE, succeeded: 22 } },
      ]);
      for (const call of watch.calls) {
        const own = watch.packets.filter(({ batch }) => batch === call);
        expect(own.length).toBe(call.writeCount);
        expect(own.length).toBeGreaterThan(0);
        expect(own.every(({ operation }) => operation === call.operation)).toBe(true);
      }
    },
  );

  test("tells of the bulk lane, of databases and of mixed commands", async () => {
    await using client = await connect(servers.url, { database: 3 });
    watch.clear();
    await client.mset([["bulk", "v"]], { lane: "bulk" });
    expect(watch.last).toMatchObject({ operation: "mset", lane: "bulk", database: 3 });
    expect(watch.packets.map(({ lane }) => lane)).toEqual(["bulk"]);
    const results = await client.batch().call("INCR", "n").call("GET", "bulk").call("LLEN", "bulk").exec();
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(watch.last).toMatchObject({ operation: "batch", itemCount: 3, error: undefined });
    expect(watch.last.outcomes).toEqual({ ...NONE, succeeded: 2, failed: 1 });
  });

  test("a call of no items, or with bad input, is none; that of a lazy client includes its connecting", async () => {
    await using client = await connect(servers.url, { lazyConnect: true });
    const store = new RecordStore(client);
    await client.mget([]);
    await store.getMany([]);
    await client.batch().exec();
    await expect(client.mget([1 as never])).rejects.toMatchObject({ code: "BAD_KEY" });
    await expect(store.getMany([1 as never])).rejects.toMatchObject({ code: "BAD_KEY" });
    await expect(store.putMany([{ key: "k" } as never])).rejects.toMatchObject({ name: "ConfigError" });
    expect(watch.batches).toEqual([]);
    await client.mget(["lazy"]);
    expect(watch.batches.map(({ step }) => step)).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
  });

  test("the client's own commands and the steps of a scan are writes of no call", async () => {
    await using client = await connect(cluster.url);
    for await (const _ of client.scan("*")) break;
    const own = watch.writes.filter(({ step }) => step === "asyncEnd").map(({ message }) => message);
    expect(watch.batches).toEqual([]);
    expect(own.every(({ batch }) => batch === undefined)).toBe(true);
    expect(new Set(own.map(({ operation }) => operation))).toEqual(new Set(["CLUSTER", "PING", "SCAN"]));
  });

  test("the plain channels say what the client's events say", async () => {
    await using client = await connect(servers.url, { lazyConnect: true });
    const nodeUp: unknown[] = [];
    client.on("nodeUp", (event) => nodeUp.push(event));
    await client.mget(["up"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(nodeUp).toEqual([{ node: servers.node.address }]);
    expect(watch.events).toEqual([{ name: "nodeUp", message: nodeUp[0] }]);
  });

  describe("with one subscriber only", () => {
    test("a write still knows the call that it is of", async () => {
      watch[Symbol.dispose]();
      const found: NodeMessage[] = [];
      const handlers = { asyncEnd: (message: NodeMessage) => found.push(message) } as never;
      await using client = await connect(servers.url);
      const channels = tracingChannel<unknown, NodeMessage>("slotpack:node");
      channels.subscribe(handlers);
      await client.mget(["a", "b"]);
      channels.unsubscribe(handlers);
      await client.mget(["unheard"]);
      watch = new TelemetryWatch();
      expect(found).toMatchObject([{ operation: "mget", itemCount: 2, batch: { writeCount: 1 } }]);
    });
  });
});
