import { NearCache } from "../../src/cache/near-cache.ts";
import type { NearCacheOptions } from "../../src/cache/near-options.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { connect } from "../../src/index.ts";
import { describeWithServer } from "../rig/gate.ts";
import { startCluster, startServer } from "../rig/servers.ts";
import { type BackendUnderTest, describeBackend } from "./backend-contract.ts";

async function make(
  servers: { readonly url: string; stop(): Promise<void> },
  options: NearCacheOptions = {},
): Promise<BackendUnderTest> {
  const clientOptions = { deadNodeTimeoutMs: 20_000 };
  const redis = new RedisBackend({
    url: servers.url,
    socketTimeoutMs: 30_000,
    keyPrefix: "own*[a]?\\:",
    clientOptions,
  });
  const backend = new NearCache(redis, options);
  const other = await connect(servers.url);
  return {
    backend,
    foreign: {
      write: (name) => other.mset([[name, "foreign"]]),
      has: async (name) => (await other.exists([name])) === 1,
    },
    async dispose() {
      await backend.disconnect();
      await other.close();
      await servers.stop();
    },
  };
}

const EVENTS = { config: { "notify-keyspace-events": "Kg$xe" } };

describeWithServer("NearCache", () => {
  describeBackend("on one server", async () => make(await startServer()));
  describeBackend("on a cluster of three primaries", async () => make(await startCluster()));
  describeBackend("on one server, by keyspace events", async () =>
    make(await startServer(EVENTS), { invalidation: "keyspace" }),
  );
  describeBackend(
    "on a cluster of three primaries, by keyspace events, with room for three copies",
    async () => make(await startCluster(EVENTS), { invalidation: "keyspace", maxEntries: 3 }),
  );
});
