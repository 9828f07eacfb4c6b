import { Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ManualClock, type Server, type ServerOptions, startServer } from "../../src/server/index.ts";
import { until } from "../rig/index.ts";
import { encode, RespClient } from "./resp-client.ts";
import { texts } from "./resp-reply.ts";

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

describe("a connection", () => {
  test("answers all commands of one read with one write", async () => {
    const server = await start();
    const client = await connect(server);
    await client.call("PING");
    const write = vi.spyOn(Socket.prototype, "write");
    const before = server.node.stats.totalWrites;
    const replies = await client.pipeline(Array.from({ length: 500 }, (_, index) => ["ECHO", String(index)]));
    write.mockRestore();
    expect(replies).toEqual(Array.from({ length: 500 }, (_, index) => `$${index}`));
    expect(server.node.stats.totalWrites - before).toBeLessThan(10);
  });

  test("carries long values both ways unchanged", async () => {
    const server = await start();
    const client = await connect(server);
    for (const length of [32_767, 32_768, 1_000_000, 20_000_000]) {
      const value = Buffer.from(Array.from({ length: 251 }, (_, index) => index));
      const long = Buffer.alloc(length, value);
      const reply = await client.call("ECHO", long);
      expect(Buffer.from(String(reply).slice(1), "latin1").equals(long)).toBe(true);
    }
  });

  test("gets no replies with CLIENT REPLY OFF, and one less with SKIP", async () => {
    const client = await connect(await start());
    client.send("CLIENT REPLY OFF\r\nPING\r\nECHO a\r\nNOSUCH\r\nCLIENT REPLY ON\r\nECHO b\r\n");
    expect([await client.reply(), await client.reply()]).toEqual(["+OK", "$b"]);
    client.send("CLIENT REPLY SKIP\r\nECHO c\r\nECHO d\r\n");
    expect(await client.reply()).toBe("$d");
  });

  test("is closed behind the reply to QUIT, and behind its own CLIENT KILL", async () => {
    const server = await start();
    const [first, second] = [await connect(server), await connect(server)];
    expect(await first.call("QUIT")).toBe("+OK");
    await first.end();
    const id = String(await second.call("CLIENT", "ID")).slice(1);
    expect(await second.call("CLIENT", "KILL", "ID", id, "SKIPME", "no")).toBe(":1");
    await second.end();
    expect(server.node.clients.size).toBe(0);
  });

  test("waits while CLIENT PAUSE holds its commands back, and then runs them in order", async () => {
    const clock = new ManualClock();
    const server = await start({ clock });
    const [pauser, writer] = [await connect(server), await connect(server)];
    expect(await pauser.call("CLIENT", "PAUSE", "1000", "WRITE")).toBe("+OK");
    let done = false;
    const writes = writer
      .pipeline([
        ["SET", "k", "1"],
        ["INCR", "k"],
        ["GET", "k"],
      ])
      .then((replies) => {
        done = true;
        return replies;
      });
    expect(await pauser.call("GET", "k")).toBe("$-1");
    await clock.advance(999);
    expect(await pauser.call("GET", "k")).toBe("$-1");
    expect(done).toBe(false);
    await clock.advance(1);
    expect(await writes).toEqual(["+OK", ":2", "$2"]);
    await pauser.call("CLIENT", "PAUSE", "100000", "ALL");
    const late = writer.call("PING");
    await clock.advance(100_000);
    expect(await late).toBe("+PONG");
  });

  test("is closed when it was idle for `timeout` seconds", async () => {
    const clock = new ManualClock();
    const server = await start({ clock, config: { timeout: 10 } });
    const [idle, busy] = [await connect(server), await connect(server)];
    await Promise.all([idle.call("PING"), busy.call("PING")]);
    await clock.advance(8000);
    await busy.call("PING");
    await clock.advance(4000);
    await idle.end();
    expect(await busy.call("PING")).toBe("+PONG");
  });

  test("is closed when its replies pile up beyond client-output-buffer-limit", async () => {
    const server = await start({ config: { "client-output-buffer-limit": "normal 100000 0 0" } });
    const client = await connect(server);
    await client.call("SET", "k", "x".repeat(30_000));
    client.send(Buffer.concat(Array.from({ length: 10 }, () => encode(["GET", "k"]))));
    await client.end();
    const other = await connect(server);
    expect(await other.call("PING")).toBe("+PONG");
  });

  test("is closed when the soft limit is exceeded for too long", async () => {
    const clock = new ManualClock();
    const limits = { "client-output-buffer-limit": "normal 0 1000000 5" };
    const server = await start({ clock, config: limits });
    const client = await connect(server);
    await client.call("SET", "k", Buffer.alloc(1_000_000));
    client.pause();
    // More than the two kernels' buffers take.
    client.send(Buffer.concat(Array.from({ length: 30 }, () => encode(["GET", "k"]))));
    await until("the replies are stuck", () =>
      [...server.node.clients].some((each) => each.outputBytes > 1e6),
    );
    await clock.advance(4000);
    expect(server.node.clients.size).toBe(1);
    await clock.advance(3000);
    await until("the connection is gone", () => server.node.clients.size === 0);
  });

  test("is closed when one command grows beyond client-query-buffer-limit", async () => {
    const server = await start({ config: { "client-query-buffer-limit": "1mb" } });
    const client = await connect(server);
    client.send("*2\r\n$4\r\nECHO\r\n$20000000\r\n");
    client.send(Buffer.alloc(3_000_000, 0x61));
    await client.end();
    expect(server.node.clients.size).toBe(0);
  });

  test("leaves its watches and its place in the list when it is cut off", async () => {
    const server = await start();
    const [first, second] = [await connect(server), await connect(server)];
    await first.call("WATCH", "a", "b");
    expect(server.node.watches.size).toBe(2);
    first.close();
    await until("it is gone", () => server.node.clients.size === 1);
    expect(server.node.watches.size).toBe(0);
    expect(
      texts(await second.call("CLIENT", "LIST"))[0]
        ?.trim()
        .split("\n"),
    ).toHaveLength(1);
  });

  test("is counted in INFO", async () => {
    const server = await start();
    const client = await connect(server);
    await client.call("SET", "k", "v");
    await client.call("GET", "k", "x");
    await client.call("NOSUCH");
    await client.call("MULTI");
    await client.call("GET", "k");
    await client.call("EXEC");
    const info = String(await client.call("INFO", "everything"));
    expect(info).toContain("redis_version:7.0.15\r\n");
    expect(info).toContain("connected_clients:1\r\n");
    expect(info).toContain("errorstat_ERR:count=2\r\n");
    expect(info).toMatch(
      /cmdstat_get:calls=1,usec=\d+,usec_per_call=[\d.]+,rejected_calls=1,failed_calls=0\r\n/,
    );
    expect(info).toContain("db0:keys=1,expires=0,avg_ttl=0\r\n");
    expect(info).toContain("# Keyspace\r\n");
    expect(String(await client.call("INFO", "server", "cluster"))).not.toContain("# Memory");
  });
});
