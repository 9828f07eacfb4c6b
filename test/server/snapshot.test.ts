import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  ManualClock,
  type Server,
  type ServerOptions,
  startCluster,
  startServer,
} from "../../src/server/index.ts";
import { describeWithServer, startServer as startRealServer, until } from "../rig/index.ts";
import { RespClient } from "./resp-client.ts";

const servers: Server[] = [];
async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function fill(client: RespClient): Promise<void> {
  await client.call("SET", "text", "hello");
  await client.call("SET", "number", "-123456", "PX", 50_000);
  await client.call("SET", "large", Buffer.alloc(100_000, "ab"));
  await client.call("SET", "b\x00\xff", "\x00\xff\r\n");
  await client.call("SELECT", 3);
  await client.call("SET", "elsewhere", "");
  await client.call("SELECT", 0);
}

describe("a snapshot", () => {
  test("brings back keys, values, times and settings, and takes the rest away", async () => {
    const clock = new ManualClock();
    const server = await start({ clock });
    const client = await RespClient.connect(server.port);
    await fill(client);
    await client.call("CONFIG", "SET", "maxmemory", "100mb");
    const snapshot = server.node.snapshot();
    await clock.advance(1000);
    await client.pipeline([
      ["FLUSHALL"],
      ["SET", "later", "1"],
      ["CONFIG", "SET", "maxmemory", "0"],
      ["WATCH", "text"],
    ]);
    server.node.restore(snapshot);
    expect(await client.call("DBSIZE")).toBe(":4");
    expect(await client.call("PTTL", "number")).toBe(":49000");
    expect(await client.call("TTL", "text")).toBe(":-1");
    expect(await client.call("GET", "b\x00\xff")).toBe("$\x00\xff\r\n");
    expect(await client.call("STRLEN", "large")).toBe(":100000");
    expect(await client.call("CONFIG", "GET", "maxmemory")).toEqual(["*", "$maxmemory", "$104857600"]);
    expect(await client.pipeline([["MULTI"], ["PING"], ["EXEC"]])).toEqual(["+OK", "+QUEUED", "*-1"]);
    await client.call("SELECT", 3);
    expect(await client.call("GET", "elsewhere")).toBe("$");
    // As long as nothing was changed, the same bytes again.
    expect(server.node.snapshot().length).toBe(snapshot.length);
  });

  test("goes to another server, too; what is none is refused, and changes nothing", async () => {
    const [from, to] = [await start(), await start({ databases: 4 })];
    const [client, target] = [await RespClient.connect(from.port), await RespClient.connect(to.port)];
    await fill(client);
    to.node.restore(from.node.snapshot());
    expect(await target.call("GET", "text")).toBe("$hello");
    const snapshot = from.node.snapshot();
    const damaged = Buffer.from(snapshot);
    damaged[40] = (damaged[40] as number) ^ 1;
    for (const bytes of [Buffer.alloc(0), Buffer.from("REDIS0010"), damaged, snapshot.subarray(0, -20)]) {
      expect(() => to.node.restore(bytes)).toThrow();
    }
    await client.pipeline([
      ["SELECT", 9],
      ["SET", "far", "1"],
    ]);
    expect(() => to.node.restore(from.node.snapshot())).toThrow("there is no database 9");
    expect(await target.call("DBSIZE")).toBe(":4");
  });

  test("leaves the other server its password, and out what has expired meanwhile", async () => {
    const clock = new ManualClock();
    const [from, to] = [
      await start({ clock, password: "one", config: { "cluster-announce-ip": "10.0.0.1" } }),
      await start({ clock, password: "two" }),
    ];
    const client = await RespClient.connect(from.port);
    await client.pipeline([
      ["AUTH", "one"],
      ["SET", "short", "1", "PX", 1000],
      ["SET", "long", "1", "PX", 5000],
      ["CONFIG", "SET", "maxmemory", "5mb", "masterauth", "three"],
    ]);
    const snapshot = from.node.snapshot();
    for (const secret of ["one", "three"]) expect(snapshot.includes(`"${secret}"`)).toBe(false);
    await clock.advance(1000);
    to.node.restore(snapshot);
    const target = await RespClient.connect(to.port);
    expect(await target.call("AUTH", "two")).toBe("+OK");
    expect(await target.call("DBSIZE")).toBe(":1");
    expect(await target.call("PTTL", "long")).toBe(":4000");
    expect(await target.call("CONFIG", "GET", "maxmemory")).toEqual(["*", "$maxmemory", "$5242880"]);
    expect(await target.call("CONFIG", "GET", "cluster-announce-ip")).toEqual([
      "*",
      "$cluster-announce-ip",
      "$",
    ]);
  });

  test("with keys of another node's slots is refused in a cluster, and what is no bytes everywhere", async () => {
    const server = await start();
    const client = await RespClient.connect(server.port);
    await client.call("SET", "foo", "1");
    await using cluster = await startCluster({ primaries: 2 });
    const [first, second] = cluster.nodes;
    const snapshot = server.node.snapshot();
    expect(() => first!.node.restore(snapshot)).toThrow('slot 12182 of the key "foo" is another node\'s');
    second!.node.restore(snapshot);
    expect(second!.node.databases[0]?.size).toBe(1);
    for (const none of [undefined, "REDIS0010", 5]) {
      expect(() => server.node.restore(none as never)).toThrow(
        expect.objectContaining({ code: "BAD_SNAPSHOT" }),
      );
    }
  });

  test("of a primary reaches its replicas", async () => {
    await using cluster = await startCluster({ primaries: 1, replicas: 1 });
    const [primary, replica] = cluster.nodes;
    const client = await RespClient.connect(primary!.port);
    await client.call("SET", "a", "1");
    const snapshot = primary!.node.snapshot();
    await client.pipeline([
      ["SET", "a", "2"],
      ["SET", "b", "2"],
    ]);
    primary!.node.restore(snapshot);
    const reader = await RespClient.connect(replica!.port);
    await reader.call("READONLY");
    await until("the replica follows", async () => (await reader.call("GET", "a")) === "$1");
    expect(await reader.call("EXISTS", "b")).toBe(":0");
    expect(() => replica!.node.restore(snapshot)).toThrow("a replica holds what its primary holds");
  });
});

describeWithServer("a snapshot on a real server", () => {
  test("is loaded as its own file", async () => {
    const server = await start();
    await fill(await RespClient.connect(server.port));
    await using real = await startRealServer();
    // DEBUG RELOAD and a restart take the file of the server's own folder.
    const [, dir] = (await real.node.command("CONFIG", "GET", "dir")) as [string, string];
    writeFileSync(join(dir, "dump.rdb"), server.node.snapshot());
    await real.kill(real.node);
    await real.restart(real.node);
    expect(await real.node.command("GET", "text")).toBe("hello");
    expect(await real.node.command("OBJECT", "ENCODING", "number")).toBe("int");
    expect(Number(await real.node.command("PTTL", "number"))).toBeGreaterThan(0);
    expect(await real.node.command("STRLEN", "large")).toBe(100_000);
    expect(await real.node.command("DBSIZE")).toBe(4);
  });
});
