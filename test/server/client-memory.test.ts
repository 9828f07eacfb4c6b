import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock, type Server, startServer } from "../../src/server/index.ts";
import { until } from "../rig/index.ts";
import { RespClient } from "./resp-client.ts";

describe("what waits in connections", () => {
  let clock: ManualClock;
  let server: Server;
  let client: RespClient;
  let other: RespClient;
  beforeEach(async () => {
    clock = new ManualClock();
    server = await startServer({ clock });
    client = await RespClient.connect(server.port);
    other = await RespClient.connect(server.port);
    await other.call("CLIENT", "SETNAME", "other");
    // A command that never ends: two arguments are whole, the third is not.
    other.send(`*4\r\n$3\r\nSET\r\n$100000\r\n${"k".repeat(100_000)}\r\n$300000\r\n${"v".repeat(200_000)}`);
  });
  afterEach(async () => {
    client.close();
    other.close();
    await server.close();
  });

  test("counts as used memory while there is a limit", async () => {
    await clock.advance(200);
    expect(server.node.memory.other).toBe(0);
    await client.call("CONFIG", "SET", "maxmemory", "10mb");
    await until("the other connection's bytes are counted", async () => {
      await clock.advance(100);
      return server.node.memory.other >= 300_000;
    });
    other.close();
    await until("they are gone with it", async () => {
      await clock.advance(100);
      return server.node.memory.other < 10_000;
    });
  });

  test("is bounded by maxmemory-clients: the connection that holds most is closed, unless it is spared", async () => {
    await client.call("CLIENT", "NO-EVICT", "on");
    await client.call("CONFIG", "SET", "maxmemory-clients", "150kb");
    await until("the other connection is closed", async () => {
      await clock.advance(100);
      return other.closed;
    });
    expect(server.node.stats.evictedClients).toBe(1);
    expect(await client.call("PING")).toBe("+PONG");
  });

  test("counts nothing for a connection that was closed, before its socket notices", async () => {
    await client.call("CONFIG", "SET", "maxmemory", "10mb");
    await until("the other connection's bytes are counted", async () => {
      await clock.advance(100);
      return server.node.memory.other >= 300_000;
    });
    const { clients, hooks, memory } = server.node;
    for (const one of clients) if (one.name === "other") one.kill();
    expect([...clients]).toHaveLength(2);
    for (let commands = 0; commands < 100; commands += 1) for (const hook of hooks.makeRoom) hook();
    expect(memory.other).toBeLessThan(10_000);
  });
});
