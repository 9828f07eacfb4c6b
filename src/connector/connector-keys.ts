import { describe } from "../bytes/describe.ts";
import { ConfigError } from "../errors.ts";
import type { KvRecord } from "../records/record.ts";
import { CacheEngineKey, type LayerCacheEngineKey } from "./cache-engine-key.ts";
import { ObjectKey } from "./object-key.ts";

/** A logical key as text or as LMCache's parts. */
export type ConnectorKey = string | CacheEngineKey | LayerCacheEngineKey | ObjectKey;

/** From the caller's keys to the keys of the records, which have the salt behind them, and back. */
export class ConnectorKeys {
  readonly #ending: string;

  /** `salt` is checked by its options; empty for none. */
  constructor(salt: string) {
    this.#ending = salt === "" ? "" : `@${salt}`;
  }

  /** What a record's key ends with: the salt and its separator. */
  get ending(): string {
    return this.#ending;
  }

  /** Record keys in the callers' order, an array of its own: the caller may reuse his while the call waits. Throws ConfigError `BAD_ARGUMENT` or `BAD_KEY`. */
  toRecordKeys(keys: readonly ConnectorKey[]): readonly string[] {
    if (!Array.isArray(keys))
      throw new ConfigError("BAD_ARGUMENT", `expected an array of keys, got ${describe(keys)}`, {
        option: "keys",
      });
    if (this.#ending === "" && keys.every((key) => typeof key === "string")) return keys.slice();
    return Array.from(keys, (key, index) => this.toRecordKey(key, index));
  }

  /** Throws ConfigError `BAD_KEY`. */
  toRecordKey(key: ConnectorKey, index: number = 0): string {
    // LayerCacheEngineKey is a CacheEngineKey.
    if (!(typeof key === "string" || key instanceof CacheEngineKey || key instanceof ObjectKey)) {
      const expected = "expected a string, a CacheEngineKey, a LayerCacheEngineKey or an ObjectKey";
      throw new ConfigError("BAD_KEY", `key ${index}: ${expected}, got ${describe(key)}`, {
        keyIndex: index,
      });
    }
    return `${key}${this.#ending}`;
  }

  /** The key as the caller knows it; undefined for a record of another salt. */
  fromRecordKey(recordKey: string): string | undefined {
    if (this.#ending === "") return recordKey;
    return recordKey.endsWith(this.#ending) ? recordKey.slice(0, -this.#ending.length) : undefined;
  }

  /** Takes the salt off the records' keys. */
  unsalt<M>(records: (KvRecord<M> | null)[]): (KvRecord<M> | null)[] {
    if (this.#ending !== "")
      for (const record of records) if (record !== null) record.key = this.fromRecordKey(record.key)!;
    return records;
  }
}
