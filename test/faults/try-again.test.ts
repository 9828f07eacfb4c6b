import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect, NotAppliedError, RecordStore, type SlotClient } from "../../src/index.ts";
import { keySlot } from "../../src/slots/index.ts";
import {
  abandonMigration,
  describeWithServer,
  type RigCluster,
  type RigNode,
  resp,
  startCluster,
  startScripted,
} from "../rig/index.ts";
import { replyOf } from "./outcome.ts";

// Rows 11 and 12: commands with several keys in a slot that is on the move.

describe("a server that answers TRYAGAIN for ever", () => {
  test("makes NotApplied with TRYAGAIN as cause at the deadline; batch-mates have their replies", async () => {
    await using server = await startScripted(({ name }) => {
      if (name === "MGET") return "-TRYAGAIN Multiple keys request during rehashing of slot\r\n";
      return name === "INCR" ? resp(1) : undefined;
    });
    await using client = await connect(server.url);
    const began = performance.now();
    const outcomes = await client
      .batch()
      .call("INCR", "{t}n")
      .call("MGET", "{t}a", "{t}b")
      .call("INCR", "{t}m")
      .exec({ timeoutMs: 600 });
    expect(performance.now() - began).toBeGreaterThan(590);
    expect([outcomes[0], outcomes[2]].map(replyOf)).toEqual([1, 1]);
    const { reason } = outcomes[1] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(NotAppliedError);
    expect(reason).toMatchObject({ keyIndex: 1, cause: { code: "TRYAGAIN" } });
    expect(server.names.filter((name) => name === "INCR")).toHaveLength(2);
    const tries = server.names.filter((name) => name === "MGET").length;
    // 600 ms hold at most 8 + 16 + 32 + 64 + 100 … of waiting.
    expect(tries).toBeGreaterThanOrEqual(3);
    expect(tries).toBeLessThanOrEqual(10);
  });
});

