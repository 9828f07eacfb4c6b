import { connect } from "../cluster/connect.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import type { CacheCallOptions } from "./cache-backend.ts";
import { CacheConnectionError } from "./cache-error.ts";
import { asCacheError } from "./cache-failure.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { MemoryWishes } from "./memory-wishes.ts";
import type { ClientSource } from "./redis-source.ts";

export interface ConnectionSettings {
  readonly source: ClientSource;
  readonly connectTimeoutMs: number;
  readonly memory: MemoryWishes | undefined;
}

/** Beyond `connectTimeoutMs`, so that the client's own error, which names its causes, comes first. */
const GRACE_MS = 250;

interface Opened {
  readonly client: SlotClient;
  readonly watch: MemoryWatch | undefined;
}

/** A backend's client: made when first used, shared by all calls, closed behind the last one unless somebody else made it. */
export class RedisConnection {
  readonly #settings: ConnectionSettings;
  readonly #warned = new Set<string>();
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #closing: Promise<void> | undefined;
  #disconnected = false;
  /** How often `disconnect()` was called. */
  #disconnects = 0;
  #calls = 0;
  #idle: (() => void) | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  get isConnected(): boolean {
    const { source } = this.#settings;
    const client = "client" in source ? source.client : this.#opened?.client;
    return !this.#disconnected && client !== undefined && client.stats().openConnections > 0;
  }

  /** Rejects with CacheConnectionError, ConfigError or AbortError; later calls try again by themselves. */
  async connect(options: CacheCallOptions = {}): Promise<void> {
    const before = this.#disconnects;
    while (this.#closing !== undefined) await this.#closing;
    // Of a connect() and a disconnect() after it the later one counts.
    if (this.#disconnects !== before) throw disconnected();
    this.#disconnected = false;
    const { timeoutMs = this.#settings.connectTimeoutMs + GRACE_MS } = options;
    try {
      const { client, watch } = await this.#open();
      await client.isCluster({ ...options, timeoutMs });
      await watch?.look();
    } catch (error) {
      throw asCacheError("connect", error);
    }
  }

  /** Waits for accepted calls; those that come meanwhile are refused. */
  disconnect(): Promise<void> {
    this.#disconnected = true;
    this.#disconnects++;
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  /** The client, which connects with its first call. Rejects with CacheConnectionError `DISCONNECTED` or ConfigError. */
  async client(): Promise<SlotClient> {
    if (this.#disconnected) throw disconnected();
    return (await this.#open()).client;
  }

  /** One call; what it rejects with is what a cache throws. */
  async use<T>(what: string, work: (client: SlotClient) => Promise<T>): Promise<T> {
    if (this.#disconnected) throw disconnected();
    this.#calls++;
    try {
      const { client } = this.#opened ?? (await this.#open());
      return await work(client);
    } catch (error) {
      throw asCacheError(what, error);
    } finally {
      this.#calls--;
      if (this.#calls === 0) this.#idle?.();
    }
  }

  /** Throws once the backend is disconnected, for work that goes on between calls. */
  check(): void {
    if (this.#disconnected) throw disconnected();
  }

  #open(): Promise<Opened> {
    this.#opening ??= this.#make().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #make(): Promise<Opened> {
    const { source, memory } = this.#settings;
    const client = "client" in source ? source.client : await connect(source.target, source.options);
    const watch = memory && new MemoryWatch(client, memory, this.#warned);
    this.#opened = { client, watch };
    void watch?.look();
    return this.#opened;
  }

  async #close(): Promise<void> {
    if (this.#calls > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#idle = undefined;
    const opened = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    this.#opened = undefined;
    opened?.watch?.stop();
    if (!("client" in this.#settings.source)) await opened?.client.close();
  }
}

function disconnected(): CacheConnectionError {
  return new CacheConnectionError("DISCONNECTED", "the cache is disconnected; connect() opens it again");
}
