import { expect, test } from "vitest";
import { connect, type MetadataCodec, RecordStore } from "../../src/index.ts";
import { describeWithServer } from "../rig/gate.ts";
import { startServer } from "../rig/servers.ts";

const json: MetadataCodec<unknown> = {
  encode: (metadata) => Buffer.from(JSON.stringify(metadata)),
  decode: (encoded) => JSON.parse(Buffer.from(encoded).toString()),
};

describeWithServer("what a caller does to a call under way", () => {
  test("a codec that throws on foreign metadata makes a miss, and its neighbours on the connection notice nothing", async () => {
    await using server = await startServer();
    await using client = await connect(server.url);
    await client.mset([
      ["{a}:metadata", "no JSON"],
      ["{a}:kv_bytes", "bytes"],
    ]);
    const store = new RecordStore(client, { metadata: json });
    await store.putMany([{ key: "b", metadata: { n: 1 }, bytes: new Uint8Array(8) }]);
    const [records, counted] = await Promise.all([
      store.getMany(["a", "b"]),
      client.batch().call("INCR", "counter").exec(),
    ]);
    expect(records[0]).toBeNull();
    expect(records[1]).toMatchObject({ key: "b", metadata: { n: 1 } });
    expect(counted).toEqual([{ status: "fulfilled", value: 1 }]);
    expect(store.stats()).toMatchObject({ hits: 1, mismatches: 1 });
    expect(client.stats()).toMatchObject({ desyncs: 0, reconnects: 0 });
  });

  test("a key array that the caller empties while the call waits for its connection is still the one asked for", async () => {
    await using server = await startServer();
    await using writer = await connect(server.url);
    await writer.mset([
      ["k1", "v1"],
      ["k2", "v2"],
    ]);
    await using client = await connect(server.url, { lazyConnect: true });
    const keys = ["k1", "k2"];
    const call = client.mget(keys);
    keys.length = 0;
    expect((await call).map(String)).toEqual(["v1", "v2"]);
  });
});
