import { beforeEach, describe, expect, test } from "vitest";
import {
  AbortError,
  ConfigError,
  KvConnector,
  type LayoutName,
  lmcacheMetadata,
  type SlotClient,
  type SweepReport,
} from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { chunkOf, keysOf } from "./chunks.ts";

const PAIRS = {
  "tagged-pair": ["{", "}:"],
  "colon-pair": ["", ":"],
  "upstream-pair": ["", ""],
} as const;

type Pair = keyof typeof PAIRS;

interface ScriptHooks {
  beforeMark?: () => unknown;
  afterMark?: () => unknown;
  beforeRemove?: () => unknown;
}

/** Does something at a moment of the next sweep over this client: its first batch marks, its second one removes. */
function hookScripts(client: SlotClient, hooks: ScriptHooks): void {
  const make = Object.getPrototypeOf(client).batch as SlotClient["batch"];
  let batches = 0;
  client.batch = () => {
    const batch = make.call(client);
    const index = batches++;
    const exec = batch.exec.bind(batch);
    batch.exec = async (options) => {
      await (index === 0 ? hooks.beforeMark : index === 1 ? hooks.beforeRemove : undefined)?.();
      const outcomes = await exec(options);
      if (index === 0) await hooks.afterMark?.();
      return outcomes;
    };
    return batch;
  };
}

