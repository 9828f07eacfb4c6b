import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandConnection } from "../../src/cli/server-command.ts";
import { describeWithServer } from "./gate.ts";
import { startProxy, type WireProxy } from "./proxy.ts";
import { type RigServers, startServer } from "./servers.ts";
import { until } from "./until.ts";

const SILENT = Symbol("silent");

function orSilent<T>(promise: Promise<T>, waitMs = 80): Promise<T | typeof SILENT> {
  return Promise.race([
    promise,
    new Promise<typeof SILENT>((resolve) => setTimeout(resolve, waitMs, SILENT)),
  ]);
}

describeWithServer("a proxy of the rig", () => {
  let server: RigServers;
  let proxy: WireProxy;
  let client: CommandConnection;

  beforeEach(async () => {
    server = await startServer();
    proxy = await startProxy(server.node.port);
    client = new CommandConnection(proxy.port);
    await client.send("PING");
  });
  afterEach(async () => {
    client.close();
    await proxy.stop();
    await server.stop();
  });

  test("forwards bytes both ways and counts them", async () => {
    const before = [proxy.bytes("toServer"), proxy.bytes("toClient")] as const;
    expect(await client.send("PING")).toBe("PONG");
    expect(proxy.bytes("toServer") - before[0]).toBe("*1\r\n$4\r\nPING\r\n".length);
    expect(proxy.bytes("toClient") - before[1]).toBe("+PONG\r\n".length);
    expect([proxy.connections, proxy.accepted]).toEqual([1, 1]);
  });

  test("passes 20 MB through unharmed", async () => {
    const value = Buffer.alloc(20 << 20, "0123456789");
    await client.send("SET", "big", value);
    expect(value.equals((await client.sendRaw(["GET", "big"])) as Buffer)).toBe(true);
  });

  test("holds replies while it is paused and delivers them after resume", async () => {
    proxy.pause("toClient");
    const answer = client.send("INCR", "n");
    expect(await orSilent(answer)).toBe(SILENT);
    expect(await server.node.command("GET", "n")).toBe("1");
    proxy.resume();
    expect(await answer).toBe(1);
  });

  test("holds requests while that direction is paused", async () => {
    proxy.pause("toServer");
    const answer = client.send("INCR", "n");
    expect(await orSilent(answer)).toBe(SILENT);
    expect(await server.node.command("GET", "n")).toBeNull();
    proxy.resume();
    expect(await answer).toBe(1);
  });

  test("cuts all connections at once, and lets new ones in", async () => {
    const answer = client.send("BLPOP", "none", 0);
    // A close with unread bytes would be a reset.
    await until("the server waits", async () => {
      return String(await server.node.command("INFO", "clients")).includes("blocked_clients:1");
    });
    proxy.cut();
    await expect(answer).rejects.toThrow("closed");
    await until("the proxy has no link", () => proxy.connections === 0);
    client = new CommandConnection(proxy.port);
    expect(await client.send("PING")).toBe("PONG");
  });

  test("resets connections when told so", async () => {
    const answer = client.send("BLPOP", "none", 0);
    proxy.cut("rst");
    await expect(answer).rejects.toThrow("ECONNRESET");
  });

  test("cuts before the first reply byte, after the server ran the command", async () => {
    proxy.cutAfter(0, "toClient");
    await expect(client.send("INCR", "n")).rejects.toThrow("closed");
    expect(await server.node.command("GET", "n")).toBe("1");
  });

  test("lets exactly the asked bytes of a request through before it cuts", async () => {
    const bytes = proxy.bytes("toServer");
    const one = "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n".length;
    proxy.cutAfter(2 * one + 3, "toServer");
    const answers = await Promise.allSettled([1, 2, 3, 4].map(() => client.send("INCR", "n")));
    expect(proxy.bytes("toServer") - bytes).toBe(2 * one + 3);
    expect(answers[3]?.status).toBe("rejected");
    await until("the server ran the two whole commands", async () => {
      return (await server.node.command("GET", "n")) === "2";
    });
  });

  test("delays every byte, each way", async () => {
    proxy.delay(20);
    const start = performance.now();
    await client.send("PING");
    const elapsed = performance.now() - start;
    expect(elapsed).toBeGreaterThanOrEqual(39);
    expect(elapsed).toBeLessThan(2000);
    proxy.delay(0);
  });

  test("swallows bytes as a black hole, new connections included, without closing anything", async () => {
    proxy.blackhole();
    const answer = client.send("INCR", "n");
    const late = new CommandConnection(proxy.port);
    const lateAnswer = late.send("INCR", "n");
    expect(await orSilent(Promise.race([answer, lateAnswer]))).toBe(SILENT);
    const closed = [answer, lateAnswer].map((promise) => expect(promise).rejects.toThrow("closed"));
    proxy.restore();
    await Promise.all(closed);
    expect(await server.node.command("GET", "n")).toBeNull();
  });

  test("refuses new connections and keeps the present ones", async () => {
    proxy.refuse();
    await expect(new CommandConnection(proxy.port).send("PING")).rejects.toThrow();
    expect(await client.send("PING")).toBe("PONG");
  });

  test("drops and inserts replies through its transform", async () => {
    proxy.transform("toClient", (chunk) => [Buffer.from("+EXTRA\r\n"), chunk]);
    expect(await Promise.all([client.send("PING"), client.send("ECHO", "x")])).toEqual(["EXTRA", "PONG"]);
    proxy.transform("toClient", () => []);
    const dropped = client.send("PING");
    expect(await orSilent(dropped)).toBe(SILENT);
    proxy.transform("toClient", undefined);
    void client.send("ECHO", "late").catch(() => {});
    expect(await dropped).toBe("late");
  });

  test("passes the server's close on to the client", async () => {
    const closed = expect(client.send("BLPOP", "none", 0)).rejects.toThrow("closed");
    await server.kill(server.node);
    await closed;
  });
});
