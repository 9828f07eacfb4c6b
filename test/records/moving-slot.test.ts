import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, RecordStore, type SlotClient } from "../../src/index.ts";
import { keySlot } from "../../src/slots/index.ts";
import { describeWithServer, type RigCluster, type RigNode, startCluster } from "../rig/index.ts";

const BYTES = Buffer.alloc(3000, 5);

describeWithServer("a record whose slot is moving", () => {
  let cluster: RigCluster;
  let client: SlotClient;
  let number = 0;
  beforeAll(async () => {
    cluster = await startCluster();
    client = await connect(cluster.url);
  });
  afterAll(async () => {
    await client.close();
    await cluster.stop();
  });

  interface Half {
    readonly key: string;
    readonly from: RigNode;
    readonly to: RigNode;
    readonly finish: () => Promise<unknown>;
  }

  /** A key of its own slot, stored, of which the half that is named has moved. */
  async function halfMoved(store: RecordStore, half: "metadata" | "kv_bytes" | undefined): Promise<Half> {
    const key = `moving:${number++}`;
    const slot = keySlot(key);
    const from = await cluster.ownerOf(slot);
    const to = cluster.primaries.find((node) => node !== from)!;
    if (half !== undefined) await store.putMany([{ key, metadata: { old: true }, bytes: BYTES }]);
    await cluster.migrateSlot(slot, from, to, { keys: 0, finish: false });
    if (half !== undefined) await from.command("MIGRATE", to.host, to.port, `{${key}}:${half}`, 0, 5000);
    return { key, from, to, finish: () => cluster.migrateSlot(slot, from, to) };
  }

  const exists = (node: RigNode, name: string) =>
    node
      .command("CLUSTER", "GETKEYSINSLOT", keySlot(name), 100)
      .then((names) => (names as string[]).includes(name));

  for (const half of ["metadata", "kv_bytes"] as const) {
    test(`is read whole while its ${half} alone is at the new node`, async () => {
      const store = new RecordStore(client);
      const { key, finish } = await halfMoved(store, half);
      const into = [new Uint8Array(4000)];
      expect((await store.getMany([key, `${key} absent`]))[0]?.metadata).toEqual({ old: true });
      const [record, absent] = await store.getMany([key, `${key} absent`], { into });
      expect(Buffer.compare(record!.bytes, BYTES)).toBe(0);
      expect(record!.bytes.buffer).toBe(into[0]!.buffer);
      expect(absent).toBeNull();
      expect(await store.containsMany([key, `${key} absent`])).toEqual([true, false]);
      expect(await store.prefixLength([key])).toBe(1);
      await finish();
      expect(await store.containsMany([key])).toEqual([true]);
    });

    for (const ttlMs of [undefined, 60_000]) {
      const withTtl = ttlMs === undefined ? "without a TTL" : "with a TTL";
      test(`is written where its halves are, once each, ${withTtl}: ${half} at the new node`, async () => {
        const store = new RecordStore(client);
        const { key, from, to, finish } = await halfMoved(store, half);
        const bytes = Buffer.alloc(50_000, 9);
        await store.putMany([{ key, metadata: { old: false }, bytes }], { ttlMs });
        for (const name of ["metadata", "kv_bytes"] as const) {
          const there = await exists(to, `{${key}}:${name}`);
          const here = await exists(from, `{${key}}:${name}`);
          // On both nodes at once, MIGRATE would stop at the name: the slot could never be handed over.
          expect([here, there]).toEqual([name !== half, name === half]);
        }
        const [record] = await store.getMany([key]);
        expect(record?.metadata).toEqual({ old: false });
        expect(Buffer.compare(record!.bytes, bytes)).toBe(0);
        await finish();
        expect((await store.getMany([key]))[0]?.metadata).toEqual({ old: false });
      });
    }

    test(`is deleted on both nodes, and counted once: ${half} at the new node`, async () => {
      const store = new RecordStore(client);
      const { key, from, to, finish } = await halfMoved(store, half);
      expect(await store.deleteMany([key, `${key} absent`])).toBe(1);
      for (const node of [from, to])
        for (const name of ["metadata", "kv_bytes"])
          expect(await exists(node, `{${key}}:${name}`)).toBe(false);
      await finish();
    });
  }

  test("that is new goes to the new node, whole", async () => {
    const store = new RecordStore(client);
    const { key, to, finish } = await halfMoved(store, undefined);
    await store.putMany([{ key, metadata: 1, bytes: BYTES }], { ttlMs: 60_000 });
    expect(await exists(to, `{${key}}:metadata`)).toBe(true);
    expect(await exists(to, `{${key}}:kv_bytes`)).toBe(true);
    expect(await store.containsMany([key])).toEqual([true]);
    await finish();
    expect(await store.deleteMany([key])).toBe(1);
  });
});
