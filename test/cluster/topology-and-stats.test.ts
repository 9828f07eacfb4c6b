import { expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { describeWithServer, startCluster } from "../rig/index.ts";
import { describeInBothPlaces } from "./both-places.ts";

describeInBothPlaces("topology() and stats()", (place) => {
  test("the topology is the cluster's, and undefined for one server", async () => {
    const map = place.client.topology();
    expect(await place.client.isCluster()).toBe(place.isCluster);
    if (!place.isCluster) return expect(map).toBeUndefined();
    expect(map!.coverage).toBe(16_384);
    for (const key of ["a", "b", "{tag}c", ""]) {
      const node = await place.nodeOf(key);
      const slot = (await node.command("CLUSTER", "KEYSLOT", key)) as number;
      expect(map!.owner(slot)).toMatchObject({
        host: node.host,
        port: node.port,
        id: node.id,
        role: "primary",
      });
    }
  });

  test("the counters count commands, writes, bytes and connections", async () => {
    await using client = await connect(place.servers.url);
    const start = client.stats();
    expect(start).toMatchObject({
      connections: place.servers.nodes.length,
      openConnections: place.servers.nodes.length,
      reconnects: 0,
      unknown: 0,
      timeouts: 0,
      desyncs: 0,
      suspicions: 0,
    });
    const value = Buffer.alloc(100_000);
    await client.mset([["k", value]]);
    const written = client.stats();
    expect(written.commands - start.commands).toBe(1);
    expect(written.socketWrites - start.socketWrites).toBe(1);
    expect(written.bytesWritten - start.bytesWritten).toBeGreaterThan(100_000);
    await client.mget(["k", "none"]);
    const read = client.stats();
    expect(read.commands - written.commands).toBe(2);
    expect(read.bytesRead - written.bytesRead).toBeGreaterThan(100_000);
    expect(read).toMatchObject({ inFlightBytes: 0, queuedBytes: 0 });
  });

  test("the snapshot is the caller's own", async () => {
    const stats = place.client.stats();
    stats.commands = -1;
    expect(place.client.stats().commands).toBeGreaterThanOrEqual(0);
  });
});

describeWithServer("topology() of a cluster with replicas", () => {
  test("shows each primary's replicas, and no connection is made to them", async () => {
    await using cluster = await startCluster({ replicas: 1 });
    await using client = await connect(cluster.url);
    const nodes = client.topology()!.nodes;
    expect(nodes.length).toBe(3);
    for (const primary of cluster.primaries) {
      const node = nodes.find(({ id }) => id === primary.id);
      const replicas = cluster
        .replicasOf(primary)
        .map(({ id, host, port }) => ({ id, host, port, role: "replica" }));
      expect(node?.replicas).toEqual(replicas);
    }
    expect(client.stats().openConnections).toBe(3);
  });
});
