import { createCache } from "../../src/cache/create-cache.ts";
import { FallbackBackend } from "../../src/cache/fallback-backend.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";
import { RedisBackend } from "../../src/cache/redis-backend.ts";
import { describeWithServer } from "../rig/gate.ts";
import { type RigServers, startServer } from "../rig/servers.ts";
import { describeBackend } from "./backend-contract.ts";

const PREFIX = "mine:";

describeBackend("FallbackBackend over memory", async () => {
  const backend = new FallbackBackend(new MemoryBackend());
  return { backend, dispose: () => backend.disconnect() };
});

describeWithServer("FallbackBackend over Redis", () => {
  describeBackend("while Redis is up", async () => {
    const server: RigServers = await startServer();
    const primary = new RedisBackend({ url: server.url, keyPrefix: PREFIX });
    const backend = new FallbackBackend(primary);
    return {
      backend,
      foreign: {
        write: async (name) => void (await server.node.command("SET", name, "x")),
        has: async (name) => (await server.node.command("EXISTS", name)) === 1,
      },
      async dispose() {
        await backend.disconnect();
        await server.stop();
      },
    };
  });

  describeBackend("with a near cache in between", async () => {
    const server = await startServer();
    const backend = createCache({ redis: { url: server.url, keyPrefix: PREFIX }, near: true });
    return {
      backend,
      async dispose() {
        await backend.disconnect();
        await server.stop();
      },
    };
  });

  // Nobody listens at the port of a server that has been stopped.
  describeBackend("while Redis is down", async () => {
    const server = await startServer();
    await server.stop();
    const backend = new FallbackBackend(new RedisBackend({ url: server.url, keyPrefix: PREFIX }));
    return { backend, dispose: () => backend.disconnect() };
  });
});
