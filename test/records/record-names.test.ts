import { beforeEach, expect, test } from "vitest";
import { type KvRecord, type LayoutName, RecordStore } from "../../src/index.ts";
import { countSocketWrites } from "../rig/index.ts";
import { describeEachServer } from "./each-server.ts";

/** Keys that the published names put in one slot, and keys whose two names are apart. */
const TOGETHER = ["plain", "a}b", "{tag}key", "{}", "x{y}z", "braces{inside}", "{", "ends}"];
const APART = ["", "}", "}begins", "}}", "}{tag}", "}:metadata"];
const KEYS = [...TOGETHER, ...APART];

const record = (key: string, size = 64): KvRecord => ({
  key,
  metadata: { key },
  bytes: Buffer.alloc(size, 3),
});

describeEachServer("the names of a record", (on) => {
  beforeEach(() => on.flush());

  async function names(): Promise<string[]> {
    const found: string[] = [];
    for await (const name of on.client.scan()) found.push(name.toString());
    return found.sort();
  }

  test("are {key}:metadata and {key}:kv_bytes for every key", async () => {
    const store = new RecordStore(on.client);
    await store.putMany(KEYS.map((key) => record(key)));
    expect(await names()).toEqual(KEYS.flatMap((key) => [`{${key}}:metadata`, `{${key}}:kv_bytes`]).sort());
    const value = await on.command("{}}:kv_bytes", "GET", "{}}:kv_bytes");
    expect(Buffer.alloc(64, 3).equals(value as Buffer)).toBe(true);
  });

  test("of a record that somebody else wrote are found", async () => {
    for (const key of KEYS) {
      const [metadata, bytes] = [`{${key}}:metadata`, `{${key}}:kv_bytes`];
      await on.command(metadata, "SET", metadata, Buffer.from([0x92, 3, 0x81, 0xa1, 0x6e, 1]));
      await on.command(bytes, "SET", bytes, "abc");
    }
    const store = new RecordStore(on.client);
    const found = await store.getMany(KEYS);
    expect(found.map((one) => one?.metadata)).toEqual(KEYS.map(() => ({ n: 1 })));
    expect(await store.prefixLength(KEYS)).toBe(KEYS.length);
  });

  test("are one, key:packed, for a packed record", async () => {
    await new RecordStore(on.client, { layout: "packed" }).putMany(KEYS.map((key) => record(key)));
    expect(await names()).toEqual(KEYS.map((key) => `${key}:packed`).sort());
  });

  test("are those of LMCache's other connectors, as the layout says", async () => {
    const namesOf = {
      "colon-pair": (key: string) => [`${key}:metadata`, `${key}:kv_bytes`],
      "upstream-pair": (key: string) => [`${key}metadata`, `${key}kv_bytes`],
      "value-only": (key: string) => [key],
    };
    for (const [layout, namesOfKey] of Object.entries(namesOf)) {
      await on.flush();
      const store = new RecordStore(on.client, { layout: layout as keyof typeof namesOf });
      await store.putMany(KEYS.map((key) => record(key)));
      expect(await names()).toEqual(KEYS.flatMap(namesOfKey).sort());
      for (const key of KEYS) {
        const name = namesOfKey(key).at(-1)!;
        expect(Buffer.alloc(64, 3).equals((await on.command(name, "GET", name)) as Buffer)).toBe(true);
      }
    }
  });

  /** Socket writes of each node in a call of each kind. */
  async function writesPerNode(layout: LayoutName, keyOf: (i: number) => string): Promise<number[][]> {
    const store = new RecordStore(on.client, { layout });
    const keys = Array.from({ length: 200 }, (_, i) => keyOf(i));
    const records = keys.map((key) => record(key, 3000));
    await store.putMany(records);
    const calls = [
      () => store.putMany(records),
      () => store.putMany(records, { ttlMs: 50_000 }),
      () => store.getMany(keys),
      () => store.containsMany(keys),
      () => store.deleteMany(keys),
    ];
    const counts: number[][] = [];
    for (const call of calls) {
      const { byPort } = await countSocketWrites<unknown>(call);
      counts.push([...byPort.values()].map(({ writes }) => writes));
    }
    return counts;
  }

  const each = (...counts: number[]) => counts.map((count) => on.servers.nodes.map(() => count));

  for (const layout of ["tagged-pair", "packed", "value-only"] as const) {
    test(`take one packed write per node and call, where a record's names share a slot: ${layout}`, async () => {
      expect(await writesPerNode(layout, (i) => `block:${i}`)).toEqual(each(1, 1, 1, 1, 1));
    });
  }

  for (const layout of ["colon-pair", "upstream-pair"] as const) {
    test(`take one packed write per node for what is read and two for what is written, where they are apart: ${layout}`, async () => {
      const apart = on.clustered ? 2 : 1;
      expect(await writesPerNode(layout, (i) => `block:${i}`)).toEqual(each(apart, apart, 1, 1, 1));
      // A tag in the key itself brings them together.
      expect(await writesPerNode(layout, (i) => `org/{model}${i}`).then((counts) => counts.flat())).toEqual([
        1, 1, 1, 1, 1,
      ]);
    });
  }

  test("take no more where some records' names are apart and some are not", async () => {
    const apart = on.clustered ? 2 : 1;
    const counts = await writesPerNode("tagged-pair", (i) => `${i % 2 === 0 ? "}" : ""}block:${i}`);
    expect(counts).toEqual(each(apart, apart, 1, 1, 1));
  });
});
