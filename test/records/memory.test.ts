import { expect, test } from "vitest";
import { RecordTraffic } from "../../bench/memory/record-traffic.ts";
import { RssSampler } from "../../bench/memory/rss-sampler.ts";
import { connect, RecordStore } from "../../src/index.ts";
import { describeWithServer, startCluster } from "../rig/index.ts";

const MiB = 1024 ** 2;
const WINDOW = 64 * MiB;

describeWithServer("memory while 1 GB passes each way in records of 1 MB", () => {
  for (const into of [false, true]) {
    const way = into ? "into the callers' buffers" : "with results of getMany's own";
    test(`stays within the window and 150 MB, ${way}`, async () => {
      await using servers = await startCluster();
      await using client = await connect(servers.url, { maxInFlightBytes: WINDOW, timeoutMs: 30_000 });
      const store = new RecordStore<{ source: number }>(client);
      const traffic = new RecordTraffic({ recordBytes: MiB, batch: 16, calls: 2, bytesEachWay: 1e9, into });
      const sampler = new RssSampler();
      const tally = await traffic.run(store);
      const { start, peak } = sampler.stop();
      expect(tally.putBytes).toBeGreaterThanOrEqual(1e9);
      expect(tally.gotBytes).toBe(tally.putBytes);
      expect(peak - start).toBeLessThan(WINDOW + 150e6);
      expect(client.stats()).toMatchObject({ inFlightBytes: 0, queuedBytes: 0 });
    });
  }
});
