import type { Client } from "../client.ts";
import type { Propagated } from "../hooks.ts";
import type { Bytes } from "../protocol/arg.ts";
import type { ServerNode } from "../server-node.ts";

/** What a replica gets: commands that belong together, and the offset that it has reached with them. */
export interface FeedItem {
  readonly commands: readonly Propagated[];
  readonly offset: number;
}

/** A replica, as its primary's feed sees it. */
export interface FeedEnd {
  readonly host: string;
  readonly port: number;
  /** Everything up to here was applied. */
  readonly acknowledged: number;
  /** When the primary last heard of it, milliseconds. */
  readonly heardAt: number;
  take(item: FeedItem): void;
}

/** The primary's side of replication: the stream of its writes, counted in the bytes that it would have on a wire. */
export class ReplicationFeed {
  readonly #node: ServerNode;
  readonly #ends = new Set<FeedEnd>();
  /** Where each client's last write ends. */
  readonly #written = new WeakMap<Client, number>();
  offset = 0;
  /** Some replica has been here, so that offsets count. */
  active = false;
  #selected = false;
  #pingedAt = 0;

  constructor(node: ServerNode) {
    this.#node = node;
    node.hooks.propagated.push((commands) => this.#send(commands));
    node.hooks.acknowledged.push((client) => this.acknowledgedBy(this.#written.get(client) ?? 0));
  }

  get ends(): readonly FeedEnd[] {
    return [...this.#ends];
  }

  add(end: FeedEnd): void {
    if (!this.active) this.#pingedAt = this.#node.clock.nowMs();
    this.active = true;
    this.#ends.add(end);
    // A replica that is new makes the primary select its database again.
    this.#selected = false;
  }

  remove(end: FeedEnd): void {
    this.#ends.delete(end);
  }

  clear(): void {
    this.#ends.clear();
  }

  /** How many replicas have everything up to this offset. */
  acknowledgedBy(offset: number): number {
    let count = 0;
    for (const end of this.#ends) if (end.acknowledged >= offset) count += 1;
    return count;
  }

  /** A replica has applied something: WAIT looks again. */
  acknowledged(): void {
    for (const client of this.#node.clients) client.blocked?.replicaAcknowledged?.();
  }

  /** Every `repl-ping-replica-period` seconds. */
  pingIfDue(): void {
    const now = this.#node.clock.nowMs();
    if (
      this.#ends.size === 0 ||
      now - this.#pingedAt < this.#node.config.number("repl-ping-replica-period") * 1000
    ) {
      return;
    }
    this.ping();
  }

  ping(): void {
    this.#pingedAt = this.#node.clock.nowMs();
    this.#add([{ db: 0, argv: ["PING"] }]);
  }

  #send(commands: readonly Propagated[]): void {
    if (!this.active || this.#node.replica) return;
    const { currentClient } = this.#node;
    this.#add(commands);
    if (currentClient !== undefined) this.#written.set(currentClient, this.offset);
  }

  #add(commands: readonly Propagated[]): void {
    // Each of these three is written around the commands as the real stream has it.
    if (!this.#selected && commands[0]?.argv[0] !== "PING") {
      this.offset += wireBytes(["SELECT", "0"]);
      this.#selected = true;
    }
    if (commands.length > 1) this.offset += wireBytes(["MULTI"]) + wireBytes(["EXEC"]);
    for (const { argv } of commands) this.offset += wireBytes(argv);
    for (const end of this.#ends) end.take({ commands, offset: this.offset });
  }
}

function wireBytes(argv: readonly Bytes[]): number {
  let bytes = 3 + String(argv.length).length;
  for (const arg of argv) bytes += 5 + String(arg.length).length + arg.length;
  return bytes;
}
