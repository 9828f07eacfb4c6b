import { expect } from "vitest";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { connect } from "../../src/index.ts";
import { describeWithServer } from "../rig/gate.ts";
import { startCluster, startServer } from "../rig/servers.ts";
import { type BackendUnderTest, describeBackend } from "./backend-contract.ts";

async function make(
  servers: { readonly url: string; stop(): Promise<void> },
  config: { readonly keyPrefix?: string } = {},
): Promise<BackendUnderTest> {
  const backend = new RedisBackend({ url: servers.url, socketTimeoutMs: 30_000, ...config });
  const other = await connect(servers.url);
  return {
    backend,
    foreign:
      config.keyPrefix === undefined
        ? undefined
        : {
            write: (name) => other.mset([[name, "foreign"]]),
            has: async (name) => (await other.exists([name])) === 1,
          },
    async dispose() {
      const { isConnected } = backend;
      await backend.disconnect();
      expect(isConnected).toBe(true);
      await other.close();
      await servers.stop();
    },
  };
}

describeWithServer("RedisBackend", () => {
  describeBackend("on one server", async () => make(await startServer()));
  describeBackend("on one server, under a prefix with glob characters", async () =>
    make(await startServer(), { keyPrefix: "own*[a]?\\:" }),
  );
  describeBackend("on a cluster of three primaries", async () => make(await startCluster()));
  describeBackend("on a cluster of three primaries, under a prefix", async () =>
    make(await startCluster(), { keyPrefix: "own:" }),
  );
});
