import type { Client } from "../client.ts";
import type { ClientTracking } from "../client-tracking.ts";
import type { Clients } from "../clients.ts";
import { type CommandEntry, FLAG } from "../command-entry.ts";
import { keyIndexes } from "../command-table.ts";
import type { Bytes } from "../protocol/arg.ts";
import { asString } from "../protocol/bytes.ts";
import { type Invalidate, invalidator } from "./invalidation.ts";
import { PrefixTable } from "./prefix-table.ts";
import { TrackingTable } from "./tracking-table.ts";

export interface TrackingHost {
  readonly clients: Clients;
  readonly currentClient: Client | undefined;
}

/** Keys taken out of the table before one command; more each time that it was not enough. */
const EFFORT = 100;

/** Client side caching of one node (CLIENT TRACKING). Keys are told by name alone, whatever the database. */
export class Tracking {
  readonly keys: TrackingTable = new TrackingTable();
  readonly prefixes: PrefixTable = new PrefixTable();
  readonly #host: TrackingHost;
  readonly #onUse: (used: boolean) => void;
  readonly #invalidate: Invalidate;
  /** What the running command's own connection has to be told behind the reply; null: everything. */
  #pending: (string | null)[] = [];
  #rounds = 0;
  #size = 0;

  /** `onUse` is told when the first connection begins to track, and when the last one ends. */
  constructor(host: TrackingHost, onUse: (used: boolean) => void) {
    this.#host = host;
    this.#onUse = onUse;
    this.#invalidate = invalidator((id) => {
      const client = host.clients.get(id);
      return client?.closed ? undefined : client;
    });
  }

  /** Connections that track. */
  get size(): number {
    return this.#size;
  }

  enable(client: Client, tracking: ClientTracking): void {
    if (client.tracking === undefined) {
      this.#size += 1;
      if (this.#size === 1) this.#onUse(true);
    }
    client.tracking = tracking;
    for (const prefix of tracking.prefixes) this.prefixes.add(prefix, client);
  }

  disable(client: Client): void {
    if (client.tracking === undefined) return;
    for (const prefix of client.tracking.prefixes) this.prefixes.remove(prefix, client);
    client.tracking = undefined;
    this.#size -= 1;
    if (this.#size > 0) return;
    this.#pending = [];
    this.#onUse(false);
  }

  /** A command that reads was run: its keys are remembered, as the connection's mode says. */
  read(client: Client, entry: CommandEntry, args: readonly Bytes[]): void {
    const { tracking } = client;
    if (tracking === undefined || tracking.broadcast || (entry.bits & FLAG.pubsub) !== 0) return;
    const chosen = tracking.caching !== undefined;
    if ((tracking.optIn && !chosen) || (tracking.optOut && chosen)) return;
    for (const index of keyIndexes(entry, args) ?? [])
      this.keys.add(asString(args[index] as Bytes), client.id);
  }

  changed(key: string, by: Client | undefined): void {
    if (this.prefixes.size > 0) this.prefixes.changed(key, by);
    if (this.keys.size > 0) this.#forget(key);
  }

  flushed(): void {
    if (this.size > 0)
      for (const client of this.#host.clients) {
        if (client.tracking === undefined) continue;
        if (client === this.#host.currentClient) this.#pending.push(null);
        else this.#invalidate(client, null);
      }
    this.keys.clear();
  }

  /** The outermost command is over: its own connection gets its invalidations behind the reply. */
  finish(client: Client): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    for (const key of pending) this.#invalidate(client, key === null ? null : [key]);
  }

  /** Sends what the connections of the BCAST mode have to be told. */
  broadcast(): void {
    this.prefixes.broadcast(this.#invalidate);
  }

  /** Takes keys out, telling their readers, until no more than `maxKeys` are left or it was enough for now. 0: no limit. */
  limit(maxKeys: number): undefined {
    if (maxKeys === 0 || this.keys.size <= maxKeys) {
      this.#rounds = 0;
      return;
    }
    this.#rounds += 1;
    for (let effort = EFFORT * this.#rounds; effort > 0 && this.keys.size > maxKeys; effort -= 1) {
      this.#forget(this.keys.oldest() as string);
    }
  }

  #forget(key: string): void {
    const { clients, currentClient } = this.#host;
    for (const id of this.keys.take(key)) {
      const reader = clients.get(id);
      if (reader?.tracking === undefined || reader.tracking.broadcast) continue;
      if (reader !== currentClient) this.#invalidate(reader, [key]);
      else if (!reader.tracking.noLoop) this.#pending.push(key);
    }
  }
}
