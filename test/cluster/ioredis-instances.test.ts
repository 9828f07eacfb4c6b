import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
} from "../rig/index.ts";

const KEYS = Array.from({ length: 40 }, (_, i) => `i${i}`);
const MAJORS = [
  { name: "ioredis 6", Redis, Cluster },
  // The public surface that is used here is the same in both.
  {
    name: "ioredis 5.4",
    Redis: Redis5 as unknown as typeof Redis,
    Cluster: Cluster5 as unknown as typeof Cluster,
  },
];

describeWithServer("connect() with an existing ioredis instance", () => {
  let servers: RigServers;
  let cluster: RigCluster;
  beforeAll(async () => {
    const config = { requirepass: "pw", user: ["app on >app-pw ~* &* +@all"] };
    [servers, cluster] = await Promise.all([startServer({ config }), startCluster({ config })]);
  });
  afterAll(() => Promise.all([servers.stop(), cluster.stop()]));

  describe.each(MAJORS)("of $name", ({ Redis: RedisClass, Cluster: ClusterClass }) => {
    test("a Redis: its address, credentials, database and keyPrefix count, and it is left alone", async () => {
      const redis = new RedisClass({
        port: servers.node.port,
        username: "app",
        password: "app-pw",
        db: 3,
        keyPrefix: "pre:",
        connectionName: "named",
      });
      await redis.set("own", "1");
      const client = await connect(redis);
      await client.mset(KEYS.map((key) => [key, key]));
      expect((await client.mget([...KEYS, "own"])).map(String)).toEqual([...KEYS, "1"]);
      const listed = String(await servers.node.command("CLIENT", "LIST"));
      expect(listed.match(/name=named .*user=app/g)?.length).toBe(2);
      await client.close();
      expect(redis.status).toBe("ready");
      expect(await redis.get("i7")).toBe("i7");
      expect(await redis.dbsize()).toBe(41);
      await redis.flushdb();
      redis.disconnect();
    });

    test("a Redis that has not connected yet stays as it is", async () => {
      const redis = new RedisClass({ port: servers.node.port, password: "pw", lazyConnect: true });
      await using client = await connect(redis);
      await client.mset([["lazy", "v"]]);
      expect(redis.status).toBe("wait");
      redis.disconnect();
    });

    test("a Redis that points at a cluster node makes a client of the cluster", async () => {
      const redis = new RedisClass({ port: cluster.node.port, password: "pw" });
      await using client = await connect(redis);
      await client.mset(KEYS.map((key) => [key, key]));
      expect(client.topology()?.nodes.length).toBe(3);
      redis.disconnect();
    });

    test("a password beside the instance goes with the instance's user name", async () => {
      const redis = new RedisClass({
        port: servers.node.port,
        username: "app",
        password: "old",
        lazyConnect: true,
      });
      for (const options of [{ password: "app-pw" }, { credentials: () => ({ password: "app-pw" }) }]) {
        await using client = await connect(redis, options);
        const [outcome] = await client.batch().call("ACL", "WHOAMI").exec();
        expect(outcome).toEqual({ status: "fulfilled", value: Buffer.from("app") });
      }
      redis.disconnect();
    });

    test("options beside the instance win over its own", async () => {
      const redis = new RedisClass({
        port: servers.node.port,
        password: "outdated",
        keyPrefix: "a:",
        lazyConnect: true,
      });
      await using client = await connect(redis, { password: "pw", keyPrefix: "b:", database: 6 });
      await client.mset([["k", "v"]]);
      expect(await servers.node.command("INFO", "keyspace")).toMatch(/db6:keys=1/);
      await client.del(["k"]);
      redis.disconnect();
    });

    test("a Cluster: its nodes, redisOptions and keyPrefix count, and it is left alone", async () => {
      const [first] = cluster.primaries;
      const ioredis = new ClusterClass([`redis://127.0.0.1:${first!.port}`, { host: "127.0.0.1", port: 1 }], {
        redisOptions: { password: "pw" },
        keyPrefix: "c:",
      });
      await ioredis.set("own", "1");
      const client = await connect(ioredis);
      await client.mset(KEYS.map((key) => [key, key]));
      expect((await client.mget([...KEYS, "own"])).map(String)).toEqual([...KEYS, "1"]);
      await client.close();
      expect(ioredis.status).toBe("ready");
      expect(await ioredis.get("i7")).toBe("i7");
      ioredis.disconnect();
    });

    test("a Cluster's natMap is followed, and one given beside it wins", async () => {
      const [first] = cluster.primaries;
      const natMap = Object.fromEntries(
        cluster.primaries.map(({ host, port }) => [`${host}:${port}`, { host: "localhost", port }]),
      );
      const options = { redisOptions: { password: "pw" }, lazyConnect: true };
      const seeds = [{ host: "127.0.0.1", port: first!.port }];
      const mapped = new ClusterClass(seeds, { ...options, natMap });
      await using client = await connect(mapped);
      await client.mset(KEYS.map((key) => [key, key]));
      const [outcome] = await client.batch().call("LPUSH", "i1", "v").exec();
      expect(outcome).toMatchObject({
        reason: { code: "WRONGTYPE", node: expect.stringMatching(/^localhost:/) },
      });
      const byFunction = new ClusterClass(seeds, { ...options, natMap: (() => null) as never });
      await expect(connect(byFunction)).rejects.toMatchObject({ code: "BAD_OPTION", option: "natMap" });
      await using beside = await connect(byFunction, { natMap });
      expect((await beside.mget(["i3"])).map(String)).toEqual(["i3"]);
      for (const instance of [mapped, byFunction]) instance.disconnect();
    });
  });
});
