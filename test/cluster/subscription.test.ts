import { afterAll, beforeAll, expect, test } from "vitest";
import {
  connect,
  type SlotClient,
  type Subscription,
  type SubscriptionChange,
  type SubscriptionMessage,
} from "../../src/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
  until,
} from "../rig/index.ts";

/** A server that is kept from its work for a second is not given up. */
const PATIENT = { deadNodeTimeoutMs: 20_000, timeoutMs: 30_000 };

class Inbox {
  readonly messages: SubscriptionMessage[] = [];
  readonly take = (message: SubscriptionMessage): void => {
    this.messages.push(message);
  };

  get texts(): string[] {
    return this.messages.map(({ channel, payload }) => `${channel}=${payload}`);
  }
}

/** Names of events with the channels that they are about, as they come. */
function story(subscription: Subscription): string[] {
  const told: string[] = [];
  for (const event of ["subscribed", "lost", "resubscribed"] as const)
    subscription.on(event, ({ names }: SubscriptionChange) =>
      told.push(`${event} ${names.map(({ name }) => name).join(" ")}`),
    );
  subscription.on("close", () => told.push("close"));
  return told;
}

async function publish(
  client: SlotClient,
  ...commands: readonly [string, string, string | Uint8Array][]
): Promise<unknown[]> {
  const batch = client.batch();
  for (const command of commands) batch.call(...command);
  return (await batch.exec()).map((outcome) =>
    outcome.status === "fulfilled" ? outcome.value : outcome.reason,
  );
}

