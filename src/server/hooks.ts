import type { Client } from "./client.ts";
import type { CommandEntry } from "./command-entry.ts";
import type { Bytes } from "./protocol/arg.ts";

/** One command for replicas and the append-only file. */
export interface Propagated {
  readonly db: number;
  readonly argv: readonly Bytes[];
}

/** Where the parts of the server that others bring take hold. Empty lists cost nothing; all are called in order. */
export class Hooks {
  /** Cluster routing (only commands with keys, and EXEC): the error that redirects or refuses, or undefined. */
  readonly routing: ((client: Client, entry: CommandEntry, args: readonly Bytes[]) => string | undefined)[] =
    [];
  /** Makes room for a command; true where the node is still above maxmemory. */
  readonly makeRoom: (() => boolean)[] = [];
  /** MISCONF, NOREPLICAS, READONLY, MASTERDOWN, LOADING, BUSY, …: `bits` are the command's (of EXEC: of all that is queued). */
  readonly refusal: ((client: Client, entry: CommandEntry, bits: number) => string | undefined)[] = [];
  /** After a command (in EXEC: each of them) ran: slowlog, latency, MONITOR, histograms, tracking of read keys. */
  readonly executed: ((
    client: Client,
    entry: CommandEntry,
    args: readonly Bytes[],
    durationUs: number,
  ) => void)[] = [];
  /** An EXEC that was refused outright, which MONITOR shows although it never ran. */
  readonly execAborted: ((client: Client, args: readonly Bytes[]) => void)[] = [];
  /** What one client's command changed, when it is over; more than one command is an atomic group. */
  readonly propagated: ((commands: readonly Propagated[]) => void)[] = [];
  /** How many replicas have all that this client wrote (WAIT); what is returned is added up. */
  readonly acknowledged: ((client: Client) => number)[] = [];
  /** A key was touched; `client` is who did it, undefined for expiry and eviction. */
  readonly keyChanged: ((db: number, key: string, client: Client | undefined) => void)[] = [];
  /** `db` is -1 for all of them. */
  readonly databaseFlushed: ((db: number) => void)[] = [];
  /** See KeyspaceHost.notify. */
  readonly notify: ((type: string, event: string, key: string, db: number) => void)[] = [];
  /** PUBLISH and SPUBLISH reached this node's own subscribers: a cluster tells its other nodes. */
  readonly published: ((channel: string, message: Bytes, sharded: boolean) => void)[] = [];
  /** The node's shard has lost a slot of the cluster: sharded subscriptions in it end. */
  readonly slotLost: ((slot: number) => void)[] = [];
  /** Why a key of a snapshot cannot be held here, or undefined. */
  readonly restoring: ((key: string) => string | undefined)[] = [];
  readonly opened: ((client: Client) => void)[] = [];
  /** The connection is gone: subscriptions, tracking, MONITOR and so on end. Also called by RESET with `reset` true. */
  readonly closed: ((client: Client, reset: boolean) => void)[] = [];
  /** Something that LATENCY watches took so many milliseconds: `expire-cycle`, `eviction-cycle`. */
  readonly latency: ((event: string, ms: number) => void)[] = [];
  /** After every group of commands that one read brought, before replies are written. */
  readonly beforeSleep: (() => void)[] = [];
  /** Ten times a second of the node's clock (`hz`). */
  readonly cron: (() => void)[] = [];
  /** CONFIG RESETSTAT. */
  readonly statsReset: (() => void)[] = [];
  /** The server stops: timers and sockets of its parts end. */
  readonly stop: (() => void | Promise<void>)[] = [];
}
