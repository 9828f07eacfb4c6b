import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  AbortError,
  BatchError,
  ConfigError,
  KvConnector,
  NotAppliedError,
  PingCode,
  ServerError,
} from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { describeWithServer, type RigServers, startScripted, startServer, until } from "../rig/index.ts";
import { chunkOf, keysOf } from "./chunks.ts";

const MB = 1024 ** 2;

async function rejection(promise: Promise<unknown>): Promise<BatchError> {
  return promise.then(
    () => {
      throw new Error("it did not reject");
    },
    (error) => error,
  );
}

describeEachServer("a put that fails", (on) => {
  test("reaches the caller with every outcome at its index, batch-mates unaffected", async () => {
    await on.flush();
    const connector = new KvConnector(on.client);
    const keys = keysOf(12);
    // Reads are left: what fails is what needs memory, on one node of all.
    const full = on.servers.node;
    await full.command("CONFIG", "SET", "maxmemory", "1");
    await full.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    // More than one portion.
    const chunks = keys.map(() => chunkOf(2 * MB));
    const failure = await rejection(connector.batchedPut(keys, chunks));
    await full.command("CONFIG", "SET", "maxmemory", "0");
    expect(failure).toBeInstanceOf(BatchError);
    expect(failure).toMatchObject({ code: "OOM" });
    expect(failure.results).toHaveLength(12);
    const records = await connector.batchedGet(keys);
    for (const [i, result] of failure.results.entries()) {
      expect(records[i] === null).toBe(result.status === "rejected");
      if (result.status === "fulfilled") continue;
      expect(result.reason).toBeInstanceOf(ServerError);
      expect(result.reason).toMatchObject({ code: "OOM", keyIndex: i });
    }
    const failed = failure.results.filter(({ status }) => status === "rejected").length;
    if (on.clustered) expect(failed).toBeLessThan(12);
    else expect(failed).toBe(12);
    await connector.close();
  });

  test("of a single record rejects, too, and nothing is left of it", async () => {
    await on.flush();
    const connector = new KvConnector(on.client);
    await Promise.all(on.servers.nodes.map((node) => node.command("CONFIG", "SET", "maxmemory", "1")));
    const failure = await rejection(connector.put("k", chunkOf(100)));
    await Promise.all(on.servers.nodes.map((node) => node.command("CONFIG", "SET", "maxmemory", "0")));
    expect(failure.code).toBe("OOM");
    expect(await connector.exists("k")).toBe(false);
    await connector.close();
  });

  test("writes nothing at all when one of its records cannot be written", async () => {
    await on.flush();
    const connector = new KvConnector(on.client);
    const keys = keysOf(10);
    const chunks = keys.map(() => chunkOf(MB * 2));
    chunks[9] = { ...chunks[9]!, metadata: { fmt: "KV_2LTD", dtypes: [], shapes: [] } };
    const failure = await rejection(connector.batchedPut(keys, chunks));
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure).toMatchObject({ code: "BAD_METADATA", keyIndex: 9 });
    expect(await connector.list()).toEqual([]);
    await connector.close();
  });
});