describeWithServer("a subscription at one server", () => {
  let server: RigServers;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test("delivers channels, patterns and shard channels as bytes, in the order of the wire", async () => {
    await using client = await connect(server.node.url, { ...PATIENT, keyPrefix: "not:for:channels:" });
    const inbox = new Inbox();
    using subscription = await client.subscribe(
      { channels: ["a", Uint8Array.of(255, 0)], patterns: ["b*"], shardChannels: ["s"] },
      inbox.take,
    );
    expect(subscription.isSubscribed).toBe(true);
    const binary = Uint8Array.of(0, 13, 10, 200);
    const counts = await publish(
      client,
      ["PUBLISH", "a", "1"],
      ["PUBLISH", "bb", binary],
      ["SPUBLISH", "s", "3"],
    );
    expect(counts).toEqual([1, 1, 1]);
    await server.node.command("PUBLISH", Buffer.of(255, 0), "4");
    await server.node.command("PUBLISH", "unheard", "5");
    await until("all is there", () => inbox.messages.length === 4);
    expect(inbox.messages).toEqual([
      { channel: Buffer.from("a"), pattern: null, payload: Buffer.from("1"), sharded: false },
      {
        channel: Buffer.from("bb"),
        pattern: Buffer.from("b*"),
        payload: Buffer.from(binary),
        sharded: false,
      },
      { channel: Buffer.from("s"), pattern: null, payload: Buffer.from("3"), sharded: true },
      { channel: Buffer.of(255, 0), pattern: null, payload: Buffer.from("4"), sharded: false },
    ]);
    expect(client.stats().openConnections).toBe(2);
  });

  test("keeps the order of what one batch publishes to a channel", async () => {
    await using client = await connect(server.node.url, PATIENT);
    const inbox = new Inbox();
    await client.subscribe({ channels: ["a", "b"] }, inbox.take);
    const sent = Array.from(
      { length: 500 },
      (_, i) => ["PUBLISH", i % 2 ? "a" : "b", `${i}`] as [string, string, string],
    );
    await publish(client, ...sent);
    await until("all is there", () => inbox.messages.length === 500);
    for (const channel of ["a", "b"])
      expect(inbox.texts.filter((text) => text.startsWith(channel))).toEqual(
        sent.filter(([, name]) => name === channel).map(([, name, payload]) => `${name}=${payload}`),
      );
  });

  test("takes more names and lets go of some over the same connection", async () => {
    await using client = await connect(server.node.url, PATIENT);
    const inbox = new Inbox();
    const subscription = await client.subscribe({ channels: ["a"] }, inbox.take);
    await subscription.add({ channels: ["b", "a"], patterns: ["c?"] });
    subscription.remove({ channels: ["a", "never there"] });
    await until("the server knows", async () => {
      return String(await server.node.command("PUBSUB", "NUMSUB", "a", "b")) === "a,0,b,1";
    });
    await publish(client, ["PUBLISH", "a", "1"], ["PUBLISH", "b", "2"], ["PUBLISH", "c1", "3"]);
    await until("both are there", () => inbox.messages.length === 2);
    expect(inbox.texts.sort()).toEqual(["b=2", "c1=3"]);
    expect(client.stats().connections).toBe(2);
    subscription.close();
    await until("its connection is closed", () => client.stats().openConnections === 1);
  });

  test("subscribes anew after its connection was killed, and tells of the gap before the next message", async () => {
    await using client = await connect(server.node.url, PATIENT);
    const told: string[] = [];
    const subscription = await client.subscribe({ channels: ["a"], patterns: ["b*"] }, ({ payload }) => {
      told.push(String(payload));
    });
    subscription.on("lost", ({ names, node, cause }) => {
      expect(cause).toBeInstanceOf(Error);
      expect(node).toBe(server.node.address);
      told.push(`lost ${names.map(({ name }) => name).join(" ")}`);
    });
    subscription.on("resubscribed", ({ names }) => told.push(`again ${names.length}`));
    for (const payload of ["1", "2"]) {
      await server.node.command("PUBLISH", "a", payload);
      await until("it is there", () => told.includes(payload));
      await server.node.command("CLIENT", "KILL", "TYPE", "pubsub");
      await until("it is subscribed again", () => told.at(-1) === "again 2");
    }
    expect(told).toEqual(["1", "lost a b*", "again 2", "2", "lost a b*", "again 2"]);
  });

  test("is closed by its signal, by itself and with its client, and delivers nothing behind that", async () => {
    const client = await connect(server.node.url, PATIENT);
    const inbox = new Inbox();
    const controller = new AbortController();
    const aborted = await client.subscribe({ channels: ["a"] }, inbox.take, { signal: controller.signal });
    const closed = await client.subscribe({ channels: ["a"] }, inbox.take);
    const last = await client.subscribe({ channels: ["a"] }, inbox.take);
    const stories = [aborted, closed, last].map(story);
    controller.abort();
    closed.close();
    expect(stories).toEqual([["close"], ["close"], []]);
    expect([aborted, closed, last].map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
    await publish(client, ["PUBLISH", "a", "1"]);
    await until("one of them is told", () => inbox.messages.length > 0);
    await client.close();
    expect(stories).toEqual([["close"], ["close"], ["close"]]);
    await server.node.command("PUBLISH", "a", "2");
    expect(inbox.texts).toEqual(["a=1"]);
    await expect(client.subscribe({ channels: ["a"] }, inbox.take)).rejects.toMatchObject({
      code: "CLIENT_CLOSED",
    });
    await expect(last.add({ channels: ["b"] })).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  test("leaves no socket and no timer when its client is closed", async () => {
    const handles = () =>
      process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|Connect|Immediate/.test(name)).length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = handles();
    for (const lazyConnect of [false, true]) {
      const client = await connect(server.node.url, { ...PATIENT, lazyConnect });
      await client.subscribe({ channels: ["a"], shardChannels: ["b"] }, () => {});
      await client.close();
      await until("nothing is left", () => handles() <= before);
    }
  });

  test("refuses what is no request, and gives up what the server refuses", async () => {
    await using client = await connect(server.node.url, PATIENT);
    const subscribe = (request: object, onMessage: unknown = () => {}, options?: object) =>
      client.subscribe(request, onMessage as () => void, options);
    const bad: [Promise<unknown>, string, string][] = [
      [subscribe({}), "BAD_ARGUMENT", "request"],
      [subscribe({ channels: [] }), "BAD_ARGUMENT", "request"],
      [subscribe({ channels: "a" }), "BAD_ARGUMENT", "channels"],
      [subscribe({ channels: ["a", ""] }), "BAD_ARGUMENT", "channels"],
      [subscribe({ patterns: [1] }), "BAD_ARGUMENT", "patterns"],
      [subscribe({ chanels: ["a"] }), "UNKNOWN_OPTION", "chanels"],
      [subscribe({ channels: ["a"] }, "no function"), "BAD_OPTION", "onMessage"],
      [subscribe({ channels: ["a"] }, () => {}, { timeout: 1 }), "UNKNOWN_OPTION", "timeout"],
    ];
    for (const [call, code, option] of bad)
      await expect(call).rejects.toMatchObject({ name: "ConfigError", code, option });
    await expect(
      subscribe({ channels: ["a"] }, () => {}, { signal: AbortSignal.abort("no") }),
    ).rejects.toMatchObject({
      name: "AbortError",
      cause: "no",
    });
    await server.node.command(
      "ACL",
      "SETUSER",
      "reader",
      "on",
      ">pw",
      "+@all",
      "~*",
      "resetchannels",
      "&open*",
    );
    await using reader = await connect(server.node.url, { ...PATIENT, username: "reader", password: "pw" });
    const inbox = new Inbox();
    await expect(reader.subscribe({ channels: ["closed"] }, inbox.take)).rejects.toMatchObject({
      name: "ServerError",
      code: "NOPERM",
    });
    const subscription = await reader.subscribe({ channels: ["open1"] }, inbox.take);
    await expect(subscription.add({ channels: ["open2", "closed"] })).rejects.toMatchObject({
      code: "NOPERM",
    });
    expect(subscription.names.map(({ name }) => String(name))).toEqual(["open1"]);
    await server.node.command("PUBLISH", "open1", "1");
    await until("it is still subscribed", () => inbox.texts.includes("open1=1"));
  });

  test("counts against maxConnections", async () => {
    await using client = await connect(server.node.url, { ...PATIENT, maxConnections: 2 });
    const first = await client.subscribe({ channels: ["a"] }, () => {});
    await expect(client.subscribe({ channels: ["a"] }, () => {})).rejects.toMatchObject({
      name: "ConfigError",
      code: "MAX_CONNECTIONS",
    });
    first.close();
    await client.subscribe({ channels: ["a"] }, () => {});
  });
});

describeWithServer("a subscription at a cluster", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());
  const SHARDS = Array.from({ length: 20 }, (_, i) => `shard:${i}`);

  test("hears what is published at any node, over one connection beside those of the shard channels", async () => {
    await using client = await connect(cluster.url, PATIENT);
    const inbox = new Inbox();
    const subscription = await client.subscribe({ channels: ["a"] }, inbox.take);
    expect(client.stats().openConnections).toBe(4);
    for (const node of cluster.nodes) await node.command("PUBLISH", "a", String(node.port));
    await until("all are heard", () => inbox.messages.length === 3);
    await subscription.add({ shardChannels: SHARDS });
    expect(client.stats().openConnections).toBe(6);
    await publish(client, ...SHARDS.map((name) => ["SPUBLISH", name, name] as [string, string, string]));
    await until("the shards are heard", () => inbox.messages.length === 3 + SHARDS.length);
    expect(inbox.texts.slice(3).sort()).toEqual(SHARDS.map((name) => `${name}=${name}`).sort());
  });

  test("follows the slot of a shard channel to another node and back", async () => {
    await using client = await connect(cluster.url, PATIENT);
    const inbox = new Inbox();
    const subscription = await client.subscribe({ shardChannels: SHARDS }, inbox.take);
    const told = story(subscription);
    const [moving] = SHARDS as [string];
    const slot = await cluster.slotOf(moving);
    for (const round of [1, 2]) {
      const owner = await cluster.ownerOf(slot);
      const other = cluster.primaries.find((node) => node !== owner)!;
      await cluster.migrateSlot(slot, owner, other);
      await until("it is subscribed again", () => told.length === round * 2);
      await publish(client, ["SPUBLISH", moving, `${round}`]);
      await until("it is heard", () => inbox.texts.includes(`${moving}=${round}`));
    }
    expect(told).toEqual(
      Array(2)
        .fill([`lost ${moving}`, `resubscribed ${moving}`])
        .flat(),
    );
    expect(inbox.messages.length).toBe(2);
  });
});
