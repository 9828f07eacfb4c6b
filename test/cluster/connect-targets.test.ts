import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
} from "../rig/index.ts";

/** Writes and reads through a new client, then closes it. */
async function roundTrip(target: string | ConnectOptions, keys: readonly string[]): Promise<number> {
  await using client = await connect(target, { connectTimeoutMs: 3000 });
  await client.mset(keys.map((key) => [key, `${key}!`]));
  expect((await client.mget(keys)).map(String)).toEqual(keys.map((key) => `${key}!`));
  return client.topology()?.nodes.length ?? 0;
}

const KEYS = Array.from({ length: 30 }, (_, i) => `t${i}`);

describeWithServer("connect() to one server", () => {
  const folder = mkdtempSync(join(tmpdir(), "slotpack-"));
  const socket = join(folder, "a@b c.sock");
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer({
      config: {
        bind: "127.0.0.1 ::1",
        unixsocket: `"${socket}"`,
        user: ['al:ice on ">p@ss/w:rd?#,%" ~* &* +@all'],
      },
    });
  });
  afterAll(async () => {
    await servers.stop();
    rmSync(folder, { recursive: true });
  });
  const port = () => servers.node.port;

  test("redis:// and valkey:// with an IPv4 address, a name and an IPv6 address", async () => {
    for (const target of [
      `redis://127.0.0.1:${port()}`,
      `valkey://localhost:${port()}`,
      `redis://[::1]:${port()}`,
    ]) {
      expect(await roundTrip(target, KEYS)).toBe(0);
    }
  });

  test("unix:// with a path that is percent-encoded", async () => {
    await roundTrip(`unix://${socket.replace(" ", "%20")}?db=4`, ["of the socket"]);
    expect(await servers.node.command("INFO", "keyspace")).toMatch(/db4:keys=1/);
  });

  test("percent-encoded credentials, and the same credentials as options", async () => {
    const password = "p@ss/w:rd?#,%";
    await roundTrip(`redis://al%3Aice:${encodeURIComponent(password)}@127.0.0.1:${port()}`, KEYS);
    await using client = await connect(`redis://127.0.0.1:${port()}`, { username: "al:ice", password });
    const [outcome] = await client.batch().call("ACL", "WHOAMI").exec();
    expect(String((outcome as PromiseFulfilledResult<Buffer>).value)).toBe("al:ice");
  });

  test("a database by the path of the URL, which an option overrides and an undefined option does not", async () => {
    const target = `redis://127.0.0.1:${port()}/2`;
    const whereIs = async (key: string, options?: object) => {
      await using client = await connect(target, options);
      await client.mset([[key, "v"]]);
      const keyspace = String(await servers.node.command("INFO", "keyspace"));
      await client.del([key]);
      return [...keyspace.matchAll(/db(\d+):/g)].map(([, number]) => Number(number));
    };
    await servers.node.command("FLUSHALL");
    expect(await whereIs("a")).toEqual([2]);
    expect(await whereIs("b", { database: undefined })).toEqual([2]);
    expect(await whereIs("c", { database: 5 })).toEqual([5]);
  });

  test("a database that the server does not have is refused at once, and nothing lands in another", async () => {
    await servers.node.command("FLUSHALL");
    const begun = performance.now();
    await expect(connect(`redis://127.0.0.1:${port()}/99`)).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringMatching(/DB index is out of range/),
    });
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(await servers.node.command("DBSIZE")).toBe(0);
  });

  test("options with host and port, with a path, and with nothing but a port", async () => {
    expect(await roundTrip({ host: "127.0.0.1", port: port() }, KEYS)).toBe(0);
    expect(await roundTrip({ port: port(), database: 1 }, KEYS)).toBe(0);
    expect(await roundTrip({ path: socket }, KEYS)).toBe(0);
  });

  test("cluster: true for a server that is none is refused at once", async () => {
    await expect(connect(servers.url, { cluster: true })).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringMatching(/cluster support disabled/),
    });
  });
});

describeWithServer("connect() to a cluster", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());
  const addresses = () => cluster.primaries.map((node) => node.address);

  test("one address is found to be a cluster", async () => {
    expect(await roundTrip(cluster.node.url, KEYS)).toBe(3);
  });

  test("a comma list, with and without schemes, redis-cluster:// and a name instead of an address", async () => {
    const [first, second, third] = addresses();
    for (const target of [
      `redis://${first},${second}`,
      `redis://${first},redis://${third}`,
      `redis-cluster://${second}`,
      `valkey://localhost:${cluster.node.port}`,
    ]) {
      expect(await roundTrip(target, KEYS)).toBe(3);
    }
  });

  test("options with nodes", async () => {
    const nodes = cluster.primaries.map(({ host, port }) => ({ host, port }));
    expect(await roundTrip({ nodes: nodes.slice(1, 2) }, KEYS)).toBe(3);
  });

  test("a dead entry of the list is passed over", async () => {
    const [first] = addresses();
    expect(await roundTrip(`redis-cluster://127.0.0.1:1,${first}`, KEYS)).toBe(3);
  });

  test("a database other than 0 is refused, whether the target or the server tells of the cluster", async () => {
    await expect(connect(cluster.url, { database: 1 })).rejects.toMatchObject({
      code: "BAD_OPTION",
      option: "database",
    });
    await expect(connect(`${cluster.node.url}/1`)).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringMatching(/SELECT is not allowed in cluster mode/),
    });
  });

  test("maxConnections below the number of primaries is refused at once", async () => {
    const begun = performance.now();
    await expect(connect(cluster.url, { maxConnections: 2 })).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      message: expect.stringMatching(/maxConnections \(2\)/),
    });
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test("a cluster of one node that does not know its own address is reached by the one that was given", async () => {
    await using server = await startServer({ config: { "cluster-enabled": "yes" } });
    await server.node.command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383);
    const [range] = (await server.node.command("CLUSTER", "SLOTS")) as [[number, number, [string, number]]];
    expect(range[2][0]).toBe("");
    expect(await roundTrip(server.node.url, KEYS)).toBe(1);
    expect(await roundTrip(`redis-cluster://${server.node.address}`, KEYS)).toBe(1);
  });
});
