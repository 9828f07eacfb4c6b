import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { RedisBackend, type RedisBackendConfig } from "../../src/cache/redis-backend.ts";
import {
  describeWithServer,
  type RigCluster,
  type RigServers,
  startCluster,
  startServer,
  until,
} from "../rig/index.ts";

const MB = 1024 ** 2;

describeWithServer("maxMemory and evictionPolicy of a RedisBackend", () => {
  let server: RigServers;
  let cluster: RigCluster;
  let warnings: string[];
  let backends: RedisBackend[] = [];
  const make = (config: RedisBackendConfig) => {
    const backend = new RedisBackend({ socketTimeoutMs: 30_000, ...config });
    backends.push(backend);
    return backend;
  };
  const settingsOf = async (servers: RigServers, node = servers.node) => {
    const [memory, policy] = (await Promise.all([
      node.command("CONFIG", "GET", "maxmemory"),
      node.command("CONFIG", "GET", "maxmemory-policy"),
    ])) as [string[], string[]];
    return [Number(memory[1]), policy[1]];
  };

  beforeAll(async () => {
    [server, cluster] = await Promise.all([startServer(), startCluster()]);
  });
  beforeEach(async () => {
    warnings = [];
    vi.spyOn(process, "emitWarning").mockImplementation((warning, options) => {
      const { type, code } = Object(options) as { type?: string; code?: string };
      if (code === "CACHE_MEMORY_SETTINGS") warnings.push(`${type}: ${warning}`);
    });
    await server.node.command("CONFIG", "SET", "maxmemory", 100 * MB);
    await server.node.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
  });
  afterEach(async () => {
    await Promise.all(backends.map((backend) => backend.disconnect()));
    backends = [];
    vi.restoreAllMocks();
  });
  afterAll(() => Promise.all([server?.stop(), cluster?.stop()]));

  test("are compared, and each difference is one warning, however often it is met", async () => {
    const backend = make({ url: server.url, maxMemory: "64mb", evictionPolicy: "allkeys-lru" });
    for (let i = 0; i < 3; i++) {
      await backend.connect();
      await backend.disconnect();
    }
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /^SlotpackWarning: maxmemory of a server is 104857600, not 67108864: .*applyMemorySettings/,
    );
    expect(warnings[1]).toMatch(
      /^SlotpackWarning: maxmemory-policy of a server is noeviction, not allkeys-lru: /,
    );
    expect(await settingsOf(server)).toEqual([100 * MB, "noeviction"]);
  });

  test("that agree are no warning, and nothing is asked of servers where nothing is wished", async () => {
    const agreed = make({ url: server.url, maxMemory: 100 * MB, evictionPolicy: "noeviction" });
    await agreed.connect();
    await agreed.disconnect();
    await server.node.command("CONFIG", "RESETSTAT");
    await make({ url: server.url }).connect();
    expect(warnings).toEqual([]);
    expect(String(await server.node.command("INFO", "commandstats"))).not.toMatch(/cmdstat_config\|[gs]et/);
  });

  test("are set under applyMemorySettings", async () => {
    const config = { maxMemory: "64mb", evictionPolicy: "allkeys-lru", applyMemorySettings: true } as const;
    await make({ url: server.url, ...config }).connect();
    expect(await settingsOf(server)).toEqual([64 * MB, "allkeys-lru"]);
    expect(warnings).toEqual([]);
  });

  test("are set on every primary of a cluster", async () => {
    const config = { maxMemory: "64mb", evictionPolicy: "volatile-ttl", applyMemorySettings: true } as const;
    await make({ url: cluster.url, ...config }).connect();
    for (const node of cluster.primaries)
      expect(await settingsOf(cluster, node)).toEqual([64 * MB, "volatile-ttl"]);
  });

  test("are looked at by the first call, too, and need no connect()", async () => {
    const backend = make({ url: server.url, maxMemory: 1 });
    await backend.get("k");
    await until("the warning is there", () => warnings.length === 1);
  });

  test("that a server forgot in a restart are set again", async () => {
    const own = await startServer();
    try {
      const backend = make({ url: own.url, maxMemory: "64mb", applyMemorySettings: true });
      await backend.connect();
      await own.kill(own.node);
      await own.restart(own.node);
      await until("they are set again", async () => {
        await backend.ping();
        return (await settingsOf(own))[0] === 64 * MB;
      });
      await backend.disconnect();
    } finally {
      await own.stop();
    }
  });

  test.each([true, false])(
    "that a user may not touch are a warning, and the cache works (apply: %s)",
    async (apply) => {
      await server.node.command("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-config");
      const backend = make({
        url: server.url,
        username: "app",
        password: "pw",
        maxMemory: "64mb",
        applyMemorySettings: apply,
      });
      await backend.connect();
      expect(warnings).toEqual([
        expect.stringMatching(/^SlotpackWarning: maxmemory could not be .* 67108864: .*NOPERM/),
      ]);
      await backend.set("k", Buffer.from("v"));
      expect(String(await backend.get("k"))).toBe("v");
    },
  );

  test("that a server refuses are a warning", async () => {
    const config = { evictionPolicy: "allkeys-nonsense", applyMemorySettings: true } as const;
    await make({ url: server.url, ...config }).connect();
    expect(warnings).toEqual([
      expect.stringMatching(/^SlotpackWarning: maxmemory-policy could not be set to allkeys-nonsense: /),
    ]);
  });
});
