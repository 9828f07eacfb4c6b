import type { Client } from "../client.ts";
import type { Database } from "../keyspace/database.ts";
import type { ServerNode } from "../server-node.ts";
import type { FeedEnd, FeedItem, ReplicationFeed } from "./replication-feed.ts";

export interface LinkSource {
  readonly node: ServerNode;
  readonly feed: ReplicationFeed;
  readonly host: string;
}

export interface LinkTarget {
  readonly node: ServerNode;
  readonly host: string;
  /** Whether the two can talk now. */
  reaches(): boolean;
  /** Something of the stream was applied. */
  applied(): void;
}

/** A replica's connection to its primary: first all keys, then the stream. Nothing is applied in the turn in which the primary wrote it. */
export class ReplicationLink implements FeedEnd {
  readonly source: LinkSource;
  readonly #target: LinkTarget;
  readonly #client: Client;
  #queue: FeedItem[] = [];
  #scheduled = false;
  /** The keys have been copied. */
  synced = false;
  closed = false;
  acknowledged = 0;
  heardAt: number;

  constructor(source: LinkSource, target: LinkTarget) {
    this.source = source;
    this.#target = target;
    const { node } = target;
    this.heardAt = node.clock.nowMs();
    this.#client = node.clients.detached(this.heardAt);
    this.#client.master = true;
    this.#client.authenticated = true;
    this.#client.reply.muted = true;
    this.#schedule();
  }

  get host(): string {
    return this.#target.host;
  }

  get port(): number {
    return this.#target.node.port;
  }

  take(item: FeedItem): void {
    this.#queue.push(item);
    this.#schedule();
  }

  /** Goes on with what could not be delivered. */
  poll(): void {
    if (!this.#target.reaches()) return;
    this.heardAt = this.#target.node.clock.nowMs();
    if (this.#queue.length > 0 || !this.synced) this.#schedule();
  }

  /** Applies what has arrived but waits. */
  flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const item of queue) this.#apply(item);
  }

  close(): void {
    this.closed = true;
    this.#queue = [];
    this.source.feed.remove(this);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.closed || !this.#target.reaches()) return;
      if (!this.synced) this.#synchronise();
      if (this.#queue.length === 0) return;
      this.flush();
      this.#target.applied();
      this.source.feed.acknowledged();
    });
  }

  #synchronise(): void {
    const { feed, node } = this.source;
    const from = node.databases[0] as Database;
    const to = this.#target.node.databases[0] as Database;
    to.flush();
    for (const key of from.names()) if (!from.isExpired(key)) from.copy(key, to, key);
    this.synced = true;
    this.acknowledged = feed.offset;
    feed.add(this);
    // So that a replica has an offset, without which nobody shows it as one.
    feed.ping();
  }

  #apply({ commands, offset }: FeedItem): void {
    const { node } = this.#target;
    const client = this.#client;
    if (commands.length > 1) node.beginCommand();
    for (const { argv } of commands) {
      const entry = node.commands.resolve(argv);
      if (entry !== undefined) void node.executor.execute(client, entry, argv);
    }
    if (commands.length > 1) node.endCommand();
    this.acknowledged = offset;
  }
}
