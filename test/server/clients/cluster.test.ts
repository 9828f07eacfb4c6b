import { afterEach, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../../src/server/start-cluster.ts";
import { describeUnless, until } from "../../rig/index.ts";
import { RespClient } from "../resp-client.ts";
import { CLUSTER_DRIVERS, type ClusterDriver, glideClusterDriver } from "./cluster-drivers.ts";
import { findGlide, glideMissing } from "./glide-driver.ts";

const PATIENCE_MS = 45_000;

const glide = await findGlide();
const drivers = {
  ...CLUSTER_DRIVERS,
  ...(glide === undefined ? {} : { "GLIDE 2": glideClusterDriver(glide) }),
};
describeUnless("glide", glideMissing(glide), "GLIDE 2 as a cluster client", () => {
  test("is among the clients", () => expect(Object.keys(drivers)).toContain("GLIDE 2"));
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

const KEYS = Array.from({ length: 60 }, (_, index) => `key:${index}`);
/** All in slot 12182. */
const TAGGED = Array.from({ length: 20 }, (_, index) => `{foo}${index}`);

describe.each(Object.entries(drivers))("%s as a cluster client", (_, create) => {
  async function start(): Promise<{ cluster: Cluster; client: ClusterDriver }> {
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
    if (client.asksOneByOne) for (const key of TAGGED) expect(await client.get(key)).toBe(key);
    else expect(await Promise.all(TAGGED.map((key) => client.get(key)))).toEqual(TAGGED);
    await client.set("{foo}new", "1");
    await move.finish();
    expect(await Promise.all(TAGGED.map((key) => client.get(key)))).toEqual(TAGGED);
    expect(await client.get("{foo}new")).toBe("1");
    expect(cluster.ownerOf(12182)).toBe(to);
  });

  test("takes values of bytes, and a command that names many keys of one slot", async () => {
    const { client } = await start();
    const value = Buffer.from([0, 255, 13, 10, 0xc3]);
    await client.set("bytes", value);
    expect(value.equals((await client.getBytes("bytes")) as Buffer)).toBe(true);
    expect(await client.get("none")).toBeNull();
    await client.mset({ "{foo}a": "1", "{foo}b": "2" });
    expect(await client.get("{foo}b")).toBe("2");
  });

  test("hears what is published at any node", async () => {
    const { cluster, client } = await start();
    const heard: string[] = [];
    await client.subscribe("news", (text) => heard.push(text));
    for (const node of cluster.nodes) {
      const publisher = await RespClient.connect(node.port);
      open.push(publisher);
      await publisher.call("PUBLISH", "news", node.address);
    }
    await until("all is heard", () => heard.length >= cluster.nodes.length);
    expect(heard.sort()).toEqual(cluster.nodes.map((node) => node.address).sort());
  });

  test("goes on when a primary has died and its replica was elected", async () => {
    const { cluster, client } = await start();
    const [, , third, , , sixth] = cluster.nodes;
    await Promise.all(TAGGED.map((key) => client.set(key, key)));
    // Replication is asynchronous: what has not left with a dead primary is lost.
    await until("the replica has them", () => sixth!.node.databases[0]?.size === TAGGED.length);
    await third!.kill();
    await until("the replica has taken over", () => cluster.ownerOf(12182) === sixth, PATIENCE_MS);
    const read = async () => (await client.get(TAGGED[0]!)) === TAGGED[0];
    await until("it finds the successor", read, PATIENCE_MS);
    expect(await Promise.all(TAGGED.map((key) => client.get(key)))).toEqual(TAGGED);
    await Promise.all(KEYS.map((key) => client.set(key, "new")));
    await third!.restart();
    await until("the dead one follows", () => third!.role === "replica", PATIENCE_MS);
    expect(await client.get(KEYS[0]!)).toBe("new");
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
