import { Redis } from "ioredis";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { CacheConnectionError } from "../../src/cache/cache-error.ts";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import { AbortError, ConfigError, NotAppliedError, TimeoutError } from "../../src/errors.ts";
import { connect, type SlotClient } from "../../src/index.ts";
import { describeWithServer, type RigServers, startProxy, startServer, until } from "../rig/index.ts";

const SECRET = "s3cret-of-the-test";

describeWithServer("the connection of a RedisBackend", () => {
  let servers: RigServers;
  let backends: RedisBackend<string>[] = [];
  const make = (config: RedisBackendConfig<string> = {}) => {
    const place = config.client ?? config.target ?? config.host;
    const backend = new RedisBackend<string>({
      ...(place === undefined ? { url: servers.url } : {}),
      codec: "text",
      ...config,
    });
    backends.push(backend);
    return backend;
  };
  const connections = async (): Promise<number> => {
    const info = String(await servers.node.command("INFO", "clients"));
    return Number(/^connected_clients:(\d+)/m.exec(info)![1]);
  };
  beforeAll(async () => {
    servers = await startServer();
    return () => servers.stop();
  });
  afterEach(async () => {
    await Promise.all(backends.map((backend) => backend.disconnect()));
    backends = [];
  });

  test("is made by the first call, and once for all that come at the same time", async () => {
    const before = await connections();
    const backend = make();
    expect(backend.isConnected).toBe(false);
    expect(await connections()).toBe(before);
    await Promise.all([
      backend.connect(),
      backend.set("k", "v"),
      backend.connect(),
      backend.getMany(["k", "l"]),
      backend.ping(),
    ]);
    expect(backend.isConnected).toBe(true);
    expect(await connections()).toBe(before + 1);
    await Promise.all([backend.disconnect(), backend.disconnect()]);
    expect(backend.isConnected).toBe(false);
    await until("the connection is gone", async () => (await connections()) === before);
  });

  test("is one to a whole cluster, to a server in parts, and to a database", async () => {
    const { host, port } = servers.node;
    const [parts, target, other] = [
      make({ host, port }),
      make({ target: { host, port } }),
      make({ host, port, db: 3 }),
    ];
    await parts.set("place", "v");
    expect(await target.get("place")).toBe("v");
    expect(await other.get("place")).toBeNull();
    await other.set("place", "of 3");
    expect(await other.clear()).toBe(1);
    expect(await parts.get("place")).toBe("v");
  });

  describe("over a client that is there", () => {
    let client: SlotClient;
    beforeAll(async () => {
      client = await connect(servers.url, { keyPrefix: "client:" });
      return () => client.close();
    });

    test("is the client's, whose prefix comes first, and which disconnect() leaves open", async () => {
      const backend = make({ client, keyPrefix: "own:" });
      expect(await backend.client()).toBe(client);
      await backend.set("k", "v");
      expect(await servers.node.command("GET", "client:own:k")).toBe("v");
      const keys = [];
      for await (const key of backend.keys()) keys.push(key);
      expect(keys).toEqual(["k"]);
      await servers.node.command("SET", "own:k", "foreign");
      expect(await backend.clear()).toBe(1);
      expect(await servers.node.command("GET", "own:k")).toBe("foreign");
      await backend.disconnect();
      await expect(backend.get("k")).rejects.toMatchObject({ code: "DISCONNECTED" });
      await client.mset([["still", "open"]]);
      await backend.connect();
      await backend.set("k", "again");
      expect(await backend.get("k")).toBe("again");
    });

    test("is connected as the client is, also before the first call", async () => {
      const backend = make({ client });
      expect(backend.isConnected).toBe(true);
      await backend.disconnect();
      expect(backend.isConnected).toBe(false);
      await backend.connect();
      expect(backend.isConnected).toBe(true);
    });

    test("refuses calls once its owner has closed it", async () => {
      const own = await connect(servers.url);
      const backend = make({ client: own });
      await backend.connect();
      await own.close();
      expect(backend.isConnected).toBe(false);
      const error = await backend.get("k").catch((e: unknown) => e);
      expect(error).toBeInstanceOf(CacheConnectionError);
      expect(error).toMatchObject({ code: "CLIENT_CLOSED" });
      expect(await backend.ping()).toBe(false);
    });

    test("takes the timeout of the backend, and of the call", async () => {
      const slow = await startProxy(servers.node.port);
      const own = await connect(slow.url, { deadNodeTimeoutMs: 60_000, timeoutMs: 60_000 });
      try {
        const backend = make({ client: own, socketTimeoutMs: 100 });
        await backend.set("k", "v");
        slow.pause();
        const error = await backend.get("k").catch((e: unknown) => e);
        expect(error).toBeInstanceOf(CacheConnectionError);
        expect(error).toMatchObject({ code: "TIMEOUT", cause: expect.any(TimeoutError) });
        await expect(backend.getMany(["k"], { timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
        slow.resume();
      } finally {
        await own.close();
        await slow.stop();
      }
    });
  });

  test("is made of an ioredis instance's options, and the instance is left alone", async () => {
    const redis = new Redis(servers.node.port, servers.node.host, { lazyConnect: true, keyPrefix: "io:" });
    const backend = make({ client: redis });
    await backend.set("k", "v");
    expect(await servers.node.command("GET", "io:k")).toBe("v");
    expect(redis.status).toBe("wait");
    await backend.disconnect();
    redis.disconnect();
  });

  test("that cannot be made is a CacheConnectionError with all causes, for connect and for calls", async () => {
    const backend = make({ host: "127.0.0.1", port: 1, socketTimeoutMs: 300 });
    for (const call of [
      () => backend.connect(),
      () => backend.get("k"),
      () => backend.setMany([["k", "v"]]),
    ]) {
      const error = await call().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(CacheConnectionError);
      expect(["CONNECT_FAILED", "TIMEOUT"]).toContain((error as CacheConnectionError).code);
      expect((error as Error).message).toMatch(/ECONNREFUSED/);
    }
    expect(await backend.ping()).toBe(false);
    expect(backend.isConnected).toBe(false);
    expect(await backend.wrap("k", () => "computed")).toBe("computed");
    expect(await backend.getStats()).toMatchObject({ entries: null, bytes: null, evictions: 0 });
  });

  test("whose setting up is aborted leaves the next call to try again", async () => {
    const backend = make({ host: "127.0.0.1", port: 1, socketTimeoutMs: 30_000 });
    const controller = new AbortController();
    const connecting = backend.connect({ signal: controller.signal });
    controller.abort(new Error("no time"));
    await expect(connecting).rejects.toBeInstanceOf(AbortError);
    await expect(backend.get("k", { timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("with a wrong password fails at once, and shows no password", async () => {
    const locked = await startServer({ config: { requirepass: SECRET } });
    try {
      const wrong = make({ target: locked.node.url, password: `${SECRET}-wrong` });
      const error = (await wrong.connect().catch((e: unknown) => e)) as CacheConnectionError;
      expect(error).toBeInstanceOf(CacheConnectionError);
      expect(error.cause).toBeInstanceOf(NotAppliedError);
      expect(String(error.message)).toMatch(/WRONGPASS|NOAUTH/);
      expect(String(error.message)).not.toContain(SECRET);
      const right = make({ target: locked.node.url, username: "default", password: SECRET });
      await right.set("k", "v");
      expect(await right.get("k")).toBe("v");
    } finally {
      await locked.stop();
    }
  });

  test("to a target that connect() does not take is a ConfigError of the call", async () => {
    const target = { nodes: [] } as never;
    await expect(make({ target }).get("k")).rejects.toBeInstanceOf(ConfigError);
  });

  test("comes back by itself when the server does", async () => {
    const own = await startServer();
    const backend = make({ target: own.url, socketTimeoutMs: 500 });
    try {
      await backend.connect();
      await backend.set("k", "v");
      await own.kill(own.node);
      const error = await backend.get("k").catch((e: unknown) => e);
      expect(error).toBeInstanceOf(CacheConnectionError);
      await expect(backend.setMany([["k", "v"]])).rejects.toBeInstanceOf(CacheConnectionError);
      expect(await backend.ping()).toBe(false);
      expect(await backend.wrap("w", () => "computed")).toBe("computed");
      await until("it knows", () => !backend.isConnected);
      await own.restart(own.node);
      await until("it serves again", async () => (await backend.get("k")) === null);
      expect(backend.isConnected).toBe(true);
      await backend.set("k", "again");
      expect(await backend.get("k")).toBe("again");
      expect((await backend.getStats()).errors).toBeGreaterThan(1);
    } finally {
      await backend.disconnect();
      await own.stop();
    }
  });

  test("is closed behind the calls that were accepted while it was being made", async () => {
    const backend = make();
    const accepted = [backend.set("k", "v"), backend.getMany(["k"])];
    const closing = backend.disconnect();
    await expect(backend.get("k")).rejects.toMatchObject({ code: "DISCONNECTED" });
    await closing;
    await Promise.all(accepted);
    expect(backend.isConnected).toBe(false);
    await backend.connect();
    expect(await backend.get("k")).toBe("v");
  });

  test("stays closed when disconnect() came after the connect() that waits for the one before", async () => {
    const backend = make();
    await backend.connect();
    const closing = backend.disconnect();
    const early = expect(backend.connect()).rejects.toMatchObject({ code: "DISCONNECTED" });
    await Promise.all([closing, backend.disconnect(), early]);
    expect(backend.isConnected).toBe(false);
    await expect(backend.get("k")).rejects.toMatchObject({ code: "DISCONNECTED" });
    await Promise.all([backend.disconnect(), backend.connect()]);
    expect(await backend.get("none")).toBeNull();
  });

  test("tells by ping() of an abort as every call does", async () => {
    const controller = new AbortController();
    const pinging = make().ping({ signal: controller.signal });
    controller.abort();
    await expect(pinging).rejects.toBeInstanceOf(AbortError);
  });
});
