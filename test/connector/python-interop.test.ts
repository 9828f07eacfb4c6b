import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  CacheEngineKey,
  KvConnector,
  LayerCacheEngineKey,
  type LayoutName,
  type LmcacheMetadata,
  lmcacheMetadata,
} from "../../src/index.ts";
import { describeEachServer } from "../records/each-server.ts";
import { describeUnless } from "../rig/index.ts";
import {
  findPython,
  type PythonJob,
  type PythonLayout,
  type PythonRecord,
  runPython,
} from "./python/python-client.ts";

const python = findPython();
const missing =
  python === undefined ? "needs a python3 with redis-py (apt-get install python3-redis)" : undefined;

const LAYOUTS: readonly (readonly [PythonLayout, LayoutName])[] = [
  ["A", "upstream-pair"],
  ["B", "colon-pair"],
  ["C", "tagged-pair"],
  ["D", "value-only"],
];

const LLAMA = "meta-llama/Llama-3.1-8B-Instruct";
const plain = (hash: bigint | string, dtype: "bfloat16" | "float16" | "float32" | "uint8" = "bfloat16") =>
  String(new CacheEngineKey({ modelName: LLAMA, worldSize: 1, workerId: 0, chunkHash: hash, dtype }));

interface Sample extends PythonRecord, LmcacheMetadata {
  readonly title: string;
  readonly fmt: LmcacheMetadata["fmt"];
  readonly dtypes: LmcacheMetadata["dtypes"];
  readonly shapes: number[][];
}

function sample(title: string, key: string, metadata: LmcacheMetadata, byteLength: number): Sample {
  return { title, key, ...metadata, bytes: randomBytes(byteLength) };
}

/** Records of every kind that LMCache writes, of lengths from none to one that is received in place. */
const SAMPLES: readonly Sample[] = [
  sample(
    "a chunk in bfloat16",
    plain(0x75bcd15n),
    { fmt: "KV_2LTD", dtypes: ["bfloat16"], shapes: [[2, 4, 16, 64]] },
    16_384,
  ),
  sample(
    "a negative hash, float16",
    plain(-0x4dc3abe5a2caeb43n, "float16"),
    { fmt: "KV_2LTD", dtypes: ["float16"], shapes: [[2, 1, 3, 8]] },
    96,
  ),
  sample(
    "a hash of bytes, float32",
    plain("00".repeat(4) + "ab".repeat(28), "float32"),
    { fmt: "KV_2LTD", dtypes: ["float32"], shapes: [[2, 8, 16, 128]] },
    131_072,
  ),
  sample(
    "float64 in MLA's format",
    plain(1n),
    { fmt: "KV_MLA_FMT", dtypes: ["float64"], shapes: [[1, 2, 4, 8]] },
    512,
  ),
  sample("fp8", plain(2n), { fmt: "KV_2LTD", dtypes: ["float8_e4m3fn"], shapes: [[2, 2, 8, 32]] }, 1024),
  sample(
    "fp8 of the other kind",
    plain(3n),
    { fmt: "KV_2TD", dtypes: ["float8_e5m2"], shapes: [[2, 8, 32]] },
    512,
  ),
  sample(
    "one layer, three dimensions, with tags",
    String(
      new LayerCacheEngineKey({
        modelName: LLAMA,
        worldSize: 8,
        workerId: 3,
        chunkHash: 0xabcn,
        dtype: "bfloat16",
        layerId: 31,
        tags: [
          ["user", "alice"],
          ["ratio", "50%off"],
        ],
      }),
    ),
    { fmt: "KV_T2D", dtypes: ["bfloat16"], shapes: [[256, 2, 64]] },
    65_536,
  ),
  sample(
    "two tensors",
    plain(4n),
    {
      fmt: "KV_2LTD",
      dtypes: ["uint8", "float16"],
      shapes: [
        [2, 2, 4, 16],
        [2, 1, 4, 8],
      ],
    },
    384,
  ),
  sample("one dimension", plain(5n, "uint8"), { fmt: "KV_T2D", dtypes: ["uint8"], shapes: [[1000]] }, 1000),
  sample(
    "a serialized blob",
    plain(6n),
    { fmt: "BINARY_BUFFER", dtypes: [null], shapes: [[12_345, 0, 0, 0]] },
    12_345,
  ),
  sample("an empty blob", plain(7n), { fmt: "BINARY_BUFFER", dtypes: [null], shapes: [[0, 0, 0, 0]] }, 0),
  sample(
    "a model with braces",
    "org/{odd}model@1@0@abc@half",
    { fmt: "KV_2LTD", dtypes: ["float16"], shapes: [[2, 1, 1, 4]] },
    16,
  ),
  sample(
    "a model that begins with a brace",
    "}odd@1@0@abc@half",
    { fmt: "KV_2LTD", dtypes: ["float16"], shapes: [[2, 1, 1, 4]] },
    16,
  ),
  sample(
    "a model that is not ASCII",
    "модель@1@0@abc@half",
    { fmt: "KV_2LTD", dtypes: ["float16"], shapes: [[2, 1, 1, 4]] },
    16,
  ),
];
const KEYS = SAMPLES.map(({ key }) => key);
const metadataOf = ({ fmt, dtypes, shapes }: Sample): LmcacheMetadata => ({ fmt, dtypes, shapes });
const sampleOf = new Map(SAMPLES.map((one) => [one.key, one]));

