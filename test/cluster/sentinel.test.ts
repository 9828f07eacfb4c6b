import { inspect } from "node:util";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type SlotClient } from "../../src/index.ts";
import { describeWithServer, type RigSentinels, startSentinels, until } from "../rig/index.ts";

const KEYS = Array.from({ length: 100 }, (_, i) => `k${i}`);
const NODE_PASSWORD = "n0de-of-the-test";
const SENTINEL_PASSWORD = "s3ntinel-of-the-test";
/** A server that is kept from its work for a second is not reconnected to. */
const PATIENT = { deadNodeTimeoutMs: 20_000, timeoutMs: 30_000 };
const MAJORS = [
  { name: "ioredis 6", Redis },
  // The public surface that is used here is the same in both.
  { name: "ioredis 5.4", Redis: Redis5 as unknown as typeof Redis },
];

async function roundTrip(client: SlotClient): Promise<void> {
  await client.mset(KEYS.map((key) => [key, key]));
  expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
}

/** The error of a connect() that has to fail without waiting: what is wrong stays wrong. */
async function refusal(connecting: Promise<SlotClient>): Promise<Error> {
  const error = await connecting.then(
    async (client) => {
      await client.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "NotAppliedError", code: "CONNECT_FAILED" });
  expect((error as Error).message).not.toContain("within 10000 ms");
  return error as Error;
}

describeWithServer("a client behind Sentinels", () => {
  let rig: RigSentinels;
  beforeAll(async () => {
    rig = await startSentinels({ sentinels: 3 });
  }, 180_000);
  afterAll(() => rig.stop());

  test("reads and writes at the primary over one connection, as a client of one server", async () => {
    await using client = await connect(rig.url, PATIENT);
    await roundTrip(client);
    expect(await client.isCluster()).toBe(false);
    expect(client.stats()).toMatchObject({ connections: 1, openConnections: 1, desyncs: 0 });
    expect(client.stats().refreshes).toBeGreaterThanOrEqual(1);
    const values = await client.batch().call("SET", "a", "1").call("GET", "b").exec();
    expect(values.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    let found = 0;
    for await (const _ of client.scan("k*")) found++;
    expect(found).toBe(KEYS.length);
  });

  test("shows the primary and its replicas as the topology", async () => {
    await using client = await connect(rig.url);
    const primary = await rig.named();
    const replica = rig.nodes.find((node) => node !== primary)!;
    expect(client.topology()?.nodes).toEqual([
      {
        id: primary.address,
        host: primary.host,
        port: primary.port,
        role: "primary",
        replicas: [{ id: replica.address, host: replica.host, port: replica.port, role: "replica" }],
      },
    ]);
    expect(client.topology()?.coverage).toBe(16_384);
  });

  test("is made of parts just as well, and has a database and a key prefix", async () => {
    const sentinels = rig.sentinels.map(({ host, port }) => ({ host, port }));
    await using client = await connect({ sentinels, name: rig.name, database: 3, keyPrefix: "p:" });
    await roundTrip(client);
    expect(await (await rig.named()).command("INFO", "keyspace")).toMatch(/db3:keys=100/);
    await using same = await connect(`${rig.url}/3`);
    expect(String((await same.mget(["p:k7"]))[0])).toBe("k7");
    await using alike = await connect(`${rig.url}?db=3`);
    expect(String((await alike.mget(["p:k7"]))[0])).toBe("k7");
  });

  test("fails at once with a database that does not exist or a name that is not monitored", async () => {
    expect((await refusal(connect(`${rig.url}/99`))).message).toMatch(/DB index is out of range/);
    const wrong = rig.url.replace(rig.name, "nobody");
    expect((await refusal(connect(wrong))).message).toContain('it monitors no primary of the name "nobody"');
  });

  test("connects lazily", async () => {
    await using client = await connect(rig.url, { ...PATIENT, lazyConnect: true });
    expect(client.topology()).toBeUndefined();
    await Promise.all([roundTrip(client), client.mget(KEYS)]);
    expect(client.stats().connections).toBe(1);
  });

  test("leaves no socket and no timer when it is closed", async () => {
    const handles = () =>
      process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|Connect|Immediate/.test(name)).length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = handles();
    for (const lazyConnect of [false, true]) {
      const client = await connect(rig.url, { lazyConnect, topologyRefreshMs: 500 });
      if (!lazyConnect) await roundTrip(client);
      await client.close();
    }
    await until("nothing is left", () => handles() <= before);
    await expect(connect(rig.url.replace(rig.name, "nobody"))).rejects.toThrow();
    await until("nothing is left of a failure either", () => handles() <= before);
  });

  test("learns of the other Sentinels and follows a failover that they tell of, the first of them being gone", async () => {
    const [known] = rig.sentinels as [RigSentinels["sentinel"]];
    await using client = await connect(`redis-sentinel://${known.address}/${rig.name}`, PATIENT);
    await roundTrip(client);
    await rig.replicated(await rig.named());
    await known.kill();
    const old = await rig.named();
    const primary = await rig.failOver();
    // Nobody calls: the news is enough.
    await until("the client has gone over", () => client.topology()?.nodes[0]?.port === primary.port, 60_000);
    expect((await client.mget(KEYS)).map(String)).toEqual(KEYS);
    await client.mset([["after", "1"]]);
    expect(await primary.command("GET", "after")).toBe("1");
    await until("one connection is left", () => client.stats().openConnections === 1, 60_000);
    await until(
      "the old primary follows",
      async () => {
        return ((await old.command("ROLE")) as string[])[0] === "slave";
      },
      60_000,
    );
    expect((await client.mget(["after"])).map(String)).toEqual(["1"]);
  });
});

