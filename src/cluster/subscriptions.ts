import { NotAppliedError } from "../errors.ts";
import { checkSignal } from "./call.ts";
import { channelNames, type SubscribeRequest } from "./channel-name.ts";
import type { Connection } from "./connection.ts";
import type { Network } from "./network.ts";
import type { Nodes } from "./nodes.ts";
import { badOption, checkCallOptions, type ResolvedOptions, resolveTimeout } from "./options.ts";
import { PrimaryWatch, type PrimaryWatchListener, type PrimaryWatchRequest } from "./primary-watch.ts";
import type { NodeAddress } from "./redirect.ts";
import type { ClientStats } from "./stats.ts";
import { Subscription } from "./subscription.ts";
import type { SubscriptionMessage } from "./subscription-events.ts";
import type { LiveSubscription, SubscribeOptions, SubscriptionHost } from "./subscription-host.ts";
import type { WaitLimits } from "./subscription-waiters.ts";

/** A subscription is asked for a sign of life after as long without one, at least. */
const LEAST_SILENCE_MS = 1_000;
const LOOK_EVERY_MS = 100;

export interface SubscriptionsSettings {
  readonly nodes: Nodes;
  readonly options: ResolvedOptions;
  readonly stats: ClientStats;
  network(): Network | undefined;
}

/** The subscriptions of a client: looks after their silence, and tells them of the topology. */
export class Subscriptions implements SubscriptionHost {
  readonly #settings: SubscriptionsSettings;
  readonly #all = new Set<LiveSubscription>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #lookedAt = 0;

  constructor(settings: SubscriptionsSettings) {
    this.#settings = settings;
  }

  /** `ready` waits for the connection and gives the options with what is left of the deadline. */
  async subscribe(
    request: SubscribeRequest,
    onMessage: (message: SubscriptionMessage) => void,
    options: SubscribeOptions | undefined,
    ready: (options: SubscribeOptions | undefined) => Promise<SubscribeOptions | undefined>,
  ): Promise<Subscription> {
    channelNames(request);
    this.limits("subscribe", options);
    if (typeof onMessage !== "function") throw badOption("onMessage", "a function", onMessage);
    const rest = await ready(options);
    const subscription = new Subscription(this, onMessage);
    this.#add(subscription);
    try {
      await subscription.add(request, rest);
    } catch (error) {
      subscription.close();
      throw error;
    }
    closeOnAbort(subscription, options?.signal);
    return subscription;
  }

  /** To be called when the nodes are known. */
  watch(request: PrimaryWatchRequest, listener: PrimaryWatchListener): PrimaryWatch {
    const watch = new PrimaryWatch(this, request, listener);
    this.#add(watch);
    watch.review();
    return watch;
  }

  /** To be called whenever the topology has changed, before anything is sent to where it leads. */
  review(): void {
    for (const subscription of this.#all) subscription.review();
  }

  close(): void {
    this.#closed = true;
    for (const subscription of this.#all) subscription.close();
  }

  network(): Network | undefined {
    return this.#settings.network();
  }

  limits(what: string, options: SubscribeOptions | undefined): WaitLimits {
    checkCallOptions(options);
    const timeoutMs = resolveTimeout(options, this.#settings.options);
    return { timeoutMs, signal: checkSignal(what, options, 0) };
  }

  reserve(node: string, surrender: (cause: Error) => void): () => void {
    return this.#settings.nodes.reserve(node, surrender);
  }

  async open(address: NodeAddress, signal: AbortSignal): Promise<Connection> {
    const { nodes, stats } = this.#settings;
    const connection = await nodes.open(address, signal);
    stats.connections++;
    stats.openConnections++;
    connection.socket.once("close", () => stats.openConnections--);
    return connection;
  }

  ended(subscription: LiveSubscription): void {
    this.#all.delete(subscription);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #add(subscription: LiveSubscription): void {
    if (this.#closed) throw new NotAppliedError("CLIENT_CLOSED", "subscribe: the client is closed");
    this.#all.add(subscription);
    if (this.#timer !== undefined) return;
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  #look(): void {
    const now = performance.now();
    // A timer that comes this late tells of a stall of our own, not of the nodes.
    const stalled = now - this.#lookedAt > 3 * LOOK_EVERY_MS + 50;
    this.#lookedAt = now;
    const silenceMs = Math.max(LEAST_SILENCE_MS, this.#settings.options.deadNodeTimeoutMs);
    for (const subscription of this.#all) {
      if (stalled) subscription.forgiveSilence(now);
      else subscription.look(now, silenceMs);
    }
  }
}

function closeOnAbort(subscription: Subscription, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const close = () => subscription.close();
  subscription.once("close", () => signal.removeEventListener("abort", close));
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
}
