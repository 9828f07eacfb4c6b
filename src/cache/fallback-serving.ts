import type { CacheCallOptions, CacheEntry } from "./cache-backend.ts";
import { CacheConnectionError, CacheError } from "./cache-error.ts";
import type { CacheOperation, CacheStatsFields } from "./cache-stats.ts";
import type { ConditionalWrite, EntryRead, FallbackCalls } from "./fallback-calls.ts";
import type { OutageHistory } from "./outage-history.ts";
import { type CacheSize, StatsRecorder } from "./stats-recorder.ts";

/** The calls of a FallbackBackend as their callers see them: refused once it is disconnected, measured and counted. */
export class FallbackServing<V> {
  readonly #calls: FallbackCalls<V>;
  readonly #history: OutageHistory;
  readonly #stats: StatsRecorder = new StatsRecorder();
  isOpen = true;

  constructor(calls: FallbackCalls<V>, history: OutageHistory) {
    this.#calls = calls;
    this.#history = history;
  }

  /** Throws CacheConnectionError `DISCONNECTED`. */
  check(): void {
    if (this.isOpen) return;
    throw new CacheConnectionError("DISCONNECTED", "the cache is disconnected; connect() opens it again");
  }

  run<T>(operation: CacheOperation, work: (calls: FallbackCalls<V>) => Promise<T>): Promise<T> {
    return this.#stats.timed(operation, async () => {
      this.check();
      return work(this.#calls);
    });
  }

  get(key: string, options: CacheCallOptions | undefined): Promise<V | null> {
    return this.run("get", async (calls) => {
      const { value, fromMemory } = await calls.read(key, options);
      this.#counted(value === undefined ? 0 : 1, 1, fromMemory);
      return value ?? null;
    });
  }

  getEntry(
    key: string,
    options: CacheCallOptions | undefined,
    read?: EntryRead<V>,
  ): Promise<CacheEntry<V> | null> {
    return this.run("get", async (calls) => {
      const { value: entry, fromMemory } = await calls.readEntry(key, options, read);
      this.#counted(entry === null ? 0 : 1, 1, fromMemory);
      return entry;
    });
  }

  getMany(keys: readonly string[], options: CacheCallOptions | undefined): Promise<Map<string, V>> {
    return this.run("get", async (calls) => {
      const { found, memoryHits, memoryMisses } = await calls.readMany(keys, options);
      const fromMemory = memoryHits + memoryMisses;
      this.#counted(found.size - memoryHits, keys.length - fromMemory, false);
      this.#counted(memoryHits, fromMemory, true);
      return found;
    });
  }

  write(
    keys: readonly string[],
    values: readonly V[],
    write: ConditionalWrite,
    options: CacheCallOptions | undefined,
    ask: (options: CacheCallOptions) => Promise<boolean>,
  ): Promise<boolean> {
    return this.run("set", async (calls) => {
      const written = await calls.write(keys, values, write, options, ask);
      if (written) this.#stats.set(keys.length);
      return written;
    });
  }

  delete(keys: readonly string[], options: CacheCallOptions | undefined): Promise<number> {
    return this.run("delete", async (calls) => this.#deleted(await calls.delete(keys, options)));
  }

  clear(options: CacheCallOptions | undefined): Promise<number> {
    return this.run("delete", async (calls) => this.#deleted(await calls.clear(options)));
  }

  /** What failed for `wrap` without failing it: the cache's own errors were counted where they were thrown. */
  failed(error: unknown): void {
    if (!(error instanceof CacheError)) this.#stats.error();
  }

  fields(size: CacheSize): CacheStatsFields {
    return this.#stats.fields(size);
  }

  #deleted(count: number): number {
    this.#stats.delete(count);
    return count;
  }

  #counted(found: number, asked: number, fromMemory: boolean): void {
    this.#stats.hit(found);
    this.#stats.miss(asked - found);
    if (!fromMemory) return;
    this.#history.hit(found);
    this.#history.miss(asked - found);
  }
}