describeWithServer("credentials behind a Sentinel", () => {
  let rig: RigSentinels;
  let parts: { sentinels: { host: string; port: number }[]; name: string };
  const withLogin = (login: string) => rig.url.replace("://", `://${login}@`);
  beforeAll(async () => {
    rig = await startSentinels({
      config: { requirepass: NODE_PASSWORD, user: [`app on >${NODE_PASSWORD} ~* &* +@all`] },
      sentinelConfig: { requirepass: SENTINEL_PASSWORD },
    });
    parts = { sentinels: rig.sentinels.map(({ host, port }) => ({ host, port })), name: rig.name };
  }, 180_000);
  afterAll(() => rig.stop());

  test("the URL's are the node's, the Sentinels' are options", async () => {
    await using client = await connect(withLogin(`app:${NODE_PASSWORD}`), {
      sentinelPassword: SENTINEL_PASSWORD,
    });
    await roundTrip(client);
    const [who] = await client.batch().call("ACL", "WHOAMI").exec();
    expect(who).toEqual({ status: "fulfilled", value: Buffer.from("app") });
    expect(inspect(client, { depth: null, showHidden: true })).not.toMatch(/of-the-test/);
  });

  test("both are options of a target in parts", async () => {
    await using client = await connect({
      ...parts,
      password: NODE_PASSWORD,
      sentinelUsername: "default",
      sentinelPassword: SENTINEL_PASSWORD,
    });
    await roundTrip(client);
  });

  test("a Sentinel that asks for a password ends connect() at once, with none and with a wrong one", async () => {
    const login = `app:${NODE_PASSWORD}`;
    const none = await refusal(connect(withLogin(login)));
    expect(none.message).toMatch(/Sentinel 127\.0\.0\.1:\d+: NOAUTH/);
    const wrong = await refusal(connect(withLogin(login), { sentinelPassword: "wr0ng-of-the-test" }));
    expect(wrong.message).toMatch(/Sentinel 127\.0\.0\.1:\d+: WRONGPASS/);
    for (const error of [none, wrong])
      expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/of-the-test/);
  });

  test("the node's wrong password is told as the node's", async () => {
    const wrong = await refusal(
      connect({ ...parts, password: "wr0ng-of-the-test", sentinelPassword: SENTINEL_PASSWORD }),
    );
    const { address } = await rig.named();
    expect(wrong.message).toContain(`${address}: WRONGPASS`);
    expect(inspect(wrong, { depth: null, showHidden: true })).not.toMatch(/of-the-test/);
  });

  describe.each(MAJORS)("of an existing Redis of $name", ({ Redis: RedisClass }) => {
    const options = () => ({
      ...parts,
      username: "app",
      password: NODE_PASSWORD,
      sentinelPassword: SENTINEL_PASSWORD,
      db: 2,
      keyPrefix: "own:",
      lazyConnect: true,
    });

    test("are used, as are its database and keyPrefix, and it is left alone", async () => {
      const redis = new RedisClass(options());
      await redis.connect();
      await redis.set("mine", "1");
      const client = await connect(redis);
      await roundTrip(client);
      expect((await client.mget(["mine"])).map(String)).toEqual(["1"]);
      expect(client.topology()?.nodes).toMatchObject([{ port: (await rig.named()).port }]);
      await client.close();
      expect(redis.status).toBe("ready");
      expect(await redis.get("k7")).toBe("k7");
      redis.disconnect();
    });

    test("give way to those beside it", async () => {
      const redis = new RedisClass({ ...options(), password: "old", sentinelPassword: "old" });
      await using client = await connect(redis, {
        password: NODE_PASSWORD,
        sentinelPassword: SENTINEL_PASSWORD,
      });
      await roundTrip(client);
      expect(redis.status).toBe("wait");
      redis.disconnect();
    });
  });
});

