import { Channel, type ChannelOwner, type ChannelSettings } from "./channel.ts";
import type { Connection } from "./connection.ts";
import type { Packet } from "./packet.ts";
import { backoffMs } from "./retry-policy.ts";
import { WaitingPackets } from "./waiting-packets.ts";

/** A storm of redirections to the sender's own name ends well within this. */
const RENEW_GAP_MS = 10_000;

export interface LinkSettings extends Omit<ChannelSettings, "name"> {
  readonly maxInFlightBytes: number;
  readonly deadNodeTimeoutMs: number;
}

/** What a link tells of its node. */
export interface LinkObserver {
  linkUp(link: NodeLink, again: boolean): void;
  /** The connection ended or could not be made; `suspected` when the node was silent with work in flight. */
  linkDown(link: NodeLink, cause: Error, suspected: boolean): void;
}

/**
 * The way to one node through all its connections: connects when there is something to send, holds back what exceeds the window, suspects a
 * silent node, and settles every packet exactly once. ioredis opens the connections; from then on the sockets are ours (channel.ts).
 */
export class NodeLink implements ChannelOwner {
  readonly name: string;
  readonly #open: (signal: AbortSignal) => Promise<Connection>;
  readonly #settings: LinkSettings;
  readonly #observer: LinkObserver;
  readonly #waiting: WaitingPackets;
  #state: "idle" | "connecting" | "ready" | "closed" = "idle";
  /** There while the state is `ready`, and before that while the takeover is being proved. */
  #channel: Channel | undefined;
  #opening: AbortController | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #failures = 0;
  #connectedBefore = false;
  #renewing = false;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #drainWaiters: (() => void)[] = [];
  /** Silent with work in flight, and not heard of since. */
  suspected: boolean = false;

  constructor(
    name: string,
    open: (signal: AbortSignal) => Promise<Connection>,
    settings: LinkSettings,
    observer: LinkObserver,
  ) {
    this.name = name;
    this.#open = open;
    this.#settings = settings;
    this.#observer = observer;
    this.#waiting = new WaitingPackets(settings.stats);
  }

  get connected(): boolean {
    return this.#state === "ready";
  }

  /** Losses and failed attempts since it was connected last. */
  get failures(): number {
    return this.#failures;
  }

  get busy(): boolean {
    return this.#waiting.length > 0 || (this.#state === "ready" && this.#channel!.inFlight > 0);
  }

