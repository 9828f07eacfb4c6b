import { EventEmitter } from "node:events";
import { readCacheEntries } from "../cache/cache-input.ts";
import { resolveCodec, type ValueCodec } from "../cache/value-codec.ts";
import { badOption } from "../cluster/options.ts";
import type { Subscription } from "../cluster/subscription.ts";
import { callOwner, type SubscriptionMessage } from "../cluster/subscription-events.ts";
import { ConfigError, NotAppliedError } from "../errors.ts";
import { untilAborted } from "./abort-wait.ts";
import {
  type ClientSource,
  checkClientSource,
  checkFunction,
  checkNames,
  checkText,
  checkWhole,
  clientOf,
  prefixOf,
} from "./recipe-options.ts";
import type {
  BusCallOptions,
  UpdateBusEvents,
  UpdateBusOptions,
  UpdateIteratorOptions,
} from "./update-bus-options.ts";
import { UpdateQueue } from "./update-queue.ts";

interface Topic<T> {
  readonly listeners: Set<TopicListener<T>>;
  readonly joining: Promise<void>;
}

interface TopicListener<T> {
  message(value: T, topic: string): void;
  gap?(): void;
  end?(): void;
}

const OPTIONS = ["sharded", "codec", "prefix"];

/**
 * Tells other processes of updates, over pub/sub. Every message reaches each subscriber at most once, in the order of the publisher: what is published while a subscriber
 * is not connected is lost to it, and the event `gap` says so once it is connected again. All topics share one connection; sharded ones have one
 * to each primary that owns some.
 */
export class UpdateBus<T = unknown> extends EventEmitter<UpdateBusEvents> {
  readonly #source: ClientSource;
  readonly #sharded: boolean;
  readonly #codec: ValueCodec<T>;
  readonly #prefix: string;
  readonly #topics = new Map<string, Topic<T>>();
  readonly #lostAt = new Map<string, number>();
  #subscribing: Promise<Subscription> | undefined;
  #closed = false;

  /** Throws ConfigError `BAD_OPTION` or `UNKNOWN_OPTION`. */
  constructor(client: ClientSource, options: UpdateBusOptions<T> = {}) {
    super();
    checkClientSource(client);
    checkNames("an UpdateBus", options, OPTIONS);
    const { sharded = false, codec = "json", prefix = "updates:" } = options;
    if (typeof sharded !== "boolean") throw badOption("sharded", "a boolean", sharded);
    this.#source = client;
    this.#sharded = sharded;
    this.#codec = resolveCodec(codec);
    this.#prefix = prefixOf(client) + checkText("prefix", prefix);
  }

  /**
   * Publishes one value; how many subscribers got it at once (on a cluster those connected to the node that took it). Rejects with ConfigError
   * `BAD_VALUE` where the codec does not take the value, and as `batch().exec()` does.
   */
  async publish(topic: string, value: T, options?: BusCallOptions): Promise<number> {
    const [count] = await this.publishMany([[topic, value]], options);
    return count!;
  }

