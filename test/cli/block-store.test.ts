import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BlockIdSet } from "../../src/cli/block-id-set.ts";
import { type BlockStore, CLIENT_NAMES } from "../../src/cli/block-store.ts";
import { BlockValues } from "../../src/cli/block-values.ts";
import { openBlockStore } from "../../src/cli/open-block-store.ts";
import { replay } from "../../src/cli/replay.ts";
import type { TraceRequest } from "../../src/cli/trace-request.ts";
import { describeWithServer } from "../rig/gate.ts";
import { type RigCluster, startCluster } from "../rig/servers.ts";

describeWithServer("blocks on a cluster", () => {
  let cluster: RigCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    await Promise.all(cluster.primaries.map((node) => node.command("FLUSHALL")));
  });

  async function storedKeys(): Promise<string[]> {
    const perNode = await Promise.all(cluster.primaries.map((node) => node.command("KEYS", "*")));
    return (perNode.flat() as string[]).sort();
  }

  describe("the clients of the replay", () => {
    const values = new BlockValues(100);
    const ids = Array.from({ length: 40 }, (_, id) => id);
    const options = { prefix: "same", ttlMs: 60_000 };

    async function dump(): Promise<Map<string, string>> {
      const entries = new Map<string, string>();
      for (const node of cluster.primaries) {
        for (const key of (await node.command("KEYS", "*")) as string[]) {
          entries.set(key, ((await node.commandRaw("GET", key)) as Buffer).toString("hex"));
          const life = (await node.command("PTTL", key)) as number;
          expect(life).toBeGreaterThan(0);
          expect(life).toBeLessThanOrEqual(options.ttlMs + (key.endsWith(":metadata") ? 0 : 10_000));
        }
      }
      return entries;
    }

    test("store the same bytes under the same names, with a TTL", async () => {
      const dumps: Map<string, string>[] = [];
      for (const client of CLIENT_NAMES) {
        const store = await openBlockStore(client, cluster.url, options);
        await store.putMany(
          ids,
          ids.map((id) => values.of(id)),
        );
        dumps.push(await dump());
        await store.deleteMany(ids);
        expect(await storedKeys()).toEqual([]);
        await store.close();
      }
      expect(dumps[0]!.size).toBe(80);
      expect([...dumps[0]!.keys()]).toContain("{same:7}:metadata");
      expect([...dumps[0]!.keys()]).toContain("{same:7}:kv_bytes");
      expect(dumps[1]).toEqual(dumps[0]);
      expect(dumps[2]).toEqual(dumps[0]);
    });

    test("answer alike: prefix, blocks, half a block and a hole", async () => {
      const writer = await openBlockStore("ioredis-pipeline", cluster.url, options);
      const half = ids.slice(0, 20);
      await writer.putMany(
        half,
        half.map((id) => values.of(id)),
      );
      const owner = await cluster.ownerOf(await cluster.slotOf("{same:12}:kv_bytes"));
      await owner.command("DEL", "{same:12}:kv_bytes");
      for (const client of CLIENT_NAMES) {
        const store = await openBlockStore(client, cluster.url, options);
        expect(await store.prefixLength(ids)).toBe(12);
        expect(await store.prefixLength([19, 18, 30])).toBe(2);
        const blocks = await store.getMany([19, 12, 3, 30, 3]);
        expect(blocks.map((block) => block?.metadata.block ?? null)).toEqual([19, null, 3, null, 3]);
        expect(values.firstWrongByte(3, blocks[4]!.bytes)).toBe(-1);
        await store.close();
      }
      await writer.close();
    });

    test("count the commands and the socket writes that the servers see", async () => {
      for (const client of CLIENT_NAMES) {
        const store = await openBlockStore(client, cluster.url, options);
        const before = store.counters();
        await store.putMany(
          ids,
          ids.map((id) => values.of(id)),
        );
        const after = store.counters();
        expect(after.commands - before.commands).toBe(80);
        const writes = after.socketWrites - before.socketWrites;
        expect(writes).toBe(client === "ioredis-sequential" ? 80 : 3);
        await store.close();
      }
    });
  });

  describe("the check of what is read", () => {
    /** The real store, but for one block: a byte of it, its metadata, or whether it is still there when it is read. */
    class Tampering implements BlockStore {
      readonly #store: BlockStore;
      readonly #what: "bytes" | "metadata" | "presence";
      readonly #block: number;

      constructor(store: BlockStore, what: "bytes" | "metadata" | "presence", block: number) {
        this.#store = store;
        this.#what = what;
        this.#block = block;
      }

      prefixLength(ids: readonly number[]) {
        return this.#store.prefixLength(ids);
      }

      async getMany(ids: readonly number[]) {
        const blocks = await this.#store.getMany(ids);
        const block = blocks[ids.indexOf(this.#block)];
        if (block && this.#what === "bytes") block.bytes[70]! ^= 1;
        if (block && this.#what === "metadata") block.metadata.block++;
        if (block && this.#what === "presence") blocks[ids.indexOf(this.#block)] = null;
        return blocks;
      }

      putMany(ids: readonly number[], values: readonly Uint8Array[]) {
        return this.#store.putMany(ids, values);
      }

      deleteMany(ids: readonly number[]) {
        return this.#store.deleteMany(ids);
      }

      counters() {
        return this.#store.counters();
      }

      close() {
        return this.#store.close();
      }
    }

    async function* requests(): AsyncGenerator<TraceRequest, void, void> {
      for (const hashIds of [
        [1, 2, 3],
        [1, 2, 3, 4],
      ]) {
        yield { line: 1, timestamp: 0, inputLength: 1, outputLength: 1, hashIds };
      }
    }

    test.each([
      ["bytes", "the record of block 2 differs at byte 70"],
      ["metadata", "the record of block 2 carries the metadata of block 3"],
    ] as const)("stops the run at wrong %s", async (what, message) => {
      const store = await openBlockStore("slotpack", cluster.url, { prefix: what, ttlMs: 60_000 });
      const run = replay(requests(), new Tampering(store, what, 2), new BlockValues(100), {
        concurrency: 1,
        signal: new AbortController().signal,
        written: new BlockIdSet(),
      });
      await expect(run).rejects.toMatchObject({ code: "WRONG_BYTES", message });
      await store.close();
    });

    test("counts a block that goes away between the look-up and the read, and writes it again", async () => {
      const store = await openBlockStore("slotpack", cluster.url, { prefix: "gone", ttlMs: 60_000 });
      const figures = await replay(requests(), new Tampering(store, "presence", 2), new BlockValues(100), {
        concurrency: 1,
        signal: new AbortController().signal,
        written: new BlockIdSet(),
      });
      expect(figures).toMatchObject({
        requests: 2,
        hits: 1,
        vanished: 2,
        verifiedBytes: 100,
        writtenRecords: 6,
      });
      await store.close();
    });
  });
});