/** What the reader of values without metadata has to know otherwise. */
function valueMetadata(byteLength: number, key: string): LmcacheMetadata | undefined {
  const known = sampleOf.get(key);
  return known?.bytes.length === byteLength ? metadataOf(known) : undefined;
}

describeUnless("python", missing, "LMCache's connectors in Python and the connector", () => {
  for (const [pythonLayout, layout] of LAYOUTS) {
    describeEachServer(`layout ${pythonLayout}, ${layout}`, (on) => {
      let connector: KvConnector;
      beforeAll(async () => {
        connector = await KvConnector.connect(on.servers.url, { layout, valueMetadata });
      });
      afterAll(() => connector?.close());
      beforeEach(() => on.flush());

      const run = (job: Partial<PythonJob>) => {
        const { host, port } = on.servers.node;
        return runPython(python!, { cluster: on.clustered, host, port, layout: pythonLayout, ...job });
      };

      test("what Python writes is read, byte for byte and at its index", async () => {
        await run({ put: SAMPLES });
        const found = await connector.batchedGet([...KEYS, "none@1@0@abc@half"]);
        for (const [i, one] of SAMPLES.entries()) {
          expect(found[i]?.key, one.title).toBe(one.key);
          expect(found[i]?.metadata, one.title).toEqual(metadataOf(one));
          expect(Buffer.compare(found[i]!.bytes, one.bytes), one.title).toBe(0);
        }
        expect(found.at(-1)).toBeNull();
        expect(await connector.batchedContains([...KEYS, "none@1@0@abc@half"])).toBe(KEYS.length);
        expect(await connector.exists(CacheEngineKey.parse(KEYS[0]!))).toBe(true);
        const any = await KvConnector.connect(on.servers.url, {
          layout: "packed",
          readLayouts: "any",
          valueMetadata,
        });
        expect((await any.batchedGet(KEYS)).map((record) => record?.key)).toEqual(KEYS);
        await any.close();
      });

      test("what the connector writes is read by Python, with the metadata that Python would have written", async () => {
        const objects = SAMPLES.map((one) => ({ metadata: metadataOf(one), bytes: one.bytes }));
        await connector.batchedPut(KEYS, objects);
        const { get, exists } = await run({ get: [...KEYS, "none"], exists: [...KEYS, "none"] });
        expect(exists).toEqual([...KEYS.map(() => true), false]);
        for (const [i, one] of SAMPLES.entries()) {
          const found = get[i]!;
          expect(Buffer.compare(found.bytes, one.bytes), one.title).toBe(0);
          if (layout === "value-only") {
            expect(found.metadata).toBeUndefined();
            continue;
          }
          expect(found.fields, one.title).toEqual({ length: one.bytes.length, ...metadataOf(one) });
        }
        expect(get.at(-1)).toBeNull();
        const written = get.map((found) => found?.metadata?.toString("hex"));
        await on.flush();
        await run({ put: SAMPLES });
        const own = (await run({ get: [...KEYS, "none"] })).get.map((found) =>
          found?.metadata?.toString("hex"),
        );
        expect(written).toEqual(own);
      });

      test("what one of them deletes or overwrites is so for the other", async () => {
        await run({ put: SAMPLES });
        expect(await connector.batchedRemove(KEYS.slice(0, 3))).toBe(3);
        expect((await run({ exists: KEYS })).exists).toEqual(KEYS.map((_, i) => i >= 3));
        const [first] = SAMPLES;
        const bytes = randomBytes(first!.bytes.length);
        await connector.put(first!.key, { metadata: metadataOf(first!), bytes });
        expect(Buffer.compare((await run({ get: [first!.key] })).get[0]!.bytes, bytes)).toBe(0);
        await run({ put: [first!] });
        expect(Buffer.compare((await connector.get(first!.key))!.bytes, first!.bytes)).toBe(0);
        const sizes = await Promise.all(on.servers.nodes.map((node) => node.command("DBSIZE")));
        const names = layout === "value-only" ? 1 : 2;
        expect(sizes.reduce<number>((sum, size) => sum + Number(size), 0)).toBe(names * (KEYS.length - 2));
      });
    });
  }

  test("agree on the bytes of struct.pack", async () => {
    // int32 little-endian, whatever the host: 28 bytes for one tensor and 48 for two.
    const lengths = SAMPLES.map((one) => lmcacheMetadata().encode(metadataOf(one), one.bytes.length).length);
    expect(lengths).toEqual(SAMPLES.map(({ shapes }) => 8 + 20 * shapes.length));
  });
});