describeWithServer("a slot whose keys are on both sides", () => {
  let cluster: RigCluster;
  let client: SlotClient;
  let from: RigNode;
  let to: RigNode;
  const slot = keySlot("pair");

  beforeAll(async () => {
    cluster = await startCluster({ config: { "cluster-node-timeout": 15_000 } });
    from = await cluster.ownerOf(slot);
    to = cluster.primaries.find((node) => node !== from) as RigNode;
    client = await connect(cluster.url);
  });
  afterAll(async () => {
    await client.close();
    await cluster.stop();
  });

  beforeEach(async () => {
    const owner = await cluster.ownerOf(slot);
    if (owner !== from) await cluster.migrateSlot(slot, to, from);
    await abandonMigration(slot, from, to);
    for (const node of cluster.primaries) await node.command("FLUSHALL");
  });

  /** Opens the migration and moves just these keys. */
  async function moveOnly(...keys: string[]): Promise<void> {
    await cluster.migrateSlot(slot, from, to, { keys: 0, finish: false });
    await from.command("MIGRATE", to.host, to.port, "", 0, 5000, "KEYS", ...keys);
  }

  test("lets MGET, EXISTS and DEL of a batch wait until the migration ends, and runs them once", async () => {
    await client.mset([
      ["{pair}a", "A"],
      ["{pair}b", "B"],
      ["{pair}c", "C"],
    ]);
    await moveOnly("{pair}a");
    await expect(from.command("MGET", "{pair}a", "{pair}b")).rejects.toThrow("TRYAGAIN");
    const batch = client
      .batch()
      .call("INCR", "{pair}n")
      .call("MGET", "{pair}a", "{pair}b")
      .call("EXISTS", "{pair}b", "{pair}a", "{pair}none")
      .call("INCR", "elsewhere");
    const outcomes = batch.exec({ timeoutMs: 20_000 });
    const deletion = client.batch().call("DEL", "{pair}c", "{pair}gone").exec({ timeoutMs: 20_000 });
    await sleep(400);
    await cluster.migrateSlot(slot, from, to);
    const settledAt = performance.now();
    expect((await outcomes).map(replyOf)).toEqual([1, ["A", "B"], 2, 1]);
    expect((await deletion).map(replyOf)).toEqual([1]);
    // 200 ms is the longest wait between two tries; the rest is this machine.
    expect(performance.now() - settledAt).toBeLessThan(3000);
    expect((await client.mget(["{pair}n", "elsewhere"])).map(String)).toEqual(["1", "1"]);
  });

  test("ends a batch's MGET as NotApplied when the migration outlasts the deadline", async () => {
    await client.mset([
      ["{pair}a", "A"],
      ["{pair}b", "B"],
    ]);
    await moveOnly("{pair}a");
    const [mget, get] = await client
      .batch()
      .call("MGET", "{pair}a", "{pair}b")
      .call("GET", "{pair}a")
      .exec({ timeoutMs: 300 });
    expect((mget as PromiseRejectedResult).reason).toBeInstanceOf(NotAppliedError);
    expect((mget as PromiseRejectedResult).reason).toMatchObject({ cause: { code: "TRYAGAIN" } });
    expect(replyOf(get)).toBe("A");
  });

  test("holds back later commands of the batch on the same keys, so that the last one still wins", async () => {
    await client.mset([
      ["{pair}a", "A"],
      ["{pair}b", "B"],
    ]);
    await moveOnly("{pair}a");
    const outcomes = client
      .batch()
      .call("MSET", "{pair}a", "1", "{pair}b", "1")
      .call("SET", "{pair}b", "2")
      .call("APPEND", "{pair}a", "2")
      .call("MGET", "{pair}a", "{pair}b")
      .exec({ timeoutMs: 20_000 });
    await sleep(300);
    expect(await from.command("GET", "{pair}b")).toBe("B");
    await cluster.migrateSlot(slot, from, to);
    expect((await outcomes).map(replyOf)).toEqual(["OK", "OK", 2, ["12", "2"]]);
  });

  test("does not hold up mget, del and exists of the client, which send one key a command", async () => {
    await client.mset([
      ["{pair}a", "A"],
      ["{pair}b", "B"],
    ]);
    await moveOnly("{pair}a");
    const options = { timeoutMs: 2000 };
    expect(
      (await client.mget(["{pair}a", "{pair}b", "{pair}c"], options)).map((v) => v && String(v)),
    ).toEqual(["A", "B", null]);
    expect(await client.exists(["{pair}a", "{pair}b"], options)).toBe(2);
    expect(await client.unlink(["{pair}a", "{pair}b"], options)).toBe(2);
  });

  describe.each(["{pair}:metadata", "{pair}:kv_bytes"])("with %s of a record moved", (half) => {
    const record = { key: "pair", metadata: { n: 1 }, bytes: Buffer.from("bytes") };
    const options = { timeoutMs: 3000 };
    let store: RecordStore;

    beforeEach(async () => {
      store = new RecordStore(client);
      await store.putMany([record]);
      await moveOnly(half);
    });

    test("reads the whole record and knows that it is there", async () => {
      const [read, none] = await store.getMany(["pair", "pair}absent"], options);
      expect(read?.metadata).toEqual({ n: 1 });
      expect(String(read?.bytes)).toBe("bytes");
      expect(none).toBeNull();
      expect(await store.containsMany(["pair", "pair}absent"], options)).toEqual([true, false]);
      expect(await store.prefixLength(["pair", "pair}absent"], options)).toBe(1);
    });

    test.each([{}, { ttlMs: 60_000 }])(
      "overwrites it (%j) with no half left behind on the other side",
      async (ttl) => {
        await store.putMany([{ ...record, bytes: Buffer.from("newer bytes") }], { ...options, ...ttl });
        const [read] = await store.getMany(["pair"], options);
        expect(String(read?.bytes)).toBe("newer bytes");
        const counts = await Promise.all(
          [from, to].map((node) => node.command("CLUSTER", "COUNTKEYSINSLOT", slot)),
        );
        expect(counts).toEqual([1, 1]);
        // MIGRATE refuses a key that is on both sides.
        await cluster.migrateSlot(slot, from, to);
        const [moved] = await store.getMany(["pair"], options);
        expect(String(moved?.bytes)).toBe("newer bytes");
      },
    );

    test("deletes both halves", async () => {
      expect(await store.deleteMany(["pair", "pair}absent"], options)).toBe(1);
      const counts = await Promise.all(
        [from, to].map((node) => node.command("CLUSTER", "COUNTKEYSINSLOT", slot)),
      );
      expect(counts).toEqual([0, 0]);
    });
  });

  test("takes a record that is new, which the target cannot have whole yet", async () => {
    const store = new RecordStore(client);
    await cluster.migrateSlot(slot, from, to, { keys: 0, finish: false });
    await store.putMany([{ key: "pair", metadata: { n: 2 }, bytes: Buffer.from("new") }], {
      timeoutMs: 3000,
    });
    const [read] = await store.getMany(["pair"], { timeoutMs: 3000 });
    expect(String(read?.bytes)).toBe("new");
    expect(await store.containsMany(["pair"], { timeoutMs: 3000 })).toEqual([true]);
  });
});
