import { describe, expect, test } from "vitest";
import {
  type CacheDtype,
  CacheEngineKey,
  ConfigError,
  LayerCacheEngineKey,
  ObjectKey,
} from "../../src/index.ts";
import { createLayout } from "../../src/records/layout-choice.ts";
import type { LayoutName } from "../../src/records/record-layout.ts";
import { keySlot } from "../../src/slots/index.ts";
import vectors from "../vectors/lmcache.json" with { type: "json" };

interface ParsedFields {
  readonly model_name: string;
  readonly world_size: number;
  readonly worker_id: number;
  /** Decimal. */
  readonly chunk_hash: string;
  readonly dtype: string;
  readonly request_configs: Readonly<Record<string, unknown>> | null;
  readonly layer_id?: number | null;
}

interface Outcome {
  readonly ok: boolean;
  readonly result?: ParsedFields;
}

interface Hash {
  readonly int_decimal?: string;
  readonly bytes_hex?: string;
}

const TAG = "lmcache.tag.";

/** What Python's `str()` makes of a value of JSON. */
function pythonText(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  return value === null ? "None" : String(value);
}

function tagsOf(configs: ParsedFields["request_configs"]): [string, string][] {
  return Object.entries(configs ?? {}).map(([name, value]) => [name.slice(TAG.length), pythonText(value)]);
}

function expectParsed(key: CacheEngineKey, wanted: ParsedFields): void {
  expect({
    modelName: key.modelName,
    worldSize: key.worldSize,
    workerId: key.workerId,
    dtype: key.dtype,
    tags: key.tags,
    layerId: key instanceof LayerCacheEngineKey ? key.layerId : undefined,
  }).toEqual({
    modelName: wanted.model_name,
    worldSize: wanted.world_size,
    workerId: wanted.worker_id,
    dtype: wanted.dtype,
    tags: tagsOf(wanted.request_configs),
    layerId: wanted.layer_id ?? undefined,
  });
  const digits = key.chunkHash.replace("-", "");
  const value = BigInt(`0x${digits}`) * (key.chunkHash.startsWith("-") ? -1n : 1n);
  expect(value).toBe(BigInt(wanted.chunk_hash));
}

describe("LMCache's key vectors", () => {
  for (const vector of vectors.key_vectors) {
    const { fields, key_string } = vector;
    const hash = fields.chunk_hash as Hash;
    const configs = fields.request_configs as ParsedFields["request_configs"];
    const chunkHash =
      hash.bytes_hex === undefined ? BigInt(hash.int_decimal!) : Buffer.from(hash.bytes_hex, "hex");
    const parts = {
      modelName: fields.model_name,
      worldSize: fields.world_size,
      workerId: fields.worker_id,
      chunkHash,
      dtype: fields.dtype as CacheDtype,
      tags: tagsOf(configs),
    };
    const outcome = vector.parse as Outcome;

    if (!outcome.ok) {
      test(`refused, parsed and constructed: ${vector.description}`, () => {
        const refused = expect.objectContaining({ name: "ConfigError", code: "BAD_CACHE_KEY" });
        expect(() => CacheEngineKey.parse(key_string)).toThrow(refused);
        expect(() => new CacheEngineKey(parts)).toThrow(refused);
      });
      continue;
    }

    test(`constructed, parsed and formatted: ${vector.description}`, () => {
      const layerId = fields.layer_id as number | null;
      const key =
        layerId === null ? new CacheEngineKey(parts) : new LayerCacheEngineKey({ ...parts, layerId });
      expect(String(key)).toBe(key_string);
      const parsed = CacheEngineKey.parse(key_string);
      expectParsed(parsed, outcome.result!);
      expect(parsed.generation).toBe("G3");
      expect(`${parsed}`).toBe(key_string);
    });
  }

  for (const { input, outcome } of vectors.key_parse_vectors) {
    const { ok, result } = outcome as Outcome;
    test(`${JSON.stringify(input)} is ${ok ? "read" : "none of the current generation"}`, () => {
      if (ok) return expectParsed(CacheEngineKey.parse(input), result!);
      // What LMCache's present parser refuses is refused here, too, unless it is a key of an older generation.
      if (input.startsWith("vllm@")) {
        const key = CacheEngineKey.parse(input);
        expect([key.generation, key.format, key.modelName, String(key)]).toEqual(["G2", "vllm", "m", input]);
      } else {
        expect(() => CacheEngineKey.parse(input)).toThrow(ConfigError);
      }
    });
  }

  for (const { generation, example } of vectors.key_generations) {
    test(`a key of ${generation.slice(0, 2)} is known as such, and formatted as it was`, () => {
      const key = CacheEngineKey.parse(example);
      expect(key.generation).toBe(generation.slice(0, 2));
      expect(key.format).toBe(generation.startsWith("G3") ? undefined : "vllm");
      expect(key.modelName).toBe("meta-llama/Llama-3.1-8B-Instruct");
      expect([key.worldSize, key.workerId]).toEqual([1, 0]);
      expect(String(key)).toBe(example);
    });
  }

  for (const { description, fields, key_string } of vectors.mp_mode_key_vectors) {
    test(`multi-process key: ${description}`, () => {
      const { model, rank, chunk_hash, group, salt, prefix } = fields as {
        model: string;
        rank: number;
        chunk_hash: string;
        group?: number;
        salt?: string;
        prefix?: string;
      };
      const objectGroupId = description.startsWith("OLDER") ? undefined : (group ?? 0);
      const key = new ObjectKey({
        modelName: model,
        kvRank: rank,
        objectGroupId,
        chunkHash: Buffer.from(chunk_hash, "hex"),
        cacheSalt: salt,
        keyPrefix: prefix,
      });
      expect(String(key)).toBe(key_string);
      const parsed = ObjectKey.parse(key_string);
      expect({ ...parsed }).toEqual({ ...key });
      expect(String(parsed)).toBe(key_string);
    });
  }
});

describe("LMCache's name vectors", () => {
  const layoutOf = (what: string): LayoutName => {
    if (what.startsWith("upstream")) return "upstream-pair";
    if (what.startsWith("single")) return "value-only";
    return what.includes("hash tag") ? "tagged-pair" : "colon-pair";
  };
  for (const { key_string, redis } of vectors.redis_name_vectors) {
    for (const [what, names] of Object.entries(redis)) {
      const layout = createLayout(layoutOf(what), "");
      test(`${key_string} as ${layout.name} has these names, in these slots`, () => {
        const { metadata, kv_bytes, value } = names as Record<string, { name: string; slot: number }>;
        if (value !== undefined) {
          expect(layout.bytesName(key_string)).toBe(value.name);
          expect(keySlot(value.name)).toBe(value.slot);
          return;
        }
        expect(layout.metadataName(key_string)).toBe(metadata!.name);
        expect(layout.bytesName(key_string)).toBe(kv_bytes!.name);
        expect([keySlot(metadata!.name), keySlot(kv_bytes!.name)]).toEqual([metadata!.slot, kv_bytes!.slot]);
        expect(layout.colocated(key_string)).toBe(metadata!.slot === kv_bytes!.slot);
      });
    }
  }
});
