import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import { type LmcacheMetadata, lmcacheMetadata } from "../../src/records/lmcache-metadata.ts";
import type { MetadataCodec } from "../../src/records/metadata-codec.ts";
import { msgpackMetadata } from "../../src/records/msgpack-metadata.ts";
import { decodeLmcache, encodeLmcache } from "../peers/lmcache-metadata.ts";
import type { Comparison } from "./comparison.ts";
import { COUNTS } from "./key-shapes.ts";

const BYTE_LENGTH = 2048;

const LMCACHE: LmcacheMetadata = { fmt: "KV_2LTD", dtypes: ["bfloat16"], shapes: [[2, 32, 256, 1024]] };
const LMCACHE_FIELDS = {
  length: BYTE_LENGTH,
  format: 1,
  dtype: 3,
  shape: [2, 32, 256, 1024] as [number, number, number, number],
};
const SIX_FIELDS = {
  model: "meta-llama/Llama-3.3-70B-Instruct",
  layers: [0, 31],
  tokens: 256,
  dtype: "bfloat16",
  pinned: false,
  created: 1_763_640_000,
};

/** One way to write and read the metadata of one record. */
interface Way {
  readonly name: string;
  readonly encode: () => Uint8Array;
  readonly decode: (encoded: Uint8Array) => unknown;
}

/** Encodes and decodes the metadata of every record, beside what one writes without slotpack. */
export function compareCodecs(): Comparison[] {
  const plain: Way = {
    name: "plain loop",
    encode: () => encodeLmcache(LMCACHE_FIELDS),
    decode: (encoded) => decodeLmcache(encoded as Buffer),
  };
  const lmcache = [codecWay(lmcacheMetadata(), LMCACHE), plain];
  return COUNTS.flatMap((count) => [
    ...compareMsgpack("msgpack, { n: 1 }", { n: 1 }, count),
    ...compareMsgpack("msgpack, 6 fields", SIX_FIELDS, count),
    ...compare("LMCache, 28 bytes", lmcache, count, () => {
      assert.deepEqual(Buffer.from(lmcache[0]!.encode()), plain.encode());
      assert.deepEqual(lmcache[0]!.decode(plain.encode()), LMCACHE);
      assert.deepEqual(plain.decode(lmcache[0]!.encode()), LMCACHE_FIELDS);
    }),
  ]);
}

function compareMsgpack(shape: string, metadata: object, count: number): Comparison[] {
  const ways: Way[] = [
    codecWay(msgpackMetadata(), metadata),
    {
      name: "@msgpack/msgpack",
      encode: () => encode([BYTE_LENGTH, metadata]),
      decode: (encoded) => (decode(encoded) as unknown[])[1],
    },
    {
      name: "JSON in a Buffer",
      encode: () => Buffer.from(JSON.stringify([BYTE_LENGTH, metadata])),
      decode: (encoded) => JSON.parse((encoded as Buffer).toString())[1],
    },
  ];
  return compare(shape, ways, count, () => {
    for (const way of ways) assert.deepEqual(way.decode(way.encode()), metadata);
    assert.deepEqual(decode(ways[0]!.encode()), [BYTE_LENGTH, metadata]);
    assert.deepEqual(ways[0]!.decode(ways[1]!.encode()), metadata);
  });
}

/** `count` records encoded, and as many decoded. */
function compare(shape: string, ways: readonly Way[], count: number, check: () => void): Comparison[] {
  const encodes = ways.map(({ name, encode: run }) => ({ name, run: times(count, run) }));
  const decodes = ways.map(({ name, encode: make, decode: run }) => {
    const encoded = make();
    return { name, run: times(count, () => run(encoded)) };
  });
  return [
    { section: "codecs", shape: `${shape}, encode`, count, contestants: encodes, check },
    { section: "codecs", shape: `${shape}, decode`, count, contestants: decodes, check },
  ];
}

function codecWay<M>(codec: MetadataCodec<M>, metadata: M): Way {
  return {
    name: "slotpack",
    encode: () => codec.encode(metadata, BYTE_LENGTH),
    decode: (encoded) => codec.decode(encoded, BYTE_LENGTH),
  };
}

function times(count: number, run: () => unknown): () => unknown {
  return () => {
    let last: unknown;
    for (let i = 0; i < count; i++) last = run();
    return last;
  };
}
