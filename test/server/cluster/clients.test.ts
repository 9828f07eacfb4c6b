import { Cluster as Cluster6 } from "ioredis";
import { Cluster as Cluster5 } from "ioredis-5";
import { createCluster } from "redis";
import { afterEach, describe, expect, test } from "vitest";
import { connect } from "../../../src/cluster/connect.ts";
import { type Cluster, startCluster } from "../../../src/server/start-cluster.ts";

interface TestClient {
  set(key: string, value: string): Promise<unknown>;
  get(key: string): Promise<string | null>;
  close(): Promise<unknown> | unknown;
}

const CLIENTS: Record<string, (cluster: Cluster) => Promise<TestClient>> = {
  "ioredis 5": async (cluster) => {
    const client = new Cluster5(cluster.nodes.map(({ host, port }) => ({ host, port })));
    return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), close: () => client.disconnect() };
  },
  "ioredis 6": async (cluster) => {
    const client = new Cluster6(cluster.nodes.map(({ host, port }) => ({ host, port })));
    return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), close: () => client.disconnect() };
  },
  "node-redis": async (cluster) => {
    const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) });
    client.on("error", () => {});
    await client.connect();
    return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), close: () => client.destroy() };
  },
  "our own": async (cluster) => {
    const client = await connect(cluster.url);
    return {
      set: (key, value) => client.mset([[key, value]]),
      get: async (key) => (await client.mget([key]))[0]?.toString() ?? null,
      close: () => client.close(),
    };
  },
};

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

const KEYS = Array.from({ length: 60 }, (_, index) => `key:${index}`);
/** All in slot 12182. */
const TAGGED = Array.from({ length: 20 }, (_, index) => `{foo}${index}`);

describe.each(Object.entries(CLIENTS))("%s as a cluster client", (_, create) => {
  async function start(): Promise<{ cluster: Cluster; client: TestClient }> {
    const cluster = await startCluster({ replicas: 1, nodeTimeoutMs: 500 });
    open.push(cluster);
    const client = await create(cluster);
    open.push(client);
    return { cluster, client };
  }

  test("reads back what it wrote to every node", async () => {
    const { cluster, client } = await start();
    await Promise.all(KEYS.map((key, index) => client.set(key, String(index))));
    expect(await Promise.all(KEYS.map((key) => client.get(key)))).toEqual(
      KEYS.map((__, index) => String(index)),
    );
    expect(cluster.primaries.every(({ node }) => (node.databases[0]?.size ?? 0) > 0)).toBe(true);
  });

  test("goes through a held half-migrated slot, and finds it at its new owner", async () => {
    const { cluster, client } = await start();
    await Promise.all(TAGGED.map((key) => client.set(key, key)));
    const to = cluster.nodes[0] as (typeof cluster.nodes)[number];
    const move = await cluster.migrateSlot(12182, to, { keysPerStep: 10, hold: 1 });
    expect(move.moved).toBe(10);
    expect(await Promise.all(TAGGED.map((key) => client.get(key)))).toEqual(TAGGED);
    await client.set("{foo}new", "1");
    await move.finish();
    expect(await Promise.all(TAGGED.map((key) => client.get(key)))).toEqual(TAGGED);
    expect(await client.get("{foo}new")).toBe("1");
    expect(cluster.ownerOf(12182)).toBe(to);
  });

  test("goes on after a failover by command", async () => {
    const { cluster, client } = await start();
    await Promise.all(TAGGED.map((key) => client.set(key, key)));
    const [, , third, , , sixth] = cluster.nodes;
    await cluster.failover(sixth as (typeof cluster.nodes)[number]);
    expect(cluster.ownerOf(12182)).toBe(sixth);
    expect(await Promise.all(TAGGED.map((key) => client.get(key)))).toEqual(TAGGED);
    await Promise.all(TAGGED.map((key) => client.set(key, "new")));
    expect(third?.role).toBe("replica");
  });
});
