import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClientEvents, connect, type SlotClient } from "../../src/index.ts";
import { describeWithServer, type RigCluster, startCluster, startServer, until } from "../rig/index.ts";

type Seen = { [E in keyof ClientEvents]: ClientEvents[E][0][] };

function watch(client: SlotClient): Seen {
  const seen: Seen = { reconnect: [], refresh: [], redirect: [], nodeDown: [], nodeUp: [] };
  for (const name of Object.keys(seen) as (keyof ClientEvents)[])
    client.on(name, (event: object) => (seen[name] as object[]).push(event));
  return seen;
}

describeWithServer("events", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test("nodeUp for each node when a lazy client connects, and one refresh", async () => {
    await using client = await connect(cluster.url, { lazyConnect: true });
    const seen = watch(client);
    await client.mget(["a"]);
    await until("three nodes are up", () => seen.nodeUp.length === 3);
    expect(seen.nodeUp.map(({ node }) => node).toSorted()).toEqual(
      cluster.primaries.map(({ address }) => address).toSorted(),
    );
    expect(seen.refresh).toEqual([{ nodes: 3 }]);
    expect(seen.reconnect).toEqual([]);
    expect(seen.nodeDown).toEqual([]);
  });

  test("refresh comes again by itself every topologyRefreshMs", async () => {
    await using client = await connect(cluster.url, { topologyRefreshMs: 500 });
    const seen = watch(client);
    await until("two refreshes", () => seen.refresh.length >= 2, 5000);
    expect(client.stats().refreshes).toBeGreaterThanOrEqual(3);
  });

  test("redirect tells of a MOVED once, then the table knows", async () => {
    await using client = await connect(cluster.url, { topologyRefreshMs: 600_000 });
    const seen = watch(client);
    const key = "{event}key";
    const slot = await cluster.slotOf(key);
    const from = await cluster.ownerOf(slot);
    const to = cluster.primaries.find((node) => node !== from)!;
    await client.mset([[key, "v"]]);
    const { left } = await cluster.migrateSlot(slot, from, to, { keys: 1, finish: false });
    expect(left).toEqual([]);
    expect(String((await client.mget([key]))[0])).toBe("v");
    await until("the ASK is seen", () => seen.redirect.length === 1);
    expect(seen.redirect[0]).toEqual({ kind: "ask", slot, from: from.address, to: to.address });
    await cluster.migrateSlot(slot, from, to);
    for (let i = 0; i < 3; i++) expect(String((await client.mget([key]))[0])).toBe("v");
    expect(seen.redirect.slice(1)).toEqual([{ kind: "moved", slot, from: from.address, to: to.address }]);
    expect(client.stats()).toMatchObject({ moved: 1, ask: 1 });
    await until("the refresh that a MOVED asks for", () => seen.refresh.length > 0);
    expect(client.topology()?.owner(slot)?.port).toBe(to.port);
  });
});

describeWithServer("events of a server that goes and comes back", () => {
  test("CLIENT KILL: nodeDown, then nodeUp and reconnect with the next call", async () => {
    await using servers = await startServer();
    await using client = await connect(servers.url);
    const seen = watch(client);
    const { address } = servers.node;
    await servers.node.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await until("the connection is seen to be lost", () => seen.nodeDown.length === 1);
    expect(seen.nodeDown[0]).toMatchObject({ node: address, suspected: false, cause: expect.any(Error) });
    await client.mget(["a"]);
    await until("it is back", () => seen.reconnect.length === 1);
    expect(seen.reconnect).toEqual([{ node: address }]);
    expect(seen.nodeUp).toEqual([{ node: address }]);
    expect(client.stats()).toMatchObject({ connections: 2, reconnects: 1, openConnections: 1 });
  });

  test("a killed server is down once, however often it is tried, and up once when it is back", async () => {
    await using servers = await startServer();
    await using client = await connect(servers.url);
    const seen = watch(client);
    await servers.kill(servers.node);
    await expect(client.mget(["a"], { timeoutMs: 300 })).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(seen.nodeDown.length).toBe(1);
    await servers.restart(servers.node);
    expect(await client.mget(["a"])).toEqual([null]);
    await until("it is back", () => seen.reconnect.length === 1);
    expect(seen.nodeDown.length).toBe(1);
    expect(seen.nodeUp.length).toBe(1);
  });

  test("a frozen server is suspected, and what it says afterwards ends that", async () => {
    await using servers = await startServer();
    await using client = await connect(servers.url, { deadNodeTimeoutMs: 200 });
    await client.mset([["f", "v"]]);
    const seen = watch(client);
    servers.pause(servers.node);
    const call = client.mget(["f"], { timeoutMs: 10_000 });
    await until("it is suspected", () => seen.nodeDown.some(({ suspected }) => suspected));
    servers.resume(servers.node);
    expect((await call).map(String)).toEqual(["v"]);
    expect(client.stats().suspicions).toBeGreaterThan(0);
    await until("it is back", () => seen.reconnect.length > 0);
  });
});
