import { beforeDeadline } from "../cluster/deadline.ts";
import { AbortError, ConfigError, ServerError } from "../errors.ts";
import { asCacheError } from "./cache-failure.ts";
import type { NearInvalidationMode } from "./near-options.ts";
import { NearWatch, type NearWatchListener, type ReadMoment } from "./near-watch.ts";
import type { RedisBackend } from "./redis-backend.ts";

/** The watch of a near cache from its first call to `disconnect()`, and again after that. */
export class NearTracking {
  readonly #backend: Pick<RedisBackend<never>, "client" | "keyPrefix">;
  readonly #mode: NearInvalidationMode;
  readonly #listener: NearWatchListener;
  readonly #warned = new Set<string>();
  #watch: NearWatch | undefined;
  #starting: Promise<void> | undefined;
  /** Goes up with every `stop()`. */
  #life = 0;
  #waiters: (() => void)[] = [];
  /** Why the servers do not tell of changes, where trying again will not mend it. */
  #refusal: Error | undefined;

  constructor(
    backend: Pick<RedisBackend<never>, "client" | "keyPrefix">,
    mode: NearInvalidationMode,
    listener: NearWatchListener,
  ) {
    this.#backend = backend;
    this.#mode = mode;
    this.#listener = {
      ...listener,
      up: () => {
        this.#refusal = undefined;
        listener.up();
        this.#settle();
      },
      failed: (cause) => {
        this.#note(cause);
        listener.failed(cause);
      },
    };
  }

  get isUp(): boolean {
    return this.#watch?.isUp === true;
  }

  /** Undefined: nothing that is read now may be kept. */
  now(): ReadMoment | undefined {
    if (this.#watch === undefined) this.#begin().catch(() => {});
    return this.#watch?.now();
  }

  isCovered(moment: ReadMoment): boolean {
    return this.#watch?.isCovered(moment) === true;
  }

  /** Resolves when every primary tells of changes, or when the time is up; rejects where a server refuses to, without a client, and on abort. */
  async settled(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const told = new Promise<void>((resolve) => {
      this.#waiters.push(resolve);
    });
    const begun = this.#begin();
    if (this.isUp || this.#refusal !== undefined) this.#settle();
    const { end } = await beforeDeadline(Promise.all([begun, told]), timeoutMs, signal);
    if (end === "aborted") throw new AbortError("ABORTED", "connect: aborted", [], { cause: signal!.reason });
    if (!this.isUp && this.#refusal !== undefined) throw asCacheError("connect", this.#refusal);
  }

  stop(): void {
    this.#life++;
    this.#starting = undefined;
    this.#refusal = undefined;
    this.#watch?.close();
    this.#watch = undefined;
    this.#settle();
  }

  /** Listens as soon as the client is connected. What fails is tried again with the next call. */
  #begin(): Promise<void> {
    if (this.#watch !== undefined) return Promise.resolve();
    if (this.#starting !== undefined) return this.#starting;
    const starting = this.#start(this.#life).finally(() => {
      if (this.#starting === starting) this.#starting = undefined;
    });
    this.#starting = starting;
    return starting;
  }

  async #start(life: number): Promise<void> {
    const client = await this.#backend.client();
    // Connects it where that is still to be done.
    await client.isCluster();
    if (life !== this.#life) return;
    const { keyPrefix: prefix } = this.#backend;
    this.#watch = new NearWatch(client, { mode: this.#mode, prefix }, this.#listener);
  }

  #note(cause: Error): void {
    if (!(cause instanceof ConfigError) && !(cause instanceof ServerError)) return;
    this.#refusal = cause;
    this.#settle();
    const warning = `the near cache keeps nothing, since it would not hear of changes: ${cause.message}`;
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    process.emitWarning(warning, { type: "SlotpackWarning", code: "NEAR_CACHE_OFF" });
  }

  #settle(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
