import type { SlotClient } from "../cluster/slot-client.ts";
import { AbortError, ConfigError } from "../errors.ts";
import type { CacheCallOptions } from "./cache-backend.ts";
import type { CacheSize } from "./stats-recorder.ts";

/** What INFO of one server says of itself. */
interface ServerInfo {
  readonly runId: string;
  readonly usedBytes: number;
  readonly evictedKeys: number;
}

/** Entries, bytes and evictions of all primaries together. */
export class ServerFigures {
  /** What each run of a server had evicted at the last look. */
  readonly #evicted = new Map<string, number>();
  #looked = false;
  #evictions = 0;

  /**
   * `whole`: whether everything on the servers is the cache's, so that their sizes are its own; otherwise entries and bytes are null, as is what a
   * server does not tell. Evictions are the servers', since the first look. Rejects on an abort and for bad options only.
   */
  async look(client: SlotClient, whole: boolean, options: CacheCallOptions): Promise<CacheSize> {
    const ask = (command: string) =>
      client.askPrimaries("getStats", [command], options).catch((error: unknown) => {
        if (error instanceof AbortError || error instanceof ConfigError) throw error;
        return undefined;
      });
    const [infos, counts] = await Promise.all([ask("INFO"), whole ? ask("DBSIZE") : undefined]);
    const servers = infos?.map((reply) => readInfo(String(reply)));
    if (servers !== undefined) this.#count(servers);
    return {
      entries: counts === undefined ? null : sum(counts as number[]),
      bytes: whole && servers !== undefined ? sum(servers.map(({ usedBytes }) => usedBytes)) : null,
      evictions: this.#evictions,
    };
  }

  /** A server that was not seen before has started since the first look: all of its evictions count. */
  #count(servers: readonly ServerInfo[]): void {
    for (const { runId, evictedKeys } of servers) {
      const before = this.#evicted.get(runId) ?? (this.#looked ? 0 : evictedKeys);
      this.#evictions += Math.max(0, evictedKeys - before);
      this.#evicted.set(runId, evictedKeys);
    }
    this.#looked = true;
  }
}

function readInfo(info: string): ServerInfo {
  const field = (name: string) => new RegExp(`^${name}:(\\S*)`, "m").exec(info)?.[1] ?? "";
  return {
    runId: field("run_id"),
    usedBytes: Number(field("used_memory")),
    evictedKeys: Number(field("evicted_keys")),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
