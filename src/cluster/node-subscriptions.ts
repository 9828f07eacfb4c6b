import type { ReplyError } from "../bytes/reply.ts";
import type { ChannelName } from "./channel-name.ts";
import type { Connection } from "./connection.ts";
import { NodeSubscription, type RawMessage, type SubscriptionSetup } from "./node-subscription.ts";
import type { NodeAddress } from "./redirect.ts";
import { backoffMs } from "./retry-policy.ts";

/** Failures in a row from which on a try is made once a second only. */
const PATIENT_FROM = 12;
const PATIENT_MS = 1_000;

/** What is to be subscribed at one node. */
export interface Placement {
  readonly address: NodeAddress;
  readonly names: ReadonlyMap<string, ChannelName>;
}

export interface NodeConnections {
  open(address: NodeAddress, signal: AbortSignal): Promise<Connection>;
  /** Counts one more connection; gives how to give it back. Throws ConfigError `MAX_CONNECTIONS`. `surrender` may be called at any time. */
  reserve(node: string, surrender: (cause: Error) => void): () => void;
}

/** Told while replies are read: none of these may throw. */
export interface NodeSubscriptionsListener {
  message(node: string, message: RawMessage): void;
  joined(node: string, name: ChannelName): void;
  settled(node: string): void;
  refused(node: string, name: ChannelName, error: ReplyError): void;
  /** The server has ended the subscription to one name, which is asked for anew unless it is placed elsewhere by then. */
  dismissed(node: string, name: ChannelName): void;
  /** The connection ended, or could not be made or set up. */
  ended(node: string, cause: Error): void;
  /** Before a connection is tried again: the last moment to place its names elsewhere. */
  retrying(node: string): void;
}

interface Place extends Placement {
  readonly node: string;
  names: ReadonlyMap<string, ChannelName>;
  connection: NodeSubscription | undefined;
  release: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** One connection for each node at which something is to be subscribed, made again as often as it ends. */
export class NodeSubscriptions {
  readonly #connections: NodeConnections;
  readonly #setup: SubscriptionSetup | undefined;
  readonly #listener: NodeSubscriptionsListener;
  readonly #places = new Map<string, Place>();
  /** In a row, over all nodes: the next one to be tried may be another. */
  #failures = 0;

  constructor(
    connections: NodeConnections,
    setup: SubscriptionSetup | undefined,
    listener: NodeSubscriptionsListener,
  ) {
    this.#connections = connections;
    this.#setup = setup;
    this.#listener = listener;
  }

  /** Makes what is subscribed be this, by the node's name; a connection without names is closed. */
  place(placements: ReadonlyMap<string, Placement>): void {
    for (const [node, place] of this.#places) if (!placements.has(node)) this.#drop(place);
    for (const [node, { address, names }] of placements) {
      let place = this.#places.get(node);
      if (place === undefined) {
        place = { node, address, names, connection: undefined, release: () => {}, timer: undefined };
        this.#places.set(node, place);
        this.#connect(place);
      } else {
        place.names = names;
        place.connection?.want(names);
      }
    }
  }

  look(now: number, silenceMs: number): void {
    for (const { connection } of [...this.#places.values()]) connection?.look(now, silenceMs);
  }

  forgiveSilence(now: number): void {
    for (const { connection } of this.#places.values()) connection?.forgiveSilence(now);
  }

  close(): void {
    this.place(new Map());
  }

  #drop(place: Place): void {
    this.#places.delete(place.node);
    clearTimeout(place.timer);
    place.connection?.close();
    place.release();
  }

  #connect(place: Place): void {
    const { node, address } = place;
    try {
      place.release = this.#connections.reserve(node, (cause) => this.#ended(place, cause));
    } catch (error) {
      this.#ended(place, error as Error);
      return;
    }
    const open = (signal: AbortSignal) => this.#connections.open(address, signal);
    place.connection = new NodeSubscription(open, this.#setup, {
      message: (message) => this.#listener.message(node, message),
      joined: (name) => this.#listener.joined(node, name),
      settled: () => {
        this.#failures = 0;
        this.#listener.settled(node);
      },
      refused: (name, error) => {
        this.#retryLater(place);
        this.#listener.refused(node, name, error);
      },
      dismissed: (name) => {
        this.#listener.dismissed(node, name);
        place.connection?.want(place.names);
      },
      ended: (cause) => this.#ended(place, cause),
    });
    place.connection.want(place.names);
  }

  #ended(place: Place, cause: Error): void {
    place.connection?.close();
    place.connection = undefined;
    place.release();
    place.release = () => {};
    this.#retryLater(place);
    this.#listener.ended(place.node, cause);
  }

  #retryLater(place: Place): void {
    if (place.timer !== undefined) return;
    const attempt = ++this.#failures;
    const waitMs = attempt < PATIENT_FROM ? backoffMs(attempt, Math.random()) : PATIENT_MS;
    place.timer = setTimeout(() => {
      place.timer = undefined;
      if (place.connection === undefined) this.#listener.retrying(place.node);
      if (this.#places.get(place.node) !== place) return;
      if (place.connection === undefined) this.#connect(place);
      else place.connection.want(place.names);
    }, waitMs);
  }
}
