import { describe, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { keySlot, SlotMap } from "../../src/slots/index.ts";
import { describeWithServer, resp, type ScriptedServer, startCluster, startScripted } from "../rig/index.ts";

// Row 6: an empty host means the host of the node that answered.

const KEYS = Array.from({ length: 50 }, (_, i) => `key:${i}`);

describe("a scripted cluster that does not tell its host", () => {
  test.each([null, "", "?"])("in CLUSTER SLOTS (%j) is reached where it answered", async (host) => {
    await using server = await startScripted(({ name, text }) =>
      name === "GET" ? resp(text[0] ?? "") : undefined,
    );
    server.topology = [{ first: 0, last: 16_383, nodes: [{ host, port: server.port, id: "a".repeat(40) }] }];
    await using client = await connect(server.url, { connectTimeoutMs: 3000 });
    expect(client.topology()?.nodes.map((node) => `${node.host}:${node.port}`)).toEqual([server.address]);
    expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
    expect(server.accepted).toBe(1);
  });

  test.each(["MOVED", "ASK"])("in %s is followed on the host that sent it", async (kind) => {
    await using target = await startScripted(({ name, text }) =>
      name === "GET" ? resp(`B ${text[0]}`) : undefined,
    );
    await using source: ScriptedServer = await startScripted(({ name, text }) =>
      name === "GET" ? `-${kind} ${keySlot(text[0] as string)} :${target.port}\r\n` : undefined,
    );
    source.topology = [
      { first: 0, last: 16_383, nodes: [{ host: null, port: source.port, id: "a".repeat(40) }] },
    ];
    target.topology = source.topology;
    await using client = await connect(source.url);
    expect((await client.mget(["x", "y"])).map(String)).toEqual(["B x", "B y"]);
  });

  test("is understood in CLUSTER SHARDS and CLUSTER NODES, too", () => {
    const node = [
      "id",
      "a".repeat(40),
      "port",
      7000,
      "ip",
      "",
      "endpoint",
      null,
      "role",
      "master",
      "health",
      "online",
    ];
    const shards = [["slots", [0, 16_383], "nodes", [node]]];
    expect(SlotMap.fromClusterShards(shards, "10.1.2.3").owner(5)).toMatchObject({
      host: "10.1.2.3",
      port: 7000,
    });
    const nodes = `${"a".repeat(40)} :7000@17000 myself,master - 0 0 1 connected 0-16383\n`;
    expect(SlotMap.fromClusterNodes(nodes, "10.1.2.3").owner(5)).toMatchObject({
      host: "10.1.2.3",
      port: 7000,
    });
  });
});

describeWithServer("a real cluster that does not tell its host", () => {
  test("because it has one node and has met nobody", async () => {
    await using cluster = await startCluster({ primaries: 1 });
    const [[, , [host]]] = (await cluster.node.command("CLUSTER", "SLOTS")) as [[number, number, [string]]];
    expect(host).toBe("");
    await using client = await connect(cluster.node.url, { connectTimeoutMs: 5000 });
    await client.mset(KEYS.map((key) => [key, key]));
    expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
    expect(client.topology()?.coverage).toBe(16_384);
  });

  test("because its preferred endpoint is unknown, with a slot that has moved", async () => {
    await using cluster = await startCluster({
      config: { "cluster-preferred-endpoint-type": "unknown-endpoint", "cluster-node-timeout": 15_000 },
    });
    await using client = await connect(cluster.node.url, { topologyRefreshMs: 600_000 });
    await client.mset(KEYS.map((key) => [key, key]));
    const slot = keySlot(KEYS[0] as string);
    const from = await cluster.ownerOf(slot);
    const to = cluster.primaries.find((node) => node !== from) as typeof from;
    await cluster.migrateSlot(slot, from, to);
    await expect(from.command("GET", KEYS[0] as string)).rejects.toThrow(`MOVED ${slot} :${to.port}`);
    expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
    expect(client.stats().moved).toBeGreaterThan(0);
  });

  test("but a host name", async () => {
    await using cluster = await startCluster({
      config: {
        "cluster-announce-hostname": "localhost",
        "cluster-preferred-endpoint-type": "hostname",
        "cluster-node-timeout": 15_000,
      },
    });
    await using client = await connect(cluster.url);
    expect(client.topology()?.nodes.map(({ host }) => host)).toEqual(["localhost", "localhost", "localhost"]);
    await client.mset(KEYS.map((key) => [key, key]));
    expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
  });
});
