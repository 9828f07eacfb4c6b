import type { PrimaryWatch } from "../cluster/primary-watch.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { type InvalidationSource, invalidationSource } from "./near-invalidation.ts";
import type { NearInvalidationMode } from "./near-options.ts";

/** Told while messages are read: none of these may throw. */
export interface NearWatchListener {
  /** Copies of these keys are outdated; null: all of them. */
  outdated(keys: readonly string[] | null): void;
  /** Every primary tells of changes. */
  up(): void;
  /** One does not tell of them any more, or a primary has come that does not yet. */
  lost(cause: Error): void;
  /** A primary cannot be made to tell of changes; it is tried again. */
  failed(cause: Error): void;
}

/** When a read began. */
export interface ReadMoment {
  readonly epoch: number;
  readonly redirects: number;
}

/**
 * Whether a value that has been read may be kept: whether every primary told of changes from before the read was sent until now, and the node
 * that answered is one of them.
 */
export class NearWatch {
  readonly #client: SlotClient;
  readonly #source: InvalidationSource;
  readonly #listener: NearWatchListener;
  readonly #watch: PrimaryWatch;
  /** Changes with every change of who is heard. */
  #epoch = 0;
  #up = false;
  #closed = false;

  /** The client must be connected. Throws NotAppliedError `CLIENT_CLOSED`. */
  constructor(
    client: SlotClient,
    { mode, prefix }: { readonly mode: NearInvalidationMode; readonly prefix: string },
    listener: NearWatchListener,
  ) {
    const { keyPrefix, database } = client.batchDefaults.options;
    this.#client = client;
    this.#source = invalidationSource(mode, keyPrefix + prefix, database);
    this.#listener = listener;
    this.#watch = client.watchPrimaries(this.#source, {
      message: (message) => listener.outdated(this.#source.read(message)),
      changed: (cause) => this.#changed(cause),
      failed: (_node, cause) => listener.failed(cause),
    });
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** Undefined: nothing that is read now may be kept. */
  now(): ReadMoment | undefined {
    return this.#up ? { epoch: this.#epoch, redirects: this.#redirects } : undefined;
  }

  isCovered({ epoch, redirects }: ReadMoment): boolean {
    return this.#up && epoch === this.#epoch && redirects === this.#redirects;
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closed = true;
    this.#watch.close();
  }

  #changed(cause: Error | undefined): void {
    const wasUp = this.#up;
    this.#epoch++;
    // While the constructor is at work there is no watch yet, and nobody is heard.
    this.#up = this.#watch?.covered ?? false;
    if (this.#closed) return;
    if (wasUp) this.#listener.lost(cause ?? new Error("a connection was made anew"));
    if (this.#up) this.#listener.up();
  }

  /** Who is redirected may be answered by a node that is not heard, e.g. one that is importing its first slot. */
  get #redirects(): number {
    const { moved, ask } = this.#client.stats();
    return moved + ask;
  }
}
