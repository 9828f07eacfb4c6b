import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { createNode } from "../../src/server/create-node.ts";
import { ManualClock, type Server, type ServerOptions, startServer } from "../../src/server/index.ts";
import { OutputQueue } from "../../src/server/output-queue.ts";
import { until } from "../rig/index.ts";
import { RespClient } from "./resp-client.ts";

const open: { close(): void | Promise<void> }[] = [];
async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  open.push(server);
  return server;
}
async function connect(server: Server): Promise<RespClient> {
  const client = await RespClient.connect(server.port);
  open.unshift(client);
  return client;
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe("the output queue", () => {
  class Output {
    flushed = 0;
    flush(): void {
      this.flushed += 1;
    }
  }

  test("writes to the connection that sent commands at once, and to others once a turn of the event loop", async () => {
    const queue = new OutputQueue();
    const [listener, first, second] = [new Output(), new Output(), new Output()];
    for (const sender of [first, second]) {
      queue.batch(
        sender,
        () => {
          queue.add(sender);
          if (sender === first) queue.add(listener);
          expect(sender.flushed).toBe(0);
        },
        () => {},
      );
      expect(sender.flushed).toBe(1);
    }
    expect(listener.flushed).toBe(0);
    await turn();
    await turn();
    expect(listener.flushed).toBe(1);
  });

  test("writes what comes without a command", async () => {
    const queue = new OutputQueue();
    const output = new Output();
    queue.add(output);
    await turn();
    await turn();
    expect(output.flushed).toBe(1);
  });
});

describe("output", () => {
  test("of 10,000 commands in one piece takes no more writes than the piece took reads", async () => {
    const server = await start();
    const client = await connect(server);
    await client.call("SET", "k", "v".repeat(100));
    const { stats } = server.node;
    const [writes, reads] = [stats.totalWrites, stats.totalReads];
    const replies = await client.pipeline(Array.from({ length: 10_000 }, () => ["GET", "k"]));
    expect(new Set(replies)).toEqual(new Set([`$${"v".repeat(100)}`]));
    expect(stats.totalWrites - writes).toBeLessThanOrEqual(stats.totalReads - reads);
    expect(stats.totalWrites - writes).toBeLessThan(1000);
  });

  test("for a listener that reads nothing stays within client-output-buffer-limit pubsub, and ends with it", async () => {
    const limit = 1_000_000;
    const server = await start({ config: { "client-output-buffer-limit": `pubsub ${limit} 0 0` } });
    const [listener, sender] = [await connect(server), await connect(server)];
    await listener.call("SUBSCRIBE", "news");
    listener.pause();
    const message = "x".repeat(50_000);
    let most = 0;
    let receivers = ":1";
    // The kernel's buffers take some megabytes before anything waits in the server.
    for (let sent = 0; sent < 2000 && receivers === ":1"; sent += 1) {
      receivers = String(await sender.call("PUBLISH", "news", message));
      for (const client of server.node.clients) most = Math.max(most, client.outputBytes);
    }
    expect(receivers).toBe(":0");
    expect(most).toBeGreaterThan(message.length);
    expect(most).toBeLessThan(limit + 2 * message.length);
    await until("the listener is gone", () => server.node.clients.size === 1);
    expect(await sender.call("PING")).toBe("+PONG");
  });
});

describe("commands of one read", () => {
  test("see a time that is not older than half a millisecond, and take what the clock says", () => {
    const clock = new ManualClock();
    const node = createNode({ clock });
    const started = clock.nowMs();
    node.beginRound();
    expect(node.beginCommand()).toBe(started);
    const lap = node.startLap();
    clock.skip(7);
    expect(node.endLap(lap)).toBe(7000);
    node.endCommand();
    expect(node.beginCommand()).toBe(started + 7);
    expect(node.endLap(node.startLap())).toBe(0);
    node.endCommand();
    node.endRound();
    clock.skip(1);
    expect(node.beginCommand()).toBe(started + 8);
    node.endCommand();
    for (const stop of node.hooks.stop) void stop();
  });
});
