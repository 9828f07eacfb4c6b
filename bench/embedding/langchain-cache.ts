import { createHash } from "node:crypto";
import type { CacheBackend } from "../../src/cache/cache-backend.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** The value that `CacheBackedEmbeddings.fromBytesStore` of @langchain/classic 1 hands to its store: UTF-8 of the array's JSON. */
export function encodeJson(vector: readonly number[]): Uint8Array {
  return ENCODER.encode(JSON.stringify(vector));
}

export function decodeJson(bytes: Uint8Array): number[] {
  return JSON.parse(DECODER.decode(bytes)) as number[];
}

/** What CacheBackedEmbeddings does with a batch, over the same backend: its keys (namespace and sha256), its values, one read, one write. */
export class LangChainStyleCache {
  readonly #cache: CacheBackend;
  readonly #embed: (texts: string[]) => Promise<number[][]>;

  constructor(cache: CacheBackend, embed: (texts: string[]) => Promise<number[][]>) {
    this.#cache = cache;
    this.#embed = embed;
  }

  async embedDocuments(texts: readonly string[]): Promise<number[][]> {
    const keys = texts.map((text) => `lc:${createHash("sha256").update(text).digest("hex")}`);
    const stored = await this.#cache.getMany(keys);
    const vectors = keys.map((key) => {
      const bytes = stored.get(key);
      return bytes === undefined ? undefined : decodeJson(bytes);
    });
    const missing = texts.flatMap((_, i) => (vectors[i] === undefined ? [i] : []));
    if (missing.length > 0) {
      const made = await this.#embed(missing.map((i) => texts[i]!));
      await this.#cache.setMany(missing.map((i, at) => [keys[i]!, encodeJson(made[at]!)] as const));
      for (const [at, i] of missing.entries()) vectors[i] = made[at]!;
    }
    return vectors as number[][];
  }
}
