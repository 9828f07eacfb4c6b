import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { type Cluster, ManualClock, startCluster, startServer } from "../../src/server/index.ts";

const wrong = (code: string, text: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(text) });

describe("options of a server", () => {
  test.each([
    [{ port: 70_000 }, "BAD_OPTION", /port: expected a whole number from -1 to 65535, got 70000/],
    [{ port: "6379" }, "BAD_OPTION", /port: .* got "6379"/],
    [{ port: -1 }, "BAD_OPTION", /or a unixSocket, got -1/],
    [{ prot: 1 }, "UNKNOWN_OPTION", /unknown option "prot"; the options are .*port/],
    [{ maxMemory: 1.5 }, "BAD_OPTION", /maxMemory: .* got 1\.5/],
    [{ databases: 0 }, "BAD_OPTION", /databases/],
    [{ evictionPolicy: "lru" }, "SERVER_CONFIG", /maxmemory-policy lru.*allkeys-lru/],
    [{ users: { bob: "on nonsense" } }, "SERVER_CONFIG", /users: .*nonsense/],
    [{ users: ["bob"] }, "BAD_OPTION", /users: .* got an array/],
    [{ config: { nope: 1 } }, "SERVER_CONFIG", /unknown parameter 'nope'/],
    [{ config: { hz: {} } }, "BAD_OPTION", /config/],
    [{ configFile: "no/such.conf" }, "BAD_FILE", /no\/such\.conf/],
    [{ clock: {} }, "BAD_OPTION", /clock: expected a Clock/],
    [null, "BAD_OPTION", /options: expected an object, got null/],
  ])("%j is refused with %s", async (options, code, text) => {
    const starting = startServer(options as never);
    await expect(starting).rejects.toBeInstanceOf(ConfigError);
    await expect(starting).rejects.toEqual(wrong(code, text));
  });

  test("a port that is taken is Node's own error", async () => {
    await using server = await startServer();
    await expect(startServer({ port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("options of a cluster", () => {
  test.each([
    [{ primaries: 0 }, "BAD_OPTION", /primaries: .* got 0/],
    [{ replicas: 0.5 }, "BAD_OPTION", /replicas/],
    [{ primaries: 600, replicas: 1 }, "BAD_OPTION", /at most 1000 nodes, got 1200/],
    [{ ports: [7000] }, "BAD_OPTION", /ports: expected one port for each of 3 nodes/],
    [{ nodeTimeoutMs: -5 }, "BAD_OPTION", /nodeTimeoutMs/],
    [{ port: 7000 }, "UNKNOWN_OPTION", /"port".*ports/],
    [{ databases: 2 }, "UNKNOWN_OPTION", /databases/],
  ])("%j is refused with %s", async (options, code, text) => {
    await expect(startCluster(options as never)).rejects.toEqual(wrong(code, text));
  });

  test("a port that is taken ends the nodes that did start", async () => {
    await using server = await startServer();
    const ports = [0, server.port, 0];
    await expect(startCluster({ ports })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("what is asked of a running cluster", () => {
  type Ask = (cluster: Cluster) => unknown;
  const asks: [string, Ask, string, RegExp][] = [
    [
      "a slot that there is not",
      (cluster) => cluster.ownerOf(16_384),
      "BAD_SLOT",
      /from 0 to 16383, got 16384/,
    ],
    [
      "a slot moved to a replica",
      (cluster) => cluster.migrateSlot(0, cluster.nodes[3] as never),
      "BAD_NODE",
      /a running primary/,
    ],
    [
      "a failover to a primary",
      (cluster) => cluster.failover(cluster.nodes[0] as never),
      "BAD_NODE",
      /replica/,
    ],
    ["a node of nobody", (cluster) => cluster.removeNode({} as never), "BAD_NODE", /node of this cluster/],
    [
      "no keys in a step",
      (cluster) => cluster.migrateSlot(1, cluster.nodes[1] as never, { keysPerStep: 0 }),
      "BAD_OPTION",
      /keysPerStep/,
    ],
    [
      "a replica of a replica",
      (cluster) => cluster.addNode({ replicaOf: cluster.nodes[3] as never }),
      "BAD_NODE",
      /primary/,
    ],
    [
      "a snapshot of nothing",
      ({ nodes }) => nodes[0]?.node.restore(Buffer.from("x")),
      "BAD_SNAPSHOT",
      /restore/,
    ],
    ["a negative latency", ({ nodes }) => nodes[0]?.faults.latency(-1), "BAD_ARGUMENT", /ms: .* got -1/],
    [
      "a fault's typing error",
      ({ nodes }) => nodes[0]?.faults.drop({ comand: "get" } as never),
      "UNKNOWN_OPTION",
      /comand/,
    ],
    [
      "an unlikely probability",
      ({ nodes }) => nodes[0]?.faults.drop({ probability: 2 }),
      "BAD_OPTION",
      /from 0 to 1, got 2/,
    ],
    ["parts without bytes", ({ nodes }) => nodes[0]?.faults.split({ every: 0 }), "BAD_OPTION", /every/],
    [
      "skip where commands are counted already",
      ({ nodes }) => nodes[0]?.faults.closeAfter({ commands: 1 }, { skip: 1 } as never),
      "UNKNOWN_OPTION",
      /skip/,
    ],
    ["a time that runs back", () => new ManualClock().advance(-1), "BAD_ARGUMENT", /ms: .* got -1/],
  ];

  test.each(asks)("%s is refused", async (_title, ask, code, text) => {
    await using cluster = await startCluster({ primaries: 3, replicas: 1 });
    await expect((async () => ask(cluster))()).rejects.toEqual(wrong(code, text));
    expect(cluster.nodes).toHaveLength(6);
  });
});
