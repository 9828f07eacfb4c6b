import { EventEmitter } from "node:events";
import type { ReplyError } from "../bytes/reply.ts";
import { NotAppliedError, ServerError } from "../errors.ts";
import { keySlot } from "../slots/index.ts";
import { type ChannelName, channelNames, type SubscribeRequest } from "./channel-name.ts";
import type { NodeLink } from "./node-link.ts";
import type { RawMessage } from "./node-subscription.ts";
import { NodeSubscriptions, type NodeSubscriptionsListener, type Placement } from "./node-subscriptions.ts";
import { judgeReply } from "./redirect.ts";
import {
  callOwner,
  type SubscriptionChange,
  type SubscriptionEvents,
  type SubscriptionMessage,
} from "./subscription-events.ts";
import type { SubscribeOptions, SubscriptionHost } from "./subscription-host.ts";
import { SubscriptionWaiters } from "./subscription-waiters.ts";

interface Entry {
  readonly name: ChannelName;
  readonly slot: number | undefined;
  /** Where it is subscribed now. */
  node: string | undefined;
  before: boolean;
}

/**
 * Names that stay subscribed: after a lost connection, a failover or the move of a slot they are subscribed anew, and events tell of the gap
 * that this leaves. All channels and patterns share one connection, to any primary; shard channels have one to each primary that owns some.
 */
export class Subscription extends EventEmitter<SubscriptionEvents> {
  readonly #host: SubscriptionHost;
  readonly #onMessage: (message: SubscriptionMessage) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new SubscriptionWaiters();
  readonly #nodes: NodeSubscriptions;
  /** Names confirmed since the last event, by node. */
  readonly #fresh = new Map<string, Entry[]>();
  /** The node for channels and patterns. */
  #home: string | undefined;
  #avoided: string | undefined;
  #closed = false;

  /** @internal Use `client.subscribe()`. */
  constructor(host: SubscriptionHost, onMessage: (message: SubscriptionMessage) => void) {
    super();
    this.#host = host;
    this.#onMessage = onMessage;
    this.#nodes = new NodeSubscriptions(host, undefined, this.#listener());
  }