describeEachServer("sweep", (on) => {
  beforeEach(() => on.flush());

  const nameOf = (layout: Pair, key: string, half: "metadata" | "kv_bytes") =>
    `${PAIRS[layout][0]}${key}${PAIRS[layout][1]}${half}`;
  const drop = (name: string) => on.command(name, "DEL", name);
  const there = async (name: string) => (await on.command(name, "EXISTS", name)) === 1;
  const allNames = async () =>
    (await Promise.all(on.servers.nodes.map((node) => node.command("KEYS", "*")))).flat() as string[];

  describe.each(Object.keys(PAIRS) as Pair[])("of %s", (layout) => {
    test("removes orphans of either half, and counts them", async () => {
      const connector = new KvConnector(on.client, { layout });
      const keys = keysOf(30);
      await connector.batchedPut(
        keys,
        keys.map(() => chunkOf(100)),
      );
      for (const key of keys.slice(0, 7)) await drop(nameOf(layout, key, "kv_bytes"));
      for (const key of keys.slice(7, 12)) await drop(nameOf(layout, key, "metadata"));
      const found = {
        scanned: 48,
        total: 48,
        orphanMetadata: 7,
        orphanBytes: 5,
        byteLength: 7 * 28 + 5 * 100,
      };
      expect(await connector.sweep({ graceMs: 100, dryRun: true })).toEqual({ ...found, removed: 0 });
      expect(await allNames()).toHaveLength(48);
      const progress: Readonly<SweepReport>[] = [];
      expect(await connector.sweep({ graceMs: 100, onProgress: (report) => progress.push(report) })).toEqual({
        ...found,
        removed: 12,
      });
      expect(progress.at(-1)).toEqual({ ...found, removed: 12 });
      expect(await allNames()).toHaveLength(36);
      expect(await connector.batchedContains(keys.slice(12))).toBe(18);
      expect(await connector.sweep({ graceMs: 100 })).toMatchObject({ orphanMetadata: 0, orphanBytes: 0 });
      await connector.close();
    });

    test("leaves a record alone whose metadata comes between its looks", async () => {
      const client = await on.connect();
      const connector = new KvConnector(client, { layout });
      const chunk = chunkOf(64);
      const metadata = lmcacheMetadata().encode(chunk.metadata, 64);
      const keys = ["before the mark", "after the mark"];
      for (const key of keys) {
        const name = nameOf(layout, key, "kv_bytes");
        await on.command(name, "SET", name, chunk.bytes);
      }
      const complete = (key: string) => {
        const name = nameOf(layout, key, "metadata");
        return on.command(name, "SET", name, metadata);
      };
      const marked: unknown[] = [];
      hookScripts(client, {
        beforeMark: () => complete(keys[0]!),
        afterMark: async () => {
          const name = nameOf(layout, keys[1]!, "kv_bytes");
          marked.push(await on.command(name, "PTTL", name));
          await complete(keys[1]!);
        },
      });
      expect(await connector.sweep({ graceMs: 50 })).toMatchObject({ orphanBytes: 0, removed: 0 });
      expect(marked[0]).toBeGreaterThan(86_400_000);
      expect(await connector.batchedContains(keys)).toBe(2);
      for (const key of keys) {
        const name = nameOf(layout, key, "kv_bytes");
        expect(await on.command(name, "PTTL", name)).toBe(-1);
      }
    });

    test("leaves bytes alone that are written again between its looks", async () => {
      const client = await on.connect();
      const connector = new KvConnector(client, { layout });
      const bytes = nameOf(layout, "k", "kv_bytes");
      // The first step of a writer whose second one is still to come.
      const write = () => on.command(bytes, "SET", bytes, Buffer.alloc(64, 1));
      for (const moment of ["afterMark", "beforeRemove"] as const) {
        await write();
        hookScripts(client, { [moment]: write });
        expect(await connector.sweep({ graceMs: 50 })).toMatchObject({ removed: 0 });
        expect(await there(bytes)).toBe(true);
        expect(await on.command(bytes, "PTTL", bytes)).toBe(-1);
      }
    });

    test("keeps every record that is put while it goes on", async () => {
      const connector = new KvConnector(on.client, { layout });
      const keys = keysOf(40);
      let rounds = 0;
      let done = false;
      const putting = (async () => {
        while (!done || rounds < 5) {
          await connector.batchedRemove(keys.filter((_, i) => (i + rounds) % 3 === 0));
          const chunks = keys.map(() => chunkOf(256));
          await connector.batchedPut(keys, chunks);
          expect(await connector.batchedContains(keys)).toBe(40);
          rounds++;
        }
      })();
      // A busy machine has its time between the two steps of a put.
      expect(await connector.sweep({ graceMs: 3000 })).toMatchObject({ removed: 0 });
      done = true;
      await putting;
      expect(await connector.batchedContains(keys)).toBe(40);
      await connector.close();
    });
  });

  test("counts a name once that SCAN gives twice", async () => {
    const client = await on.connect();
    const scan = client.scan.bind(client);
    client.scan = async function* (...args) {
      for await (const name of scan(...args)) {
        yield name;
        yield name;
      }
    };
    for (const name of ["{a}:kv_bytes", "{b}:kv_bytes"]) await on.command(name, "SET", name, "12345");
    const connector = new KvConnector(client);
    const found = { scanned: 2, orphanBytes: 2, byteLength: 10 };
    expect(await connector.sweep({ graceMs: 50, dryRun: true })).toMatchObject({ ...found, removed: 0 });
    expect(await connector.sweep({ graceMs: 50 })).toMatchObject({ ...found, removed: 2 });
    await connector.close();
  });

  test("takes a mark off again when it is aborted or the connector closes", async () => {
    for (const end of ["abort", "close"] as const) {
      const client = await on.connect();
      const connector = new KvConnector(client);
      const name = "{k}:kv_bytes";
      await on.command(name, "SET", name, "x");
      const controller = new AbortController();
      let closing: Promise<void> | undefined;
      hookScripts(client, {
        afterMark: () => {
          if (end === "abort") controller.abort("enough");
          else closing = connector.close();
        },
      });
      const error = await connector
        .sweep({ graceMs: 200, signal: controller.signal })
        .catch((reason) => reason);
      if (end === "abort") expect(error).toBeInstanceOf(AbortError);
      expect(error).toMatchObject(end === "abort" ? { cause: "enough" } : { code: "CLIENT_CLOSED" });
      await closing;
      expect(await on.command(name, "PTTL", name)).toBe(-1);
    }
  });

  test("takes its marks off again when it fails", async () => {
    const client = await on.connect();
    const connector = new KvConnector(client);
    const name = "{k}:kv_bytes";
    await on.command(name, "SET", name, "x");
    hookScripts(client, {
      afterMark: () => {
        throw new Error("lost");
      },
    });
    await expect(connector.sweep({ graceMs: 50 })).rejects.toThrow("lost");
    expect(await on.command(name, "PTTL", name)).toBe(-1);
  });

  test("leaves alone what is not its own", async () => {
    const foreign = {
      "{user}:metadata": "a string that is no metadata",
      "{report}:kv_bytes:old": "x",
      "plain:metadata": Buffer.from(lmcacheMetadata().encode(chunkOf(4).metadata, 4)),
      "{other@blue}:kv_bytes": "of another salt",
      "{elsewhere}:kv_bytes": "of another prefix, and of no salt",
    };
    for (const [name, value] of Object.entries(foreign)) await on.command(name, "SET", name, value);
    await on.command("{hash}:metadata", "HSET", "{hash}:metadata", "a", "b");
    await on.command("{list}:kv_bytes", "RPUSH", "{list}:kv_bytes", "a");
    const orphan = "{model k@red}:kv_bytes";
    await on.command(orphan, "SET", orphan, "12345");
    const connector = new KvConnector(on.client, { salt: "red" });
    expect(await connector.sweep({ graceMs: 50, prefix: "model" })).toMatchObject({
      orphanBytes: 1,
      removed: 1,
      byteLength: 5,
    });
    const any = new KvConnector(on.client);
    expect(await any.sweep({ graceMs: 50, prefix: "nothing begins so" })).toMatchObject({ scanned: 0 });
    expect((await allNames()).sort()).toEqual(
      [...Object.keys(foreign), "{hash}:metadata", "{list}:kv_bytes"].sort(),
    );
    await Promise.all([connector.close(), any.close()]);
  });

  test("knows the client's key prefix, and keys that are no hash tag", async () => {
    const client = await on.connect({ keyPrefix: "app:{x" });
    const connector = new KvConnector(client, { readLayouts: "any" });
    for (const key of ["}odd", "even", "*"]) {
      await connector.put(key, chunkOf(10));
      const name = `app:{x{${key}}:metadata`;
      await drop(name);
    }
    await on.command("{k}:kv_bytes", "SET", "{k}:kv_bytes", "of another client");
    expect(await connector.sweep({ graceMs: 50 })).toMatchObject({ orphanBytes: 3, removed: 3 });
    expect(await allNames()).toEqual(["{k}:kv_bytes"]);
    await connector.close();
  });

  test("lets halves with a TTL of their own be, until they are seen alone for long enough", async () => {
    const name = "{k}:kv_bytes";
    await on.command(name, "SET", name, "x", "PX", 600_000);
    const connector = new KvConnector(on.client);
    expect(await connector.sweep({ graceMs: 50 })).toMatchObject({ removed: 1 });
    await on.command(name, "SET", name, "x", "PX", 200);
    expect(await connector.sweep({ graceMs: 300 })).toMatchObject({ removed: 0 });
    await connector.close();
  });

  test.each(["packed", "value-only"] as LayoutName[])("has nothing to do in %s", async (layout) => {
    const connector = new KvConnector(on.client, { layout });
    await connector.put("k", chunkOf(10));
    expect(await connector.sweep()).toMatchObject({ scanned: 0, removed: 0 });
    expect(await allNames()).toHaveLength(1);
    await connector.close();
  });

  test("refuses options that make no sense", async () => {
    const connector = new KvConnector(on.client);
    for (const [options, option] of [
      [{ graceMs: 0 }, "graceMs"],
      [{ graceMs: 1.5 }, "graceMs"],
      [{ dryRun: "yes" }, "dryRun"],
      [{ prefix: 1 }, "prefix"],
      [{ onProgress: true }, "onProgress"],
      [{ grace: 1 }, "grace"],
      [{ timeoutMs: -1 }, "timeoutMs"],
    ] as const) {
      const failure = await connector.sweep(options as never).catch((error) => error);
      expect(failure).toBeInstanceOf(ConfigError);
      expect(failure).toMatchObject({ option });
    }
    await connector.close();
  });
});
