import type { Client } from "../client.ts";
import { globMatch } from "../glob.ts";
import { slotOfKey } from "../key-slot.ts";
import type { Bytes } from "../protocol/arg.ts";
import { asString } from "../protocol/bytes.ts";
import { ReplyWriter } from "../protocol/reply-writer.ts";
import { Subscriptions } from "./subscriptions.ts";

/** `shard`: the channels of SSUBSCRIBE, which live in the slot of their name. */
export type SubscriptionKind = "channel" | "pattern" | "shard";

const PREFIX: Record<SubscriptionKind, string> = { channel: "", pattern: "p", shard: "s" };

/** Channels, patterns and sharded channels of one node. What it writes is out of band: CLIENT REPLY OFF does not silence it. */
export class PubSub {
  readonly #subscriptions: Record<SubscriptionKind, Subscriptions> = {
    channel: new Subscriptions(),
    pattern: new Subscriptions(),
    shard: new Subscriptions(),
  };

  of(kind: SubscriptionKind): Subscriptions {
    return this.#subscriptions[kind];
  }

  /** Subscribes and tells the client so, even where it had subscribed before. */
  subscribe(client: Client, kind: SubscriptionKind, name: string): void {
    const names = namesOf(client, kind);
    if (!names.has(name)) {
      names.add(name);
      this.#subscriptions[kind].add(name, client);
    }
    acknowledge(client, kind, "subscribe", name);
  }

  /** Ends a subscription, if there is one; tells the client in any case. */
  unsubscribe(client: Client, kind: SubscriptionKind, name: string): void {
    this.#remove(client, kind, name);
    acknowledge(client, kind, "unsubscribe", name);
  }

  /** Ends all subscriptions of a kind; without any the client is told so once. */
  unsubscribeAll(client: Client, kind: SubscriptionKind): void {
    const names = [...namesOf(client, kind)];
    for (const name of names) this.unsubscribe(client, kind, name);
    if (names.length === 0) acknowledge(client, kind, "unsubscribe", undefined);
  }

  /** Ends everything without a word: the connection is gone, or was reset. */
  forget(client: Client): void {
    for (const kind of ["channel", "pattern", "shard"] as const) {
      for (const name of [...namesOf(client, kind)]) this.#remove(client, kind, name);
    }
  }

  /** The number of connections (twice where a pattern matches too) that got the message. */
  publish(channel: string, message: Bytes): number {
    let receivers = this.#deliver("channel", "message", channel, message);
    for (const [pattern, clients] of this.#subscriptions.pattern.entries()) {
      if (!globMatch(pattern, channel)) continue;
      writeTo(clients, ["pmessage", pattern, channel, message]);
      receivers += clients.size;
    }
    return receivers;
  }

  publishSharded(channel: string, message: Bytes): number {
    return this.#deliver("shard", "smessage", channel, message);
  }

  /** The slot is served elsewhere now: its sharded subscriptions end, and the clients are told. */
  dropSlot(slot: number): void {
    const shard = this.#subscriptions.shard;
    for (const name of [...shard.names()]) {
      if (slotOfKey(name) !== slot) continue;
      for (const client of [...(shard.listeners(name) ?? [])]) this.unsubscribe(client, "shard", name);
    }
  }

  #deliver(kind: SubscriptionKind, type: string, channel: string, message: Bytes): number {
    const clients = this.#subscriptions[kind].listeners(channel);
    if (clients === undefined) return 0;
    writeTo(clients, [type, channel, message]);
    return clients.size;
  }

  #remove(client: Client, kind: SubscriptionKind, name: string): void {
    if (namesOf(client, kind).delete(name)) this.#subscriptions[kind].remove(name, client);
  }
}

/** The bytes are made once for all. */
function writeTo(clients: ReadonlySet<Client>, words: readonly Bytes[]): void {
  const message = new ReplyWriter();
  message.bulks(words);
  const [head = "", ...rest] = message.take();
  // RESP3 has another first byte for what nobody asked for.
  const asPush = `>${asString(head).slice(1)}`;
  for (const { reply } of clients) {
    reply.outOfBand(() => {
      reply.append([reply.resp === 2 ? head : asPush]);
      reply.append(rest);
    });
  }
}

function acknowledge(client: Client, kind: SubscriptionKind, verb: string, name: string | undefined): void {
  const { channels, patterns, shardChannels } = client;
  client.reply.outOfBand((reply) => {
    reply.push(3);
    reply.bulk(PREFIX[kind] + verb);
    reply.bulk(name ?? null);
    reply.integer(kind === "shard" ? shardChannels.size : channels.size + patterns.size);
  });
}

function namesOf(client: Client, kind: SubscriptionKind): Set<string> {
  if (kind === "channel") return client.channels;
  return kind === "pattern" ? client.patterns : client.shardChannels;
}