  /** Whether every name is subscribed now. */
  get isSubscribed(): boolean {
    if (this.#closed) return false;
    for (const { node } of this.#entries.values()) if (node === undefined) return false;
    return true;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** The names as they are wanted now. */
  get names(): ChannelName[] {
    return Array.from(this.#entries.values(), ({ name }) => name);
  }

  /**
   * Subscribes to more names; resolves when all of them are subscribed. Rejects with ServerError (e.g. `NOPERM`), TimeoutError, AbortError,
   * ConfigError (`BAD_ARGUMENT`, `MAX_CONNECTIONS`) or NotAppliedError `CLIENT_CLOSED`; names that were not there before are then given up.
   */
  async add(request: SubscribeRequest, options?: SubscribeOptions): Promise<void> {
    const names = channelNames(request);
    const limits = this.#host.limits("subscribe", options);
    if (this.#closed) throw closedError();
    const added = names.filter(({ id }) => !this.#entries.has(id));
    for (const name of added) {
      const slot = name.kind === "shard" ? keySlot(name.name) : undefined;
      this.#entries.set(name.id, { name, slot, node: undefined, before: false });
    }
    const missing = names.filter(({ id }) => this.#entries.get(id)!.node === undefined);
    try {
      await this.#waiters.wait(missing, limits, () => this.review());
    } catch (error) {
      for (const { id } of added) this.#entries.delete(id);
      this.review();
      throw error;
    }
  }

  /** Unsubscribes; names that are not subscribed are passed over. */
  remove(request: SubscribeRequest): void {
    for (const { id } of channelNames(request)) {
      this.#entries.delete(id);
      this.#waiters.fail(new NotAppliedError("UNSUBSCRIBED", "subscribe: unsubscribed meanwhile"), id);
    }
    this.review();
  }

  /** Ends the subscription at once: no message is delivered after it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#nodes.close();
    this.#host.ended(this);
    this.#waiters.fail(closedError());
    this.#tell("close");
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  look(now: number, silenceMs: number): void {
    this.#nodes.look(now, silenceMs);
  }

  /** @internal */
  forgiveSilence(now: number): void {
    this.#nodes.forgiveSilence(now);
  }

  /** @internal Places every name where the topology of now wants it. */
  review(): void {
    const network = this.#host.network();
    if (this.#closed || network === undefined) return;
    const { slots, links } = network.route();
    const home = this.#homeOf(links);
    const placements = new Map<string, Placement & { names: Map<string, ChannelName> }>();
    const strays: Entry[] = [];
    for (const entry of this.#entries.values()) {
      const { name, slot } = entry;
      const link = slot === undefined ? home : links[slots.nodeOfSlot?.[slot] ?? 0];
      if (entry.node !== undefined && entry.node !== link?.name) strays.push(entry);
      if (link === undefined) network.refreshSoon();
      else {
        let placement = placements.get(link.name);
        if (placement === undefined) {
          placement = { address: network.addressOf(link), names: new Map() };
          placements.set(link.name, placement);
        }
        placement.names.set(name.id, name);
      }
    }
    const left = new Set(strays.map(({ node }) => node!));
    const changes = Array.from(left, (node) => ({
      node,
      entries: strays.filter((entry) => entry.node === node),
    }));
    for (const entry of strays) entry.node = undefined;
    this.#nodes.place(placements);
    for (const { node, entries } of changes)
      this.#lost(node, entries, new Error("another node is in charge now"));
  }

  #listener(): NodeSubscriptionsListener {
    return {
      message: (node, message) => this.#deliver(node, message),
      joined: (node, { id }) => {
        const entry = this.#entries.get(id);
        if (entry === undefined || entry.node === node) return;
        entry.node = node;
        const fresh = this.#fresh.get(node);
        if (fresh === undefined) this.#fresh.set(node, [entry]);
        else fresh.push(entry);
      },
      settled: (node) => this.#settled(node),
      refused: (node, name, error) => this.#refused(node, name, error),
      dismissed: (node, { id }) => {
        this.#host.network()?.refreshSoon();
        const entry = this.#entries.get(id);
        if (entry?.node !== node) return;
        entry.node = undefined;
        this.#lost(node, [entry], new Error("the slot of the channel has left the node"));
      },
      ended: (node, cause) => this.#ended(node, cause),
      retrying: (node) => {
        if (node !== this.#home) return;
        this.#home = undefined;
        this.#avoided = node;
        this.review();
      },
    };
  }

  /** Stays what it is while it is a primary; otherwise a healthy one, if there is any but the one that failed last. */
  #homeOf(links: readonly NodeLink[]): NodeLink | undefined {
    const staying = links.find(({ name }) => name === this.#home);
    if (staying !== undefined) return staying;
    const rank = (link: NodeLink) =>
      (link.name === this.#avoided ? 4 : 0) +
      (link.suspected ? 2 : link.connected ? 0 : 1) +
      Math.random() / 2;
    const [chosen] = links.map((link) => ({ link, rank: rank(link) })).sort((a, b) => a.rank - b.rank);
    this.#home = chosen?.link.name;
    return chosen?.link;
  }

  #deliver(node: string, { kind, channel, pattern, payload, id }: RawMessage): void {
    // While a name goes from one node to another both may send.
    if (this.#entries.get(id)?.node !== node || !Buffer.isBuffer(payload)) return;
    // What was confirmed with the names before it is told of before its first message.
    this.#settled(node);
    callOwner(() => this.#onMessage({ channel, pattern, payload, sharded: kind === "shard" }));
  }

  #settled(node: string): void {
    const fresh = this.#fresh.get(node);
    if (fresh === undefined) return;
    this.#fresh.delete(node);
    const entries = fresh.filter((entry) => entry.node === node);
    const [again, first] = [entries.filter(({ before }) => before), entries.filter(({ before }) => !before)];
    for (const entry of first) entry.before = true;
    this.#waiters.joined(entries.map(({ name }) => name));
    if (first.length > 0) this.#tell("subscribed", { node, names: first.map(({ name }) => name) });
    if (again.length > 0) this.#tell("resubscribed", { node, names: again.map(({ name }) => name) });
  }

  #refused(node: string, name: ChannelName, error: ReplyError): void {
    const network = this.#host.network()!;
    const link = network.route().links.find((candidate) => candidate.name === node);
    const verdict = judgeReply(error, link === undefined ? { host: "", port: 0 } : network.addressOf(link));
    const serverError = new ServerError(error.code, `${String(name.name)}: ${error.message}`, { node });
    if (verdict.kind === "moved") {
      network.moved(verdict.slot, verdict.address);
      network.refreshSoon();
      this.#host.review();
    } else if (verdict.kind === "wait") network.refreshSoon();
    if (verdict.kind === "error" || verdict.kind === "refused") this.#waiters.fail(serverError, name.id);
    else this.#waiters.note(serverError);
  }

  #ended(node: string, cause: Error): void {
    this.#fresh.delete(node);
    this.#host.network()?.refreshSoon();
    const entries = [...this.#entries.values()].filter((entry) => entry.node === node);
    for (const entry of entries) entry.node = undefined;
    this.#waiters.note(cause);
    if ((cause as { code?: string }).code === "MAX_CONNECTIONS") this.#waiters.fail(cause);
    this.#lost(node, entries, cause);
  }

  #lost(node: string, entries: readonly Entry[], cause: Error): void {
    const known = entries.filter(({ before }) => before);
    if (known.length > 0) this.#tell("lost", { node, names: known.map(({ name }) => name), cause });
  }

  #tell<E extends keyof SubscriptionEvents>(event: E, ...args: SubscriptionEvents[E]): void {
    callOwner(() => this.emit(event as "subscribed", ...(args as [SubscriptionChange])));
  }
}

function closedError(): NotAppliedError {
  return new NotAppliedError("CLIENT_CLOSED", "subscribe: the subscription is closed");
}
