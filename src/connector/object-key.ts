import { badCacheKey, checkPart, checkWhole } from "./cache-key-error.ts";

export interface ObjectKeyFields {
  /** Not empty, no `@`. */
  modelName: string;
  /** See `computeKvRank`. */
  kvRank: number;
  /** From 0. Without it the key is one of an older build, which had no object groups. */
  objectGroupId?: number | undefined;
  /** Bytes, or their lower-case hexadecimal digits. */
  chunkHash: string | Uint8Array;
  /** Keeps tenants apart: at most 128 characters, none of `@`, `/`, `\` and NUL. Empty for none. */
  cacheSalt?: string | undefined;
  /** The `key_prefix` of LMCache's Valkey adapter, no `@`. Empty for none. */
  keyPrefix?: string | undefined;
}

export interface KvRankFields {
  /** Each of them 0 to 255: one byte of the rank. */
  worldSize: number;
  globalRank: number;
  localWorldSize: number;
  localRank: number;
}

const RANK = /^(?:[0-9a-f]{8}|[1-9a-f][0-9a-f]{8,})$/;
const GROUP = /^(?:0|[1-9a-f][0-9a-f]*)$/;
const HASH = /^(?:[0-9a-f]{2})+$/;
const SALT_LENGTH = 128;

/**
 * The key of an object in LMCache's multi-process mode: `[keyPrefix@]modelName@kvRank@objectGroupId@chunkHash[@cacheSalt]`, the rank in eight hexadecimal digits, the
 * group in as many as it takes. The value is stored under this very name (layout `value-only`). Immutable.
 */
export class ObjectKey {
  readonly modelName: string;
  readonly kvRank: number;
  /** Undefined in keys of an older build. */
  readonly objectGroupId: number | undefined;
  /** Hexadecimal digits. */
  readonly chunkHash: string;
  readonly cacheSalt: string;
  readonly keyPrefix: string;
  readonly #text: string;

  /** Throws ConfigError `BAD_CACHE_KEY` with the field as its `option`. */
  constructor(fields: ObjectKeyFields) {
    if (typeof fields !== "object" || fields === null)
      throw badCacheKey("key", "an object of the key's fields", fields);
    const { objectGroupId, cacheSalt = "", keyPrefix = "" } = fields;
    this.modelName = checkPart("modelName", fields.modelName, "a model's name");
    if (this.modelName === "") throw badCacheKey("modelName", "a model's name", this.modelName);
    this.kvRank = checkWhole("kvRank", fields.kvRank, 0, Number.MAX_SAFE_INTEGER);
    this.objectGroupId =
      objectGroupId === undefined
        ? undefined
        : checkWhole("objectGroupId", objectGroupId, 0, Number.MAX_SAFE_INTEGER);
    this.chunkHash = checkHash(fields.chunkHash);
    this.cacheSalt = checkSalt(cacheSalt);
    this.keyPrefix = checkPart("keyPrefix", keyPrefix, "a prefix");
    if (this.objectGroupId === undefined && this.cacheSalt !== "")
      throw badCacheKey("cacheSalt", "none in a key without an object group", this.cacheSalt);
    const parts = [this.modelName, this.kvRank.toString(16).padStart(8, "0")];
    if (this.objectGroupId !== undefined) parts.push(this.objectGroupId.toString(16));
    parts.push(this.chunkHash);
    if (this.keyPrefix !== "") parts.unshift(this.keyPrefix);
    if (this.cacheSalt !== "") parts.push(this.cacheSalt);
    this.#text = parts.join("@");
  }

  /**
   * Reads a key of the current build or the older one. Whether it begins with a prefix is seen by where the rank stands; `keyPrefix` (empty for none) settles
   * it where both readings are possible, and keys of another prefix are refused. Throws ConfigError `BAD_CACHE_KEY`.
   */
  static parse(text: string, { keyPrefix }: { keyPrefix?: string | undefined } = {}): ObjectKey {
    if (typeof text !== "string") throw badCacheKey("key", "an object key as text", text);
    const parts = text.split("@");
    if (keyPrefix !== undefined) checkPart("keyPrefix", keyPrefix, "a prefix");
    const plain = keyPrefix === undefined || keyPrefix === "" ? fieldsOf(parts) : undefined;
    const prefixed = keyPrefix === undefined || (keyPrefix !== "" && keyPrefix === parts[0]);
    const fields = plain ?? (prefixed ? fieldsOf(parts.slice(1)) : undefined);
    if (fields === undefined)
      throw badCacheKey("key", "[keyPrefix@]modelName@kvRank@objectGroupId@chunkHash[@cacheSalt]", text);
    return new ObjectKey(plain === undefined ? { ...fields, keyPrefix: parts[0] } : fields);
  }

  toString(): string {
    return this.#text;
  }
}

/** LMCache's `ComputeKVRank`: four bytes, the world size highest. Throws ConfigError `BAD_CACHE_KEY`. */
export function computeKvRank(fields: KvRankFields): number {
  const [worldSize, globalRank, localWorldSize, localRank] = (
    ["worldSize", "globalRank", "localWorldSize", "localRank"] as const
  ).map((name) => checkWhole(name, fields?.[name], 0, 255)) as [number, number, number, number];
  return ((worldSize << 24) | (globalRank << 16) | (localWorldSize << 8) | localRank) >>> 0;
}

function fieldsOf(parts: readonly string[]): ObjectKeyFields | undefined {
  const [modelName, rank, group, hash, cacheSalt] = parts;
  if (modelName === undefined || modelName === "" || rank === undefined || !RANK.test(rank)) return undefined;
  const kvRank = Number.parseInt(rank, 16);
  if (parts.length === 3) return HASH.test(group!) ? { modelName, kvRank, chunkHash: group! } : undefined;
  if (parts.length < 4 || parts.length > 5 || cacheSalt === "") return undefined;
  if (!GROUP.test(group!) || !HASH.test(hash!)) return undefined;
  return { modelName, kvRank, objectGroupId: Number.parseInt(group!, 16), chunkHash: hash!, cacheSalt };
}

function checkHash(hash: string | Uint8Array): string {
  if (hash instanceof Uint8Array && hash.length > 0)
    return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("hex");
  if (typeof hash === "string" && HASH.test(hash)) return hash;
  throw badCacheKey("chunkHash", "bytes, or two lower-case hexadecimal digits for each", hash);
}

function checkSalt(salt: string): string {
  // Python counts code points.
  if (typeof salt === "string" && [...salt].length <= SALT_LENGTH && !/[@/\\\0]/.test(salt)) return salt;
  throw badCacheKey("cacheSalt", `at most ${SALT_LENGTH} characters, none of @, /, \\ and NUL`, salt);
}
