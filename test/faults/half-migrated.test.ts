import { afterAll, beforeAll, expect, test } from "vitest";
import { runMigratingLoad } from "../../bench/reliability/migrating-load.ts";
import { slotpackContestant } from "../../bench/reliability/slotpack-contestant.ts";
import { describeWithServer, type RigCluster, startCluster } from "../rig/index.ts";

// Rows 9 and 10 under load; `npm run reliability` does it with 100,000 batches.

describeWithServer("random batches while slots move back and forth", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster({ config: { "cluster-node-timeout": 15_000 } });
  });
  afterAll(() => cluster.stop());

  test("have every reply right and at its index, no error, and each key's commands in order and once", async () => {
    const client = await slotpackContestant.connectCluster(cluster.nodes);
    try {
      const result = await runMigratingLoad(cluster, {
        client,
        moving: ["one", "two", "three", "four"],
        resting: ["still", "calm"],
        batches: 3000,
        concurrency: 8,
      });
      expect(result.examples).toEqual([]);
      expect(result).toMatchObject({ batches: 3000, wrong: 0, reordered: 0, duplicates: 0, lost: 0 });
      expect([...result.errors]).toEqual([]);
      expect(result.moves).toBeGreaterThan(10);
    } finally {
      await client.close();
    }
  }, 120_000);
});
