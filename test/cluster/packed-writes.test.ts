import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type SlotClient } from "../../src/index.ts";
import {
  countPromises,
  countSocketWrites,
  describeWithServer,
  type RigCluster,
  startCluster,
} from "../rig/index.ts";

const KEYS = Array.from({ length: 1000 }, (_, i) => `packed:${i}`);

describeWithServer("one packed write per node and chunk, counted at the socket", () => {
  let cluster: RigCluster;
  /** Keys by the port of their node. */
  const shares = new Map<number, number>();
  beforeAll(async () => {
    cluster = await startCluster();
    for (const key of KEYS) {
      const { port } = await cluster.ownerOf(await cluster.slotOf(key));
      shares.set(port, (shares.get(port) ?? 0) + 1);
    }
  });
  afterAll(() => cluster.stop());

  describe.each([
    { chunkSize: 256, integrity: true },
    { chunkSize: 1000, integrity: true },
    { chunkSize: 1000, integrity: false },
    { chunkSize: 100, integrity: false },
  ])("with $chunkSize keys in a chunk, integrity $integrity", (options) => {
    let client: SlotClient;
    beforeAll(async () => {
      client = await connect(cluster.url, { ...options, topologyRefreshMs: 600_000 });
      await client.mset(KEYS.map((key) => [key, `value of ${key}`]));
    });
    afterAll(() => client.close());

    const calls: [string, (c: SlotClient) => Promise<unknown>][] = [
      ["mget", (c: SlotClient) => c.mget(KEYS)],
      ["mset", (c: SlotClient) => c.mset(KEYS.map((key) => [key, `value of ${key}`]))],
      ["exists", (c: SlotClient) => c.exists(KEYS)],
      ["expire", (c: SlotClient) => c.expire(KEYS, 100_000)],
    ];
    test.each(calls)(
      "%s of 1,000 keys makes one write per node and chunk, and fewer than 50 promises",
      async (_, call) => {
        await call(client);
        const before = client.stats();
        const { byPort, writes } = await countSocketWrites(() => call(client));
        for (const [port, count] of shares)
          expect(byPort.get(port)?.writes, `keys: ${count}`).toBe(Math.ceil(count / options.chunkSize));
        const after = client.stats();
        expect(after.socketWrites - before.socketWrites).toBe(writes);
        expect(after.commands - before.commands).toBe(1000);
        const { promises } = await countPromises(() => call(client));
        expect(promises).toBeLessThan(50);
      },
    );

    test("a batch of 1,000 commands makes one write per node and chunk", async () => {
      const batch = () => {
        const commands = client.batch();
        for (const key of KEYS) commands.call("GET", key);
        return commands.exec();
      };
      const { byPort, result } = await countSocketWrites(batch);
      expect(result.every(({ status }) => status === "fulfilled")).toBe(true);
      for (const [port, count] of shares)
        expect(byPort.get(port)?.writes).toBe(Math.ceil(count / options.chunkSize));
      const { promises } = await countPromises(batch);
      expect(promises).toBeLessThan(50);
    });

    test("large values are gathered into the same write", async () => {
      const entries = KEYS.slice(0, 90).map((key, i) => [key, Buffer.alloc(4000 + i, i)] as const);
      const { byPort } = await countSocketWrites(() => client.mset(entries));
      for (const { writes } of byPort.values()) expect(writes).toBe(1);
      const values = await client.mget(entries.map(([key]) => key));
      expect(values.findIndex((value, i) => !value?.equals(entries[i]![1]))).toBe(-1);
    });
  });
});
