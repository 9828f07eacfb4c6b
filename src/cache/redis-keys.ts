import { isUtf8 } from "node:buffer";
import { escapeGlob } from "../cluster/scan.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import type { CacheCallOptions } from "./cache-backend.ts";

/** Keys that are removed with one call. */
const PAGE = 1_000;

/** The keys under a prefix, on all primaries. */
export class RedisKeys {
  readonly #keyPrefix: string;
  readonly #hiddenSuffix: string;

  /** Keys that end with `hiddenSuffix` are not listed; `clear` removes them too. */
  constructor(keyPrefix: string, hiddenSuffix: string) {
    this.#keyPrefix = keyPrefix;
    this.#hiddenSuffix = hiddenSuffix;
  }

  /** Without the prefix, each at least once. A key that is no UTF-8 is nobody's here: no string would name it. */
  async *list(
    client: SlotClient,
    pattern: string,
    options: CacheCallOptions,
  ): AsyncGenerator<string, void, undefined> {
    const prefixLength = Buffer.byteLength(this.#keyPrefix);
    for await (const name of client.scan(escapeGlob(this.#keyPrefix) + pattern, options)) {
      if (!isUtf8(name)) continue;
      const key = name.toString("utf8", prefixLength);
      if (!key.endsWith(this.#hiddenSuffix)) yield key;
    }
  }

  /** How many there were. The deadline holds for each step. */
  async clear(client: SlotClient, options: CacheCallOptions): Promise<number> {
    let removed = 0;
    let page: Buffer[] = [];
    const flush = async () => {
      removed += await client.unlink(page, options);
      page = [];
    };
    for await (const name of client.scan(`${escapeGlob(this.#keyPrefix)}*`, options)) {
      page.push(name);
      if (page.length === PAGE) await flush();
    }
    await flush();
    return removed;
  }
}
