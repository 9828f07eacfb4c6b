import type { TlsOptions } from "node:tls";
import type { Acl } from "./acl/acl.ts";
import type { Client } from "./client.ts";
import type { Clients } from "./clients.ts";
import type { Clock } from "./clock.ts";
import type { CommandTable } from "./command-table.ts";
import type { Config } from "./config.ts";
import type { Executor } from "./executor.ts";
import { Faults } from "./faults/faults.ts";
import { Hooks, type Propagated } from "./hooks.ts";
import type { InfoSections } from "./info-sections.ts";
import { Journal } from "./journal.ts";
import { Aging } from "./keyspace/aging.ts";
import { Database } from "./keyspace/database.ts";
import { MemoryAccount } from "./keyspace/memory-account.ts";
import type { KeyspaceHost } from "./keyspace-host.ts";
import { LatencyEvents } from "./latency/latency-events.ts";
import { Monitors } from "./monitor.ts";
import type { Pause } from "./pause.ts";
import type { Bytes } from "./protocol/arg.ts";
import { PubSub } from "./pubsub/pubsub.ts";
import { Slowlog } from "./slowlog.ts";
import { restoreSnapshot, takeSnapshot } from "./snapshot.ts";
import { Stats } from "./stats.ts";
import type { Tracking } from "./tracking/tracking.ts";
import type { WatchTable } from "./watch-table.ts";
import type { Wire } from "./wire.ts";
import { stackedWire } from "./wire-stack.ts";

/** So old may the time be that a command sees. */
const ROUND_US = 500;

export interface ServerNodeParts {
  readonly clock: Clock;
  readonly config: Config;
  readonly commands: CommandTable;
  readonly clients: Clients;
  readonly access: Acl;
  readonly info: InfoSections;
  readonly watches: WatchTable;
  readonly pause: Pause;
}

/** One server: its configuration, databases, clients and counters. `startServer` makes it listen. */
export class ServerNode implements KeyspaceHost {
  readonly clock: Clock;
  readonly config: Config;
  readonly commands: CommandTable;
  readonly clients: Clients;
  readonly access: Acl;
  readonly info: InfoSections;
  readonly watches: WatchTable;
  readonly pause: Pause;
  readonly hooks: Hooks = new Hooks();
  readonly pubsub: PubSub = new PubSub();
  readonly slowlog: Slowlog = new Slowlog();
  readonly latency: LatencyEvents = new LatencyEvents();
  readonly monitors: Monitors;
  /** Set by attachTracking. */
  tracking!: Tracking;
  readonly stats: Stats = new Stats();
  readonly memory: MemoryAccount = new MemoryAccount();
  /** 0 up to and without 1, for samples and LFU counters; a test may put a seeded one here. */
  random: () => number = Math.random;
  readonly aging: Aging = new Aging(() => this.random());
  readonly databases: Database[] = [];
  /** 40 hexadecimal digits, new at every start. */
  readonly runId: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The port that is listened on, 0 where there is none. */
  port = 0;
  /** What the port speaks TLS with; undefined where it does not, or by `tls-port` only. */
  tls: TlsOptions | undefined;
  /** A replica of another node. */
  replica = false;
  /** A replica's stream or a file is being applied: what the primary deleted comes as a command of its own. */
  applyingStream = false;
  /** Expired keys are deleted though nobody asks for them; DEBUG SET-ACTIVE-EXPIRE switches it off. */
  activeExpire = true;
  dirty = 0;
  wire: Wire | undefined;
  /** Faults at this node's connections. */
  readonly faults: Faults;
  /** What came in on this node's connections, once it is started. */
  readonly journal: Journal;
  /** Set by the dispatcher. */
  executor!: Executor;
  /** As after SIGSTOP: nothing is answered, and the cluster hears nothing of it; set by `pause` and `resume`. */
  frozen = false;
  /** DEBUG PAUSE-CRON. */
  cronPaused = false;
  /** Who runs a command now. */
  currentClient: Client | undefined;
  /** A transaction's commands are being run. */
  inExec = false;
  /** Ends the server (SHUTDOWN); set by startServer. */
  shutdown: () => void = () => {};

  /** Listens where the configuration says now; set by startServer. */
  relisten: () => Promise<void> = () => Promise.resolve();

  #frozenAt = 0;
  #depth = 0;
  /** When the last command of the round ended, see `beginRound`; -1 outside one. */
  #lapUs = -1;
  /** The time of the clock and when it was read. */
  #roundMs = 0;
  #roundUs = 0;
  #propagated: Propagated[] = [];