  /** Writes the packet now, or as soon as the connection and the window allow. */
  send(packet: Packet): void {
    if (this.#state === "closed") return this.#giveBack([packet], new Error("the client is closed"));
    if (this.#waiting.length === 0 && this.#mayWrite(packet)) return this.#channel!.write(packet);
    this.#waiting.push(packet);
    if (this.#state === "idle") this.connect();
  }

  /** Starts connecting unless connected; failures show in `linkDown`. */
  connect(): void {
    if (this.#state !== "idle" || this.#connectTimer !== undefined) return;
    if (this.#failures === 0) return this.#connectNow();
    this.#connectTimer = setTimeout(
      () => {
        this.#connectTimer = undefined;
        this.#connectNow();
      },
      backoffMs(this.#failures + 1, Math.random()),
    );
  }

  /** Takes back a packet that has not been written; false when it is too late. */
  withdraw(packet: Packet): boolean {
    const removed = this.#waiting.remove(packet);
    this.#notifyDrained();
    return removed;
  }

  /** Gives back what waits for a connection, so that it is planned again: the topology may know better by now. */
  replanWaiting(cause: Error): void {
    if (this.#state !== "ready") this.#failWaiting(cause);
  }

  /** The caller of `packet` has its buffers back: nothing more goes into them or out of them, if need be at the price of the connection. */
  release(packet: Packet): void {
    if (this.#channel?.release(packet) !== true) return;
    // What has left of the command is half of it, which the server forgets with the connection.
    this.#dropChannel(new Error("a call ended while its values were being sent"));
    if (this.#waiting.length > 0) this.connect();
  }

  /** Called every now and then: suspects the node when it has been silent for too long with work in flight. */
  watch(now: number): void {
    const limit = this.#settings.deadNodeTimeoutMs;
    const waited = this.#state !== "ready" && this.#waiting.length > 0 ? now - this.#waiting.since : 0;
    const silent = this.#channel?.silentFor(now) ?? 0;
    if (silent > limit) this.#suspect(`silent for ${Math.round(silent)} ms with work in flight`);
    else if (waited > limit) this.#suspect(`not connected for ${Math.round(waited)} ms`);
  }

  /** After a stall of the event loop silence proves nothing. */
  forgiveSilence(now: number): void {
    this.#channel?.forgiveSilence(now);
    this.#waiting.since = now;
  }

  /** Resolves when nothing waits or is in flight any more. */
  async drain(): Promise<void> {
    if (!this.busy) return;
    await new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
  }

  /** The node has left: what waits is handed back at once to find its new owner, and what is in flight finishes. */
  async retire(cause: Error): Promise<void> {
    this.#failWaiting(cause);
    await this.drain();
    this.close(cause);
  }

  /**
   * A reply sends its command to the node's own name: by now that may stand for another machine. Connects anew once what is in
   * flight is answered, and once in a storm. To be called while a reply is being settled.
   */
  renew(): void {
    const now = performance.now();
    if (this.#state !== "ready" || now - this.#renewedAt < RENEW_GAP_MS) return;
    this.#renewedAt = now;
    this.#renewing = true;
  }

  close(cause: Error): void {
    if (this.#state === "closed") return;
    clearTimeout(this.#connectTimer);
    this.#opening?.abort();
    this.#dropChannel(cause);
    this.#state = "closed";
    this.#failWaiting(cause);
  }

  channelReady(): void {
    this.#state = "ready";
    this.#failures = 0;
    this.suspected = false;
    const { stats } = this.#settings;
    stats.connections++;
    stats.openConnections++;
    if (this.#connectedBefore) stats.reconnects++;
    this.#observer.linkUp(this, this.#connectedBefore);
    this.#connectedBefore = true;
  }

  channelSettled(channel: Channel): void {
    if (this.#renewing && channel.inFlight === 0) {
      this.#dropChannel(new Error(`${this.name} sends commands to itself`));
      if (this.#waiting.length > 0) this.connect();
    } else if (this.#waiting.length > 0) this.#pump();
    this.#notifyDrained();
  }

  channelHeard(): void {
    this.suspected = false;
  }

  channelLost(_channel: Channel, cause: Error, kind: "lost" | "desync"): void {
    this.#lose(cause, false, kind);
  }

  #mayWrite(packet: Packet): boolean {
    if (this.#state !== "ready" || this.#renewing) return false;
    const { inFlight, inFlightBytes } = this.#channel!;
    if (inFlight > 0 && this.#settings.portionBytes !== undefined && packet.guessed === true) return false;
    const cost = packet.byteLength + packet.expectedBytes;
    return inFlightBytes === 0 || inFlightBytes + cost <= this.#settings.maxInFlightBytes;
  }

  #pump(): void {
    while (this.#waiting.first !== undefined && this.#mayWrite(this.#waiting.first)) {
      this.#channel!.write(this.#waiting.shift()!);
    }
  }

  #connectNow(): void {
    this.#state = "connecting";
    if (this.#waiting.length > 0) this.#waiting.since = performance.now();
    this.#opening = new AbortController();
    this.#open(this.#opening.signal).then(
      (connection) => {
        if (this.#state === "closed") return connection.destroy();
        this.#channel = new Channel(connection, { name: this.name, ...this.#settings }, this);
        this.#channel.start();
      },
      (error: Error) => {
        if (this.#state !== "closed") this.#lose(error, false);
      },
    );
  }

  #suspect(why: string): void {
    this.suspected = true;
    this.#settings.stats.suspicions++;
    const cause = Object.assign(new Error(`${this.name} is ${why}`), { code: "NODE_SILENT" });
    if (this.#channel !== undefined) return this.#lose(cause, true);
    this.#waiting.since = performance.now();
    this.#failWaiting(cause);
    this.#observer.linkDown(this, cause, true);
  }

  #lose(cause: Error, suspected: boolean, kind: "lost" | "desync" = "lost"): void {
    this.#failures++;
    this.#dropChannel(cause, kind);
    this.#failWaiting(cause);
    this.#observer.linkDown(this, cause, suspected);
  }

  #dropChannel(cause: Error, kind: "lost" | "desync" = "lost"): void {
    const channel = this.#channel;
    if (this.#state === "ready") this.#settings.stats.openConnections--;
    this.#channel = undefined;
    this.#state = "idle";
    this.#renewing = false;
    channel?.end(cause, kind);
    this.#notifyDrained();
  }

  #failWaiting(cause: Error): void {
    this.#giveBack(this.#waiting.clear(), cause);
    this.#notifyDrained();
  }

  #giveBack(packets: readonly Packet[], cause: Error): void {
    for (const packet of packets) packet.fail({ kind: "unsent", cause, node: this.name, answered: [] });
  }

  #notifyDrained(): void {
    if (this.#drainWaiters.length === 0 || this.busy) return;
    for (const resolve of this.#drainWaiters.splice(0)) resolve();
  }
}
