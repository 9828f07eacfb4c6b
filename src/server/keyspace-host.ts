import type { Aging } from "./keyspace/aging.ts";
import type { MemoryAccount } from "./keyspace/memory-account.ts";
import type { Bytes } from "./protocol/arg.ts";
import type { Stats } from "./stats.ts";

/** What a Database needs of the node that it belongs to; ServerNode is one. */
export interface KeyspaceHost {
  readonly stats: Stats;
  /** Milliseconds since 1970; stands still while a command (or a whole EXEC or script) runs. */
  now(): number;
  readonly clusterEnabled: boolean;
  readonly memory: MemoryAccount;
  readonly aging: Aging;
  /**
   * What becomes of a key whose time is over: it is deleted; hidden but left in place (on a replica, and while clients are paused); or served as
   * if nothing were (a replica applying its primary's stream, and while loading).
   */
  readonly expiredKeys: "delete" | "hide" | "keep";
  /** Changes to the data set since the start (rdb_changes_since_last_save and "did this command write"). */
  dirty: number;
  /** A key's value, existence or expiry changed: WATCH and tracking. Does not touch `dirty`. `byServer`: expired or evicted, nobody's command. */
  keyChanged(db: number, key: string, byServer?: boolean): void;
  /** The database (-1: every one) is about to be emptied: keyChanged for every key of it, in one call. */
  databaseFlushed(db: number): void;
  /** Keyspace event: `type` is one letter of notify-keyspace-events (`g`, `$`, `x`, `e`, `m`, `n`, …). */
  notify(type: string, event: string, key: string, db: number): void;
  /** Adds a command to what replicas get, before the running command itself: `DEL key` of an expired or evicted key. */
  propagate(db: number, argv: readonly Bytes[]): void;
  /** A number of the configuration by its redis.conf name (`maxmemory`, `lfu-log-factor`, …). */
  configNumber(name: string): number;
  configText(name: string): string;
}
