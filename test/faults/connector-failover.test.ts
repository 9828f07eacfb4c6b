import { expect, test } from "vitest";
import { KvConnector } from "../../src/index.ts";
import { chunkOf, keysOf } from "../connector/chunks.ts";
import { describeWithServer, startSentinels, until } from "../rig/index.ts";

const PATIENCE_MS = 120_000;
const NEVER_MS = 3_600_000;

describeWithServer("a connector behind a Sentinel", () => {
  test("keeps what was replicated and goes on by itself, in both lanes, when its primary is killed", async () => {
    await using rig = await startSentinels({ downAfterMs: NEVER_MS });
    const primary = await rig.named();
    // As long as the rig waits for the other one: what is accepted during the failover is done after it.
    await using connector = await KvConnector.connect(rig.url, { timeoutMs: PATIENCE_MS });
    const keys = keysOf(20, "before");
    const chunks = keys.map(() => chunkOf(300_000));
    await connector.batchedPut(keys, chunks);
    expect(connector.client.stats().openConnections).toBe(2);
    await rig.replicated(primary);
    await primary.kill();
    const put = connector.put("during", chunkOf(300_000));
    const lookup = connector.batchedContains(keys);
    await rig.setDownAfter(500);
    const successor = await rig.replaced(primary);
    await rig.setDownAfter(NEVER_MS);
    await put;
    expect(await lookup).toBe(20);
    const records = await connector.batchedGet([...keys, "during", "never"]);
    for (const [i, { bytes }] of chunks.entries()) expect(Buffer.compare(records[i]!.bytes, bytes)).toBe(0);
    expect(records.slice(20).map((record) => record === null)).toEqual([false, true]);
    expect(connector.client.topology()?.nodes).toMatchObject([{ port: successor.port }]);
    expect(await connector.ping()).toBe(0);
    expect(await connector.list("during")).toEqual(["during"]);
    await until(
      "both of its connections lead there",
      () => connector.client.stats().openConnections === 2,
      PATIENCE_MS,
    );
  }, 300_000);
});