describeWithServer("calls of a connector", () => {
  let server: RigServers;
  let connector: KvConnector;
  beforeAll(async () => {
    server = await startServer();
    connector = await KvConnector.connect(server.url, { workers: 2 });
  });
  afterAll(async () => {
    await connector.close();
    await server.stop();
  });
  beforeEach(() => server.node.command("FLUSHALL"));

  const calls: Readonly<Record<string, (options: object) => Promise<unknown>>> = {
    exists: (options) => connector.exists("k", options),
    get: (options) => connector.get("k", options),
    put: (options) => connector.put("k", chunkOf(10), options),
    batchedPut: (options) => connector.batchedPut(["k"], [chunkOf(10)], options),
    batchedGet: (options) => connector.batchedGet(["k"], options),
    batchedGetNonBlocking: (options) => connector.batchedGetNonBlocking("", ["k"], options),
    batchedContains: (options) => connector.batchedContains(["k"], options),
    batchedAsyncContains: (options) => connector.batchedAsyncContains("", ["k"], options),
    remove: (options) => connector.remove("k", options),
    batchedRemove: (options) => connector.batchedRemove(["k"], options),
    ping: (options) => connector.ping(options),
    list: (options) => connector.list("", options),
    sweep: (options) => connector.sweep(options),
  };

  describe.each(Object.keys(calls))("%s", (name) => {
    const call = calls[name]!;

    test("rejects with the reason of a signal that has fired", async () => {
      const failure = await rejection(call({ signal: AbortSignal.abort("why") }));
      expect(failure).toBeInstanceOf(AbortError);
      expect(failure).toMatchObject({ code: "ABORTED", cause: "why" });
    });

    test("ends at once when it is aborted while the server is silent", async () => {
      server.pause(server.node);
      try {
        const controller = new AbortController();
        const failing = rejection(call({ signal: controller.signal, timeoutMs: 30_000 }));
        setImmediate(() => controller.abort("enough"));
        expect(await failing).toBeInstanceOf(AbortError);
      } finally {
        server.resume(server.node);
      }
    });

    test("ends at its deadline", async () => {
      server.pause(server.node);
      try {
        const outcome = await call({ timeoutMs: 100 }).catch((error) => error);
        if (name === "ping") expect(outcome).toBe(PingCode.TIMEOUT);
        else if (name === "list") expect(outcome).toMatchObject({ code: "TIMEOUT" });
        else expect(outcome).toMatchObject({ code: "TIMEOUT" });
      } finally {
        server.resume(server.node);
      }
    });

    test("refuses options that it does not know", async () => {
      const failure = await rejection(call({ timeOutMs: 1 }));
      expect(failure).toBeInstanceOf(ConfigError);
      expect(failure).toMatchObject({ code: "UNKNOWN_OPTION", option: "timeOutMs" });
    });
  });

  test("refuse bad keys and objects, naming the first one", async () => {
    for (const [work, code, place] of [
      [() => connector.batchedGet(["a", 1] as never), "BAD_KEY", { keyIndex: 1 }],
      [() => connector.exists(undefined as never), "BAD_KEY", { keyIndex: 0 }],
      [() => connector.batchedContains("abc" as never), "BAD_ARGUMENT", { option: "keys" }],
      [() => connector.batchedPut(["a"], []), "BAD_ARGUMENT", { option: "objects" }],
      [
        () => connector.batchedPut(["a"], [{ ...chunkOf(2), bytes: "x" }] as never),
        "BAD_VALUE",
        { keyIndex: 0 },
      ],
      [() => connector.put("a", undefined as never), "BAD_VALUE", { keyIndex: 0 }],
      [() => connector.put("a", chunkOf(2), { ttlMs: 0 }), "BAD_TTL", { option: "ttlMs" }],
      [() => connector.list(1 as never), "BAD_ARGUMENT", { option: "prefix" }],
    ] as const) {
      const failure = await rejection(Promise.resolve().then<unknown>(work));
      expect(failure).toBeInstanceOf(ConfigError);
      expect(failure).toMatchObject({ code, ...place });
    }
    expect(await connector.list()).toEqual([]);
  });

  test("does not begin without sensible options", async () => {
    for (const [options, option, code = "BAD_OPTION"] of [
      [{ layout: "pair" }, "layout", "UNKNOWN_LAYOUT"],
      [{ readLayouts: "all" }, "readLayouts"],
      [{ metadata: {} }, "metadata"],
      [{ salt: "a@b" }, "salt"],
      [{ salt: "x".repeat(129) }, "salt"],
      [{ salt: 1 }, "salt"],
      [{ ttlMs: 1.5 }, "ttlMs", "BAD_TTL"],
      [{ lanes: 1 }, "lanes"],
      [{ workers: 0 }, "workers"],
      [{ maxQueuedJobs: -1 }, "maxQueuedJobs"],
      [{ lane: true }, "lane", "UNKNOWN_OPTION"],
    ] as const) {
      for (const make of [
        async () => new KvConnector(connector.client, options as never),
        () => KvConnector.connect(server.url, options as never),
      ]) {
        const failure = await rejection(make());
        expect(failure).toBeInstanceOf(ConfigError);
        expect(failure).toMatchObject({ code, option });
      }
    }
  });
});

