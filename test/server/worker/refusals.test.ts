import { expect, test } from "vitest";
import { ManualClock, SystemClock, startCluster, startServer } from "../../../src/server/index.ts";

type Loose = (options: Record<string, unknown>) => Promise<unknown>;

test.each([
  ["workers", { workers: 3 }, /expected 1 or true.*got 3/],
  ["workers", { workers: -1 }, /got -1/],
  ["workers", { workers: "1" }, /got "1"/],
  ["clock", { workers: 1, clock: { ...new SystemClock(), nowMs: () => 0 } }, /expected a ManualClock.*nowMs/],
  ["tls", { workers: 1, tls: { SNICallback: () => {} } }, /got an object with a function \(SNICallback\)/],
  ["config", { workers: 1, config: { maxmemory: () => 1 } }, /maxmemory/],
])(
  "what a worker thread cannot have is refused by the name of its option: %s",
  async (option, options, text) => {
    await expect((startCluster as unknown as Loose)(options)).rejects.toMatchObject({
      name: "ConfigError",
      code: "WORKER_UNSUPPORTED",
      option,
      message: expect.stringMatching(text),
    });
  },
);

test("a server takes true or 1 for its worker and nothing else", async () => {
  await expect((startServer as unknown as Loose)({ worker: 2 })).rejects.toMatchObject({
    code: "WORKER_UNSUPPORTED",
    option: "worker",
  });
});

test("0, false and nothing mean this thread", async () => {
  for (const workers of [0, false, undefined] as const) {
    await using cluster = await startCluster({ workers, primaries: 1, clock: new ManualClock() });
    expect(cluster.nodes[0]?.node.port).toBe(cluster.nodes[0]?.port);
  }
});
