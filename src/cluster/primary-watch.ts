import { ServerError } from "../errors.ts";
import type { ChannelName } from "./channel-name.ts";
import type { RawMessage, SubscriptionSetup } from "./node-subscription.ts";
import { NodeSubscriptions } from "./node-subscriptions.ts";
import type { SubscriptionHost } from "./subscription-host.ts";

export interface PrimaryWatchRequest {
  readonly names: readonly ChannelName[];
  /** Run on each connection before it subscribes. */
  readonly setup?: SubscriptionSetup | undefined;
}

/** Called while replies are read: none of these may throw. */
export interface PrimaryWatchListener {
  message(message: RawMessage, node: string): void;
  /**
   * A primary is heard from now on, without a cause, or is not any more, or a primary has come or gone; `covered` is up to date.
   */
  changed(cause: Error | undefined): void;
  /** A primary cannot be watched; it is tried again. */
  failed(node: string, cause: Error): void;
}

/** The same names at every primary, for what a server tells of itself alone: invalidations, keyspace events. */
export class PrimaryWatch {
  readonly #host: SubscriptionHost;
  readonly #names: ReadonlyMap<string, ChannelName>;
  readonly #listener: PrimaryWatchListener;
  readonly #nodes: NodeSubscriptions;
  /** Names that have joined, by node. */
  readonly #joined = new Map<string, Set<string>>();
  #primaries: readonly string[] = [];
  #closed = false;

  /** @internal Use `client.watchPrimaries()`. */
  constructor(host: SubscriptionHost, { names, setup }: PrimaryWatchRequest, listener: PrimaryWatchListener) {
    this.#host = host;
    this.#names = new Map(names.map((name) => [name.id, name]));
    this.#listener = listener;
    this.#nodes = new NodeSubscriptions(host, setup, {
      message: (node, message) => {
        if (this.#joined.has(node)) listener.message(message, node);
      },
      joined: (node, { id }) => this.#join(node, id),
      settled: () => {},
      refused: (node, name, error) => {
        const text = `${String(name.name)}: ${error.message}`;
        this.#leave(node, new ServerError(error.code, text, { node }));
      },
      dismissed: (node) => this.#leave(node, new Error("unsubscribed by the server")),
      ended: (node, cause) => this.#leave(node, cause),
      retrying: () => {},
    });
  }

  /** Whether every primary of the present topology is heard. */
  get covered(): boolean {
    return !this.#closed && this.#primaries.length > 0 && this.#primaries.every((node) => this.#hears(node));
  }

  get primaries(): readonly string[] {
    return this.#primaries;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#joined.clear();
    this.#nodes.close();
    this.#host.ended(this);
    this.#listener.changed(new Error("the watch is closed"));
  }

  /** @internal */
  look(now: number, silenceMs: number): void {
    this.#nodes.look(now, silenceMs);
  }

  /** @internal */
  forgiveSilence(now: number): void {
    this.#nodes.forgiveSilence(now);
  }

  /** @internal Goes along with the topology. */
  review(): void {
    const network = this.#host.network();
    if (this.#closed || network === undefined) return;
    const { links } = network.route();
    const primaries = links.map(({ name }) => name);
    const current = new Set(this.#primaries);
    const same = primaries.length === current.size && primaries.every((node) => current.has(node));
    this.#primaries = primaries;
    for (const node of this.#joined.keys()) if (!primaries.includes(node)) this.#joined.delete(node);
    if (!same) this.#listener.changed(new Error("the primaries have changed"));
    this.#nodes.place(
      new Map(links.map((link) => [link.name, { address: network.addressOf(link), names: this.#names }])),
    );
  }

  #hears(node: string): boolean {
    return this.#joined.get(node)?.size === this.#names.size;
  }

  #join(node: string, id: string): void {
    const joined = this.#joined.get(node) ?? new Set();
    this.#joined.set(node, joined.add(id));
    if (this.#hears(node)) this.#listener.changed(undefined);
  }

  #leave(node: string, cause: Error): void {
    this.#host.network()?.refreshSoon();
    if (this.#joined.delete(node)) this.#listener.changed(cause);
    this.#listener.failed(node, cause);
  }
}
