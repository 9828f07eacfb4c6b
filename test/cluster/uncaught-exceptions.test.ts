import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/index.ts";
import { describeWithServer, type RigServers, startServer, until } from "../rig/index.ts";

const monitors = () => process.listenerCount("uncaughtExceptionMonitor");
const monitorsOfTheRunner = monitors();

/** Runs `work` in a process that survives its uncaught exceptions, and returns them. */
async function surviving(work: () => Promise<void>): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => uncaught.push(error));
  try {
    await work();
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of others) process.on("uncaughtException", listener);
  }
  return uncaught;
}

describeWithServer("a process that survives its uncaught exceptions", () => {
  let servers: RigServers;
  beforeAll(async () => {
    servers = await startServer();
  });
  afterAll(() => servers.stop());

  test("keeps the values that it holds, and reads right ones afterwards, when a tick behind a read throws", async () => {
    await using client = await connect(servers.url);
    const entries = Array.from({ length: 20 }, (_, i) => [`k${i}`, Buffer.alloc(2000, 65 + i)] as const);
    const keys = entries.map(([key]) => key);
    await client.mset(entries);
    const held: (Buffer | null)[][] = [];
    const uncaught = await surviving(async () => {
      for (let round = 0; round < 20; round++) {
        held.push(await client.mget(keys));
        process.nextTick(() => {
          throw new Error("of the application");
        });
        held.push(await client.mget(keys));
      }
    });
    expect(uncaught.length).toBe(20);
    for (const values of held) {
      expect(values.findIndex((value, i) => !value?.equals(entries[i]![1]))).toBe(-1);
    }
    expect(client.stats().desyncs).toBe(0);
  });

  test("sees the exception of a listener as one of its own, and the connection lives on", async () => {
    await using client = await connect(servers.url, { lazyConnect: true });
    const own = new Error("of a listener");
    client.on("nodeUp", () => {
      throw own;
    });
    const uncaught = await surviving(async () => {
      await client.mset([["l", "v"]]);
      expect((await client.mget(["l"])).map(String)).toEqual(["v"]);
      await new Promise((resolve) => setImmediate(resolve));
    });
    expect(uncaught).toEqual([own]);
    expect(client.stats()).toMatchObject({ desyncs: 0, unknown: 0 });
  });

  test("has no listener of ours left when all clients are closed", async () => {
    await until("those of earlier tests are gone", () => monitors() === monitorsOfTheRunner);
    const clients = await Promise.all([connect(servers.url), connect(servers.url)]);
    expect(monitors()).toBe(monitorsOfTheRunner + 1);
    for (const client of clients) await client.close();
    await until("it is gone", () => monitors() === monitorsOfTheRunner);
  });
});