describe("a target behind Sentinels", () => {
  const sentinels = [{ host: "127.0.0.1", port: 1 }];

  test.each([
    ["sentinels that are none", { sentinels: [], name: "n" }, "sentinels"],
    ["a Sentinel without a host", { sentinels: [{ port: 1 }], name: "n" }, "sentinels[0]"],
    ["no name", { sentinels }, "name"],
    ["a name without Sentinels", { host: "h", name: "n" }, "name"],
    ["a server beside them", { sentinels, name: "n", host: "h" }, "host"],
    ["nodes of a cluster beside them", { sentinels, name: "n", nodes: sentinels }, "nodes"],
    ["a cluster", { sentinels, name: "n", cluster: true }, "cluster"],
    [
      "a user of the Sentinels without a password",
      { sentinels, name: "n", sentinelUsername: "u" },
      "sentinelUsername",
    ],
    ["their password where there are none", { host: "h", sentinelPassword: "p" }, "sentinelPassword"],
    ["a sentinelTls that is none", { sentinels, name: "n", sentinelTls: 1 }, "sentinelTls"],
  ])("with %s is refused", async (_, target, option) => {
    await expect(connect(target as never)).rejects.toMatchObject({ code: "BAD_OPTION", option });
  });

  test("options of Sentinels beside another target are refused", async () => {
    for (const target of ["redis://127.0.0.1:1", new Redis({ lazyConnect: true })])
      await expect(connect(target, { sentinelPassword: "p" })).rejects.toMatchObject({
        code: "BAD_OPTION",
        option: "sentinelPassword",
      });
  });

  test.each(MAJORS)("a Redis of $name that reads from replicas is refused", async ({ Redis: RedisClass }) => {
    const redis = new RedisClass({ sentinels, name: "n", role: "slave", lazyConnect: true });
    await expect(connect(redis)).rejects.toMatchObject({ code: "UNSUPPORTED_TARGET", option: "target" });
    redis.disconnect();
  });

  test("with all Sentinels down fails at connectTimeoutMs with every cause", async () => {
    const connecting = connect("redis-sentinel://127.0.0.1:1,127.0.0.1:2/n", { connectTimeoutMs: 1000 });
    const error = await connecting.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "NotAppliedError", code: "CONNECT_FAILED" });
    const { message } = error as Error;
    expect(message).toMatch(/no connection to 127\.0\.0\.1:1, 127\.0\.0\.1:2 within 1000 ms/);
    expect(message).toMatch(/Sentinel 127\.0\.0\.1:1: connect ECONNREFUSED/);
    expect(message).toMatch(/Sentinel 127\.0\.0\.1:2: connect ECONNREFUSED/);
  });
});
