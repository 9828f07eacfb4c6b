import { connect as connectSocket } from "node:net";
import { describe, expect, test } from "vitest";
import { CommandConnection } from "../../src/cli/server-command.ts";
import { ConfigError, connect } from "../../src/index.ts";
import { until } from "../rig/index.ts";

describe("embedded://", () => {
  test("is one server, which ends with the client", async () => {
    const client = await connect("embedded://");
    await client.mset([["a", "1"]]);
    expect((await client.mget(["a", "b"])).map((value) => value?.toString())).toEqual(["1", undefined]);
    expect(client.topology()).toBeUndefined();
    expect(await client.isCluster()).toBe(false);
    const port = await portOf(client);
    expect(await listens(port)).toBe(true);
    await client.close();
    expect(await listens(port)).toBe(false);
  });

  test.each([
    ["embedded://cluster", 3, 0],
    ["embedded://cluster?primaries=2&replicas=1", 2, 1],
    ["Embedded://CLUSTER/?primaries=1", 1, 0],
  ])("%s is a cluster, which ends with the client", async (target, primaries, replicas) => {
    const client = await connect(target);
    const topology = client.topology()!;
    expect(topology.nodes).toHaveLength(primaries);
    const connection = new CommandConnection(topology.nodes[0]!.port);
    const lines = String(await connection.send("CLUSTER", "NODES"))
      .trim()
      .split("\n");
    connection.close();
    expect(lines.filter((line) => / (myself,)?slave /.test(line))).toHaveLength(primaries * replicas);
    const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`);
    await client.mset(keys.map((key) => [key, key]));
    expect((await client.mget(keys)).map(String)).toEqual(keys);
    const ports = topology.nodes.map((node) => node.port);
    await client.close();
    expect(await Promise.all(ports.map(listens))).toEqual(ports.map(() => false));
  });

  test("two targets are two servers", async () => {
    await using one = await connect("embedded://");
    await using other = await connect("embedded://");
    await one.mset([["a", "1"]]);
    expect(await other.exists(["a"])).toBe(0);
  });

  test("takes the client's options", async () => {
    await using client = await connect("embedded://", { keyPrefix: "p:", database: 3, lazyConnect: true });
    await client.mset([["a", "1"]]);
    const keys: string[] = [];
    for await (const key of client.scan()) keys.push(key.toString());
    expect(keys).toEqual(["a"]);
  });

  test("leaves nothing behind where the options are wrong", async () => {
    const handles = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
    await until("those of other tests are gone", () => handles() === 0);
    await expect(connect("embedded://cluster", { timeoutMs: -1 })).rejects.toBeInstanceOf(ConfigError);
    await until("the servers are gone", () => handles() === 0);
  });

  test.each([
    "embedded:",
    "embedded://clusters",
    "embedded://localhost:6379",
    "embedded://user:s3cret@cluster",
    "embedded://?primaries=3",
    "embedded://cluster?primaries=0",
    "embedded://cluster?primaries=x",
    "embedded://cluster?replicas=-1",
    "embedded://cluster?primaries=51&replicas=1",
    "embedded://cluster?workers=2",
  ])("%s is refused as BAD_URL", async (target) => {
    const error = await connect(target).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: "BAD_URL", option: "target" });
    expect((error as Error).message).not.toContain("s3cret");
  });
});

async function portOf(client: Awaited<ReturnType<typeof connect>>): Promise<number> {
  const [outcome] = await client.batch().call("CONFIG", "GET", "port").exec();
  const [, port] = (outcome as PromiseFulfilledResult<Buffer[]>).value;
  return Number(port);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