describeWithServer("ping", () => {
  test("gives a number that says what is wrong, and never throws for it", async () => {
    await using server = await startServer({ config: { requirepass: "sesame" } });
    const { host, port } = server.node;
    const lazy = { lazyConnect: true };
    await using refused = await KvConnector.connect(`redis://:wrong@${host}:${port}`, lazy);
    expect(await refused.ping()).toBe(PingCode.REFUSED);
    await using connector = await KvConnector.connect(`redis://:sesame@${host}:${port}`, lazy);
    expect(await connector.ping()).toBe(PingCode.OK);
    await server.kill(server.node);
    const codes: number[] = [];
    await until(
      "the server is missed",
      async () => {
        codes.push(await connector.ping({ timeoutMs: 500 }));
        return codes.at(-1) === PingCode.UNREACHABLE || codes.at(-1) === PingCode.TIMEOUT;
      },
      30_000,
    );
    await server.restart(server.node);
    await until(
      "the server is back",
      async () => (await connector.ping({ timeoutMs: 2000 })) === PingCode.OK,
      30_000,
    );
    await connector.close();
    expect(await connector.ping()).toBe(PingCode.CLOSED);
  });

  test("tells a connection that the system gave up from an answer that is late", async () => {
    await using server = await startScripted(() => undefined);
    await using connector = await KvConnector.connect(server.url);
    for (const [code, expected] of [
      ["ETIMEDOUT", PingCode.UNREACHABLE],
      ["EHOSTUNREACH", PingCode.UNREACHABLE],
      ["TIMEOUT", PingCode.TIMEOUT],
    ] as const) {
      connector.client.askPrimaries = () => Promise.reject(Object.assign(new Error("read"), { code }));
      expect(await connector.ping()).toBe(expected);
    }
  });

  test("tells a server that is loading, and a cluster that is down", async () => {
    let answer = "";
    await using server = await startScripted(({ name }) =>
      name === "PING" && answer !== "" ? answer : undefined,
    );
    await using connector = await KvConnector.connect(server.url);
    for (const [error, code] of [
      ["-LOADING Redis is loading the dataset in memory\r\n", PingCode.LOADING],
      ["-MASTERDOWN Link with MASTER is down\r\n", PingCode.CLUSTER_DOWN],
      ["-NOPERM this user has no permissions\r\n", PingCode.REFUSED],
      ["-ERR something else\r\n", PingCode.FAILED],
    ] as const) {
      answer = error;
      expect(await connector.ping()).toBe(code);
    }
  });
});

describeWithServer("close", () => {
  test("does what was accepted, refuses what comes later, and closes the connections", async () => {
    await using server = await startServer();
    const connector = await KvConnector.connect(server.url, { workers: 2, timeoutMs: 60_000 });
    const keys = keysOf(40);
    const chunk = chunkOf(MB);
    const puts = keys.map((key) => connector.put(key, chunk));
    const lookup = connector.exists(keys[39]!);
    expect(connector.stats().waitingJobs).toBeGreaterThan(0);
    const closing = connector.close();
    for (const late of [connector.exists("k"), connector.put("k", chunk), connector.list()]) {
      const failure = await rejection(late);
      expect(failure).toBeInstanceOf(NotAppliedError);
      expect(failure).toMatchObject({ code: "CLIENT_CLOSED" });
    }
    await Promise.all([...puts, lookup]);
    await closing;
    expect(await server.node.command("DBSIZE")).toBe(80);
    await until("its connections are gone", async () => {
      const clients = String(await server.node.command("CLIENT", "LIST"));
      return clients.trim().split("\n").length === 1;
    });
  });

  test("leaves a client alone that it did not make", async () => {
    await using server = await startServer();
    await using owner = await KvConnector.connect(server.url);
    {
      await using guest = new KvConnector(owner.client);
      await guest.put("k", chunkOf(10));
    }
    expect(await owner.exists("k")).toBe(true);
  });
});