  /** Publishes many values in one packed write per node, in their order within a topic. Rejects with the first failure. */
  async publishMany(
    messages: Iterable<readonly [topic: string, value: T]>,
    options?: BusCallOptions,
  ): Promise<number[]> {
    if (this.#closed) throw closedError("publish");
    const { keys: topics, values } = readCacheEntries(messages);
    const channels = topics.map((topic) => this.#channelOf(topic));
    const payloads = values.map((value, i) => this.#encode(value, i));
    const batch = (await clientOf(this.#source)).batch();
    channels.forEach((channel, i) => {
      batch.call(this.#sharded ? "SPUBLISH" : "PUBLISH", channel, payloads[i]!);
    });
    const outcomes = await batch.exec(options);
    return outcomes.map((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value as number;
    });
  }

  /**
   * Calls `listener` with every value from now on; resolves when it is subscribed, with the function that ends it. The signal ends it too.
   * Rejects as `client.subscribe()` does.
   */
  async subscribe(
    topic: string,
    listener: (value: T, topic: string) => void,
    options: BusCallOptions = {},
  ): Promise<() => void> {
    checkNames("subscribe", options, ["signal", "timeoutMs"]);
    checkFunction("listener", listener);
    this.#channelOf(topic);
    const entry: TopicListener<T> = { message: (value, name) => listener(value, name) };
    await this.#listen([topic], entry, options);
    const { signal } = options;
    const stop = () => {
      signal?.removeEventListener("abort", stop);
      this.#forget([topic], entry);
    };
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    return stop;
  }

  /**
   * The messages of one topic or more from the moment on at which this resolves, for `for await`; leaving the loop ends it. It ends with the bus,
   * and an abort rejects with AbortError. A reader that is too slow misses the oldest messages, which `gap` of the next one tells.
   */
  async messages(
    topics: string | readonly string[],
    options: UpdateIteratorOptions = {},
  ): Promise<UpdateQueue<T>> {
    checkNames("messages", options, ["signal", "timeoutMs", "maxQueued"]);
    const { maxQueued = 1_000, ...callOptions } = options;
    checkWhole("maxQueued", maxQueued, 1);
    if (typeof topics !== "string" && (!Array.isArray(topics) || topics.length === 0))
      throw badOption("topics", "a topic, or an array of at least one", topics);
    const names = [...new Set(typeof topics === "string" ? [topics] : topics)];
    for (const name of names) this.#channelOf(name);
    const { signal } = callOptions;
    const abort = () => queue.abort(signal!.reason);
    const queue = new UpdateQueue<T>(maxQueued, () => {
      signal?.removeEventListener("abort", abort);
      this.#forget(names, entry);
    });
    const entry: TopicListener<T> = {
      message: (value, topic) => queue.push(topic, value),
      gap: () => queue.gap(),
      end: () => queue.end(),
    };
    await this.#listen(names, entry, callOptions);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    return queue;
  }

  /** Ends all subscriptions and iterators; the client stays open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const subscription = await this.#subscribing?.catch(() => undefined);
    if (subscription === undefined) this.#finish();
    else subscription.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #encode(value: T, keyIndex: number): Uint8Array {
    try {
      return this.#codec.encode(value);
    } catch (cause) {
      const message = `value ${keyIndex}: ${(cause as Error).message}`;
      throw new ConfigError("BAD_VALUE", message, { option: "value", keyIndex, cause });
    }
  }

  #channelOf(topic: unknown): string {
    if (typeof topic !== "string" || topic === "")
      throw badOption("topic", "a string that is not empty", topic);
    return this.#prefix + topic;
  }

  async #listen(topics: readonly string[], entry: TopicListener<T>, options: BusCallOptions): Promise<void> {
    if (this.#closed) throw closedError("subscribe");
    const joining = topics.map((topic) => {
      let state = this.#topics.get(topic);
      if (state === undefined) {
        state = { listeners: new Set(), joining: this.#join(topic, options.timeoutMs) };
        this.#topics.set(topic, state);
      }
      state.listeners.add(entry);
      return state.joining;
    });
    try {
      await untilAborted("subscribe", Promise.all(joining), options.signal);
    } catch (error) {
      this.#forget(topics, entry);
      throw error;
    }
  }

  #forget(topics: readonly string[], entry: TopicListener<T>): void {
    for (const topic of topics) {
      const state = this.#topics.get(topic);
      if (!state?.listeners.delete(entry) || state.listeners.size > 0) continue;
      this.#topics.delete(topic);
      this.#lostAt.delete(topic);
      void this.#unsubscribe(topic);
    }
  }

  async #unsubscribe(topic: string): Promise<void> {
    const subscription = await this.#subscribing?.catch(() => undefined);
    // Wanted again by now, perhaps.
    if (!this.#topics.has(topic)) subscription?.remove(this.#request(topic));
  }

  /** Not with the caller's signal: others wait for the same topic. */
  async #join(topic: string, timeoutMs: number | undefined): Promise<void> {
    const begun = this.#subscribing;
    if (begun === undefined) {
      this.#subscribing = this.#open(topic, timeoutMs);
      this.#subscribing.catch(() => (this.#subscribing = undefined));
      await this.#subscribing;
      return;
    }
    const subscription = await begun.catch(() => undefined);
    if (subscription === undefined) return this.#join(topic, timeoutMs);
    await subscription.add(this.#request(topic), { timeoutMs });
  }

  async #open(topic: string, timeoutMs: number | undefined): Promise<Subscription> {
    const client = await clientOf(this.#source);
    const onMessage = (message: SubscriptionMessage) => this.#received(message);
    const subscription = await client.subscribe(this.#request(topic), onMessage, { timeoutMs });
    subscription.on("lost", ({ names, cause }) => {
      const topics = names.map(({ name }) => this.#topicOf(name));
      for (const lost of topics) this.#lostAt.set(lost, performance.now());
      this.emit("lost", { topics, cause });
    });
    subscription.on("resubscribed", ({ names }) =>
      this.#resubscribed(names.map(({ name }) => this.#topicOf(name))),
    );
    subscription.on("close", () => this.#finish());
    return subscription;
  }

  #resubscribed(topics: readonly string[]): void {
    const now = performance.now();
    const began = topics.map((topic) => this.#lostAt.get(topic) ?? now);
    for (const topic of topics) {
      this.#lostAt.delete(topic);
      for (const listener of this.#topics.get(topic)?.listeners ?? []) listener.gap?.();
    }
    this.emit("gap", { topics, gapMs: Math.ceil(now - Math.min(...began)) });
  }

  #received({ channel, payload }: SubscriptionMessage): void {
    const topic = this.#topicOf(channel);
    const state = this.#topics.get(topic);
    if (state === undefined) return;
    for (const listener of [...state.listeners]) {
      let value: T;
      try {
        // For each its own: what one changes is nothing to the others.
        value = this.#codec.decode(Buffer.from(payload));
      } catch (cause) {
        this.emit("undecodable", { topic, payload, cause });
        return;
      }
      callOwner(() => listener.message(value, topic));
    }
  }

  #finish(): void {
    this.#closed = true;
    const listeners = new Set([...this.#topics.values()].flatMap((topic) => [...topic.listeners]));
    this.#topics.clear();
    for (const listener of listeners) listener.end?.();
    this.emit("close");
  }

  #topicOf(channel: Buffer): string {
    return channel.toString().slice(this.#prefix.length);
  }

  #request(topic: string): { channels?: string[]; shardChannels?: string[] } {
    const channel = this.#channelOf(topic);
    return this.#sharded ? { shardChannels: [channel] } : { channels: [channel] };
  }
}

function closedError(what: string): NotAppliedError {
  return new NotAppliedError("CLIENT_CLOSED", `${what}: the bus is closed`);
}
