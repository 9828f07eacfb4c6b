import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../src/server/index.ts";

let server: Server;
beforeEach(async () => {
  server = await startServer({ config: { "notify-keyspace-events": "KEA" } });
});
afterEach(() => server.close());

describe("ioredis", () => {
  test("subscribes, hears messages and events of keys, and unsubscribes", async () => {
    const listener = new Redis(server.url);
    const sender = new Redis(server.url);
    const heard: string[][] = [];
    listener.on("message", (...message) => heard.push(message));
    listener.on("pmessage", (...message) => heard.push(message));
    expect(await listener.subscribe("news", "sport")).toBe(2);
    expect(await listener.psubscribe("__keyevent@0__:*")).toBe(3);
    expect(await sender.publish("news", "first")).toBe(1);
    await sender.set("key", "value");
    expect(await listener.unsubscribe("news")).toBe(2);
    expect(await sender.publish("news", "second")).toBe(0);
    await listener.ping();
    expect(heard).toEqual([
      ["news", "first"],
      ["__keyevent@0__:*", "__keyevent@0__:set", "key"],
    ]);
    listener.disconnect();
    sender.disconnect();
  });

  test("monitors", async () => {
    const watcher = new Redis(server.url);
    const sender = new Redis(server.url);
    const monitor = await watcher.monitor();
    const line = new Promise<string[]>((resolve) => {
      monitor.on("monitor", (_time: string, args: string[]) => {
        if (args[0] === "set") resolve(args);
      });
    });
    await sender.set("a key", 'a "value"');
    expect(await line).toEqual(["set", "a key", 'a "value"']);
    for (const client of [watcher, monitor, sender]) client.disconnect();
  });
});

describe("node-redis", () => {
  test("keeps a cache that the server invalidates", async () => {
    const client = createClient({ url: server.url, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0 } });
    const other = createClient({ url: server.url });
    await Promise.all([client.connect(), other.connect()]);
    await other.set("key", "old");
    expect(await client.get("key")).toBe("old");
    const { totalCommands } = server.node.stats;
    expect(await client.get("key")).toBe("old");
    expect(server.node.stats.totalCommands).toBe(totalCommands);
    await other.set("key", "new");
    await client.ping();
    expect(await client.get("key")).toBe("new");
    await Promise.all([client.close(), other.close()]);
  });

  test("subscribes to channels of all three kinds over RESP3", async () => {
    const client = createClient({ url: server.url, RESP: 3 });
    const sender = createClient({ url: server.url });
    await Promise.all([client.connect(), sender.connect()]);
    const heard: string[] = [];
    const listen = (message: string, channel: string) => heard.push(`${channel}: ${message}`);
    await client.subscribe("plain", listen);
    await client.pSubscribe("p*", listen);
    await client.sSubscribe("shard", listen);
    await sender.publish("plain", "one");
    await sender.sPublish("shard", "two");
    // Other commands go on meanwhile.
    expect(await client.set("key", "value")).toBe("OK");
    expect(heard).toEqual(["plain: one", "plain: one", "shard: two"]);
    await client.unsubscribe();
    await Promise.all([client.close(), sender.close()]);
  });
});
