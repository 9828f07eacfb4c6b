import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { connect, type SlotClient } from "../../src/index.ts";
import { UpdateBus } from "../../src/recipes/update-bus.ts";
import type { UpdateMessage } from "../../src/recipes/update-queue.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
  until,
} from "../rig/index.ts";

const PATIENT = { deadNodeTimeoutMs: 60_000, timeoutMs: 30_000 };

interface Price {
  readonly id: string;
  readonly cents: number;
}

describeWithServer("an update bus at one server", () => {
  let server: RigServers;
  let client: SlotClient;
  beforeAll(async () => {
    server = await startServer();
    client = await connect(server.node.url, PATIENT);
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  test("hands every subscriber of a topic a value of its own, in the publisher's order", async () => {
    await using bus = new UpdateBus<Price>(client);
    const [one, two]: Price[][] = [[], []];
    await bus.subscribe("prices", (price) => one!.push(price));
    await bus.subscribe("prices", (price, topic) => {
      expect(topic).toBe("prices");
      two!.push(price);
    });
    await bus.subscribe("others", () => one!.push({ id: "other", cents: 0 }));
    const prices = Array.from({ length: 200 }, (_, cents) => ({ id: "a", cents }));
    expect(await bus.publishMany(prices.map((price) => ["prices", price] as const))).toEqual(
      prices.map(() => 1),
    );
    await until("all is there", () => one!.length === 200 && two!.length === 200);
    expect(one).toEqual(prices);
    expect(two).toEqual(prices);
    expect(one![0]).not.toBe(two![0]);
    expect(await server.node.command("PUBSUB", "CHANNELS")).toEqual(
      expect.arrayContaining(["updates:prices", "updates:others"]),
    );
    expect(await bus.publish("nobody listens", { id: "a", cents: 1 })).toBe(0);
  });

  test("unsubscribes behind the last listener of a topic, and subscribes again", async () => {
    await using bus = new UpdateBus<number>(client);
    const heard: number[] = [];
    const channels = async () => String(await server.node.command("PUBSUB", "CHANNELS", "updates:t*"));
    const controller = new AbortController();
    const stop = await bus.subscribe("t", (n) => heard.push(n));
    await bus.subscribe("t", (n) => heard.push(n * 10), { signal: controller.signal });
    stop();
    stop();
    await bus.publish("t", 1);
    await until("the other one hears", () => heard.length === 1);
    controller.abort();
    await until("nobody is subscribed", async () => (await channels()) === "");
    await Promise.all([bus.subscribe("t", (n) => heard.push(n)), bus.subscribe("t2", (n) => heard.push(n))]);
    expect((await channels()).split(",").sort()).toEqual(["updates:t", "updates:t2"]);
    await bus.publishMany([
      ["t", 2],
      ["t2", 3],
    ]);
    await until("both are heard", () => heard.length === 3);
    expect(heard.sort()).toEqual([10, 2, 3]);
  });

  test("iterates over topics, and ends with the loop, the bus, or a signal", async () => {
    const bus = new UpdateBus<number>(client, { codec: "msgpack" });
    const updates = await bus.messages(["a", "b"]);
    await bus.publishMany([
      ["a", 1],
      ["b", 2],
    ]);
    const heard: UpdateMessage<number>[] = [];
    for await (const message of updates) if (heard.push(message) === 2) break;
    expect(heard.sort((x, y) => x.value - y.value)).toEqual([
      { topic: "a", value: 1, gap: false },
      { topic: "b", value: 2, gap: false },
    ]);
    await until("it is unsubscribed", async () => {
      return String(await server.node.command("PUBSUB", "CHANNELS", "updates:[ab]")) === "";
    });
    const controller = new AbortController();
    const aborted = await bus.messages("a", { signal: controller.signal });
    const next = aborted.next();
    controller.abort("enough");
    await expect(next).rejects.toMatchObject({ name: "AbortError", cause: "enough" });
    expect(await aborted.next()).toEqual({ done: true, value: undefined });
    const last = await bus.messages("a");
    const waiting = last.next();
    await bus.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect(bus.subscribe("a", () => {})).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await expect(bus.publish("a", 1)).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  test("drops the oldest messages of a reader that is too slow, and tells him", async () => {
    await using bus = new UpdateBus<number>(client);
    const updates = await bus.messages("slow", { maxQueued: 3 });
    let heard = 0;
    await bus.subscribe("slow", () => heard++);
    await bus.publishMany([1, 2, 3, 4, 5].map((n) => ["slow", n] as const));
    await until("all has come", () => heard === 5);
    const rest = [await updates.next(), await updates.next(), await updates.next()];
    expect(rest.map(({ value }) => value)).toEqual([
      { topic: "slow", value: 3, gap: true },
      { topic: "slow", value: 4, gap: false },
      { topic: "slow", value: 5, gap: false },
    ]);
  });

  test("passes over what its codec cannot read, and tells of it", async () => {
    await using bus = new UpdateBus<number>(client);
    const heard: number[] = [];
    const bad: string[] = [];
    bus.on("undecodable", ({ topic, payload, cause }) => {
      expect(cause).toBeInstanceOf(SyntaxError);
      bad.push(`${topic}: ${payload}`);
    });
    await bus.subscribe("n", (n) => heard.push(n));
    await server.node.command("PUBLISH", "updates:n", "{no json");
    await bus.publish("n", 7);
    await until("the next one is heard", () => heard.length === 1);
    expect(bad).toEqual(["n: {no json"]);
  });

  test("tells of the gap that a lost connection leaves, to listeners and to iterators", async () => {
    await using bus = new UpdateBus<number>(client);
    const told: string[] = [];
    bus.on("lost", ({ topics }) => told.push(`lost ${[...topics].sort()}`));
    bus.on("gap", ({ topics, gapMs }) => {
      expect(gapMs).toBeGreaterThanOrEqual(0);
      told.push(`gap ${[...topics].sort()}`);
    });
    const updates = await bus.messages("a");
    await bus.subscribe("b", () => {});
    await bus.publish("a", 1);
    await server.node.command("CLIENT", "KILL", "TYPE", "pubsub");
    await until("the gap is told of", () => told.length === 2);
    expect(told).toEqual(["lost a,b", "gap a,b"]);
    await bus.publish("a", 2);
    const messages = [await updates.next(), await updates.next()].map(({ value }) => value);
    expect(messages.at(-1)).toEqual({ topic: "a", value: 2, gap: true });
  });

  test("takes the connection of a RedisBackend, under its prefix", async () => {
    const backend = new RedisBackend({ url: server.node.url, keyPrefix: "app:" });
    await using bus = new UpdateBus(backend, { codec: "bytes", prefix: "u:" });
    const heard: unknown[] = [];
    await bus.subscribe("x", (bytes) => heard.push(bytes));
    await server.node.command("PUBLISH", "app:u:x", Buffer.of(0, 255));
    await until("it is heard", () => heard.length === 1);
    expect(heard).toEqual([Buffer.of(0, 255)]);
    await bus.close();
    await backend.disconnect();
  });

  test("ends with its client", async () => {
    const own = await connect(server.node.url, PATIENT);
    const bus = new UpdateBus(own);
    let closed = 0;
    bus.on("close", () => closed++);
    const updates = await bus.messages("a");
    await own.close();
    expect(await updates.next()).toEqual({ done: true, value: undefined });
    expect(closed).toBe(1);
    await bus.close();
    expect(closed).toBe(1);
  });

  test("refuses bad input by name", async () => {
    await using bus = new UpdateBus<unknown>(client);
    const make =
      (options: object, source: unknown = client) =>
      () =>
        new UpdateBus(source as SlotClient, options);
    for (const [call, code, option] of [
      [make({ shard: true }), "UNKNOWN_OPTION", "shard"],
      [make({ sharded: 1 }), "BAD_OPTION", "sharded"],
      [make({ codec: "xml" }), "BAD_OPTION", "codec"],
      [make({ prefix: 1 }), "BAD_OPTION", "prefix"],
      [make({}, {}), "BAD_OPTION", "client"],
    ] as const)
      expect(call).toThrow(expect.objectContaining({ name: "ConfigError", code, option }));
    const calls: [Promise<unknown>, string][] = [
      [bus.publish("", 1), "topic"],
      [bus.publish("t", undefined), "value"],
      [bus.subscribe("", () => {}), "topic"],
      [bus.subscribe("t", "x" as never), "listener"],
      [bus.subscribe("t", () => {}, { lane: "bulk" } as object), "lane"],
      [bus.messages("t", { maxQueued: 0 }), "maxQueued"],
      [bus.messages([1] as never), "topic"],
      [bus.messages([]), "topics"],
      [bus.messages(7 as never), "topics"],
      [bus.publish("t", 10n), "value"],
      [bus.publishMany(7 as never), "entries"],
    ];
    for (const [call, option] of calls)
      await expect(call).rejects.toMatchObject({ name: "ConfigError", option });
  });
});

describeWithServer("an update bus at a cluster", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test.each([false, true])("delivers the topics of all slots, with sharded: %s", async (sharded) => {
    await using client = await connect(cluster.url, PATIENT);
    await using bus = new UpdateBus<number>(client, { sharded });
    const topics = Array.from({ length: 30 }, (_, i) => `t${i}`);
    const heard = new Map<string, number>();
    await Promise.all(topics.map((topic) => bus.subscribe(topic, (n, name) => heard.set(name, n))));
    await bus.publishMany(topics.map((topic, i) => [topic, i] as const));
    await until("all is heard", () => heard.size === topics.length);
    expect([...heard].sort()).toEqual(topics.map((topic, i) => [topic, i]).sort());
    expect(client.stats().openConnections).toBe(sharded ? 6 : 4);
  });
});