  constructor(parts: ServerNodeParts) {
    this.clock = parts.clock;
    this.config = parts.config;
    this.commands = parts.commands;
    this.clients = parts.clients;
    this.access = parts.access;
    this.info = parts.info;
    this.watches = parts.watches;
    this.pause = parts.pause;
    this.monitors = new Monitors(this);
    this.startedAt = this.clock.nowMs();
    this.runId = randomHex(40);
    let faultWire: Wire | undefined;
    let journalWire: Wire | undefined;
    const stack = () => {
      this.wire = stackedWire(journalWire, faultWire);
    };
    this.faults = new Faults(this.clock, (wire) => {
      faultWire = wire;
      stack();
    });
    this.journal = new Journal(this.clock, this.hooks.executed, (wire) => {
      journalWire = wire;
      stack();
    });
    const count = this.clusterEnabled ? 1 : this.config.number("databases");
    this.config.watch("maxmemory-policy", ({ text }) => {
      this.aging.lfu = text.endsWith("-lfu");
    });
    this.config.watch("lfu-log-factor", ({ number }) => {
      this.aging.logFactor = number;
    });
    this.config.watch("lfu-decay-time", ({ number }) => {
      this.aging.decayMinutes = number;
    });
    for (let index = 0; index < count; index += 1) this.databases.push(new Database(index, this));
  }

  get expiredKeys(): "delete" | "hide" | "keep" {
    if (this.applyingStream || (this.replica && this.currentClient?.master)) return "keep";
    return this.replica || this.pause.kind !== undefined ? "hide" : "delete";
  }

  get clusterEnabled(): boolean {
    return this.config.flag("cluster-enabled");
  }

  /** A command runs inside another one (EXEC, a script). */
  get nested(): boolean {
    return this.#depth > 1;
  }

  now(): number {
    return this.#depth > 0 ? this.#frozenAt : this.clock.nowMs();
  }

  /**
   * Commands that one read brought are run behind one another from here to `endRound`: each is timed from the end of the one before, and the time
   * that they see is read again when it is older than half a millisecond. One look at the clock a command instead of three, which took a twelfth of a SET.
   */
  beginRound(): void {
    this.#lapUs = this.#roundUs = this.clock.monotonicUs();
    this.#roundMs = this.clock.nowMs();
  }

  endRound(): void {
    this.#lapUs = -1;
  }

  /** Microseconds at which the command that is about to run starts to count. */
  startLap(): number {
    return this.#lapUs < 0 ? this.clock.monotonicUs() : this.#lapUs;
  }

  /** Microseconds since `started`. */
  endLap(started: number): number {
    const ended = this.clock.monotonicUs();
    if (this.#lapUs >= 0) this.#lapUs = ended;
    return ended - started;
  }

  /** Stops the time that commands see, until `endCommand`; nests. */
  beginCommand(): number {
    if (this.#depth === 0) this.#frozenAt = this.#currentMs();
    this.#depth += 1;
    return this.#frozenAt;
  }

  endCommand(): void {
    this.#depth -= 1;
    if (this.#depth === 0 && this.#propagated.length > 0) this.#sendPropagated();
  }

  propagate(db: number, argv: readonly Bytes[]): void {
    if (this.hooks.propagated.length === 0) return;
    this.#propagated.push({ db, argv });
    if (this.#depth === 0) this.#sendPropagated();
  }

  keyChanged(db: number, key: string, byServer = false): void {
    if (this.watches.size > 0) {
      this.watches.touch(db, key, () => this.databases[db]?.has(key) === true);
    }
    for (const hook of this.hooks.keyChanged) hook(db, key, byServer ? undefined : this.currentClient);
  }

  databaseFlushed(db: number): void {
    if (this.watches.size > 0) {
      for (const emptied of this.databases) {
        if (db < 0 || emptied.id === db) this.watches.touchAll(emptied.id, emptied);
      }
    }
    for (const hook of this.hooks.databaseFlushed) hook(db);
  }

  notify(type: string, event: string, key: string, db: number): void {
    for (const hook of this.hooks.notify) hook(type, event, key, db);
  }

  /**
   * All keys with values and times to live, and the settings that CONFIG SET can change, as an RDB file, which a real server of 7.0 or later loads
   * too. Connections, users and passwords, addresses, statistics and the cluster are not in it.
   */
  snapshot(): Buffer {
    return takeSnapshot(this);
  }

  /**
   * Puts a snapshot in the place of all keys and settings; watched keys, tracking and replicas are told. What has expired meanwhile is left out. Throws
   * ConfigError `BAD_SNAPSHOT`, and changes nothing then: for bytes that are none, a database that is not here, a slot of another node of the cluster.
   */
  restore(snapshot: Uint8Array): void {
    restoreSnapshot(this, snapshot);
  }

  configNumber(name: string): number {
    return this.config.number(name);
  }

  configText(name: string): string {
    return this.config.text(name);
  }

  #currentMs(): number {
    if (this.#lapUs < 0) return this.clock.nowMs();
    if (this.#lapUs - this.#roundUs > ROUND_US) {
      this.#roundUs = this.#lapUs;
      this.#roundMs = this.clock.nowMs();
    }
    return this.#roundMs;
  }

  #sendPropagated(): void {
    const group = this.#propagated;
    this.#propagated = [];
    for (const hook of this.hooks.propagated) hook(group);
  }
}

function randomHex(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length / 2));
  return Buffer.from(bytes).toString("hex");
}
