import type { Socket } from "node:net";
import { type Reply, ReplyError } from "../bytes/reply.ts";
import { ProtocolError, ReplyDecoder, type ReplySink } from "../bytes/reply-decoder.ts";
import type { Connection } from "./connection.ts";
import { encodeNonce, NonceSequence } from "./nonce.ts";
import type { Packet } from "./packet.ts";
import { PortionWriter, writeWhole } from "./portion-writer.ts";
import type { NodeAddress } from "./redirect.ts";
import type { ClientStats } from "./stats.ts";
import { traceWrite, type WriteTrace } from "./write-trace.ts";

export interface ChannelSettings {
  /** `host:port`, for errors. */
  readonly name: string;
  readonly address: NodeAddress;
  /** Turned off for the whole client when a server refuses ECHO. */
  readonly integrity: { readonly enabled: boolean; refused(reason: string): void };
  readonly stats: ClientStats;
  /** Bytes written in one turn of the event loop at most; undefined: each packet is written whole. */
  readonly portionBytes: number | undefined;
}

export interface ChannelOwner {
  /** The takeover is proved; packets may be written. */
  channelReady(channel: Channel): void;
  /** A packet was settled. */
  channelSettled(channel: Channel): void;
  /** The node was heard of. */
  channelHeard(channel: Channel): void;
  /** The connection ended by itself (`lost`) or its replies are out of step (`desync`): the owner ends the channel. */
  channelLost(channel: Channel, cause: Error, kind: "lost" | "desync"): void;
}

interface InFlight {
  readonly packet: Packet;
  /** `undefined` when integrity is off. */
  readonly nonce: string | undefined;
  readonly replies: Reply[];
  readonly cost: number;
  readonly bytesReadBefore: number;
  readonly trace: WriteTrace | undefined;
  /** When the socket said that the bytes had left; 0 before. */
  flushedAt: number;
}

/** One open connection and the packets in flight on it: writes them, matches replies in order, checks nonces, ends once. */
export class Channel implements ReplySink {
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #settings: ChannelSettings;
  readonly #owner: ChannelOwner;
  readonly #decoder: ReplyDecoder;
  readonly #nonces = new NonceSequence();
  readonly #portions: PortionWriter | undefined;
  /** `#flight[#head]` gets the next reply. */
  #flight: InFlight[] = [];
  #head = 0;
  #inFlightBytes = 0;
  #lastReadAt = 0;
  #lastQueueSize = 0;
  #bytesSettled = 0;
  #ended = false;

  constructor(connection: Connection, settings: ChannelSettings, owner: ChannelOwner) {
    this.#connection = connection;
    this.#socket = connection.socket;
    this.#settings = settings;
    this.#owner = owner;
    this.#decoder = new ReplyDecoder(this);
    const { portionBytes } = settings;
    // What leaves the socket is a sign of life, like the queue that shrinks in `silentFor`.
    const progress = () => this.forgiveSilence(performance.now());
    if (portionBytes !== undefined) this.#portions = new PortionWriter(this.#socket, portionBytes, progress);
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Packets written and not answered. */
  get inFlight(): number {
    return this.#flight.length - this.#head;
  }

  /**
   * Takes the socket over. That rests on what ioredis promises of streams, not on what it promises of itself: so the first thing to go
   * through it is one ECHO, and nothing else before its answer.
   */
  start(): void {
    const socket = this.#socket;
    let bytesRead = socket.bytesRead;
    const heard = () => {
      this.#settings.stats.bytesRead += socket.bytesRead - bytesRead;
      bytesRead = socket.bytesRead;
      this.#lastReadAt = performance.now();
      this.#owner.channelHeard(this);
    };
    this.#connection.takeOver(this.#decoder, (error) => this.#outOfStep(error), heard);
    socket.on("error", (error) => this.#lost(error));
    socket.on("end", () => this.#lost(new Error("the server closed the connection")));
    socket.on("close", () => this.#lost(new Error("the connection was closed")));
    if (socket.destroyed) return this.#lost(new Error("the connection was closed"));
    const nonce = this.#nonces.next();
    const chunk = encodeNonce(nonce);
    const proof: Packet = {
      chunks: [chunk],
      byteLength: chunk.length,
      expectedBytes: 0,
      replyCount: 1,
      commandCount: 0,
      itemCount: 0,
      operation: "ECHO",
      sent() {},
      settle: ([answer]) => {
        if (!this.#inStep(answer!, nonce)) throw new ProtocolError("the first ECHO was not answered");
        this.#owner.channelReady(this);
      },
      fail() {},
    };
    this.#post(proof, undefined);
  }

  write(packet: Packet): void {
    const { stats, integrity } = this.#settings;
    const trace = traceWrite(this.#settings, packet);
    this.#post(packet, integrity.enabled ? this.#nonces.next() : undefined, trace);
    stats.commands += packet.commandCount;
    stats.socketWrites++;
    stats.bytesWritten += packet.byteLength;
    packet.sent();
  }

  /** Milliseconds without a sign of life while an answer is due; 0 while none is. */
  silentFor(now: number): number {
    const first = this.#flight[this.#head];
    if (first === undefined) return 0;
    if (first.flushedAt === 0) {
      // A write that is still leaving the socket counts as life as long as its queue shrinks.
      const { _handle: handle } = this.#socket as unknown as { _handle?: { writeQueueSize?: number } };
      const queueSize = handle?.writeQueueSize ?? 0;
      if (queueSize !== this.#lastQueueSize) this.#lastReadAt = now;
      this.#lastQueueSize = queueSize;
    }
    return now - Math.max(this.#lastReadAt, first.flushedAt);
  }

  /** After a stall of the event loop silence proves nothing: what the node said is still unread. */
  forgiveSilence(now: number): void {
    this.#lastReadAt = now;
  }

  /**
   * The caller of `packet` has its buffers back: what is still to come goes nowhere near them; other packets' places stay theirs. Whether some of
   * its own bytes have still to leave, which only the end of the connection prevents.
   */
  release(packet: Packet): boolean {
    if (this.#flight[this.#head]?.packet === packet) this.#decoder.releasePlace();
    if (packet.borrows !== true) return false;
    if (this.#socket.writableLength === 0 && this.#portions?.idle !== false) return false;
    return this.#flight.some((entry) => entry?.packet === packet && entry.flushedAt === 0);
  }

  reply(value: Reply): void {
    const entry = this.#flight[this.#head];
    if (entry === undefined) throw new ProtocolError("a reply that nobody asked for");
    const { replies, packet } = entry;
    if (replies.length < packet.replyCount) {
      replies.push(value);
      if (replies.length < packet.replyCount || entry.nonce !== undefined) return;
    } else if (!this.#inStep(value, entry.nonce!)) {
      throw new ProtocolError(`expected the nonce ${entry.nonce}`);
    }
    this.#shift(entry);
    const { bytesRead } = this.#socket;
    const received = bytesRead - Math.max(entry.bytesReadBefore, this.#bytesSettled);
    this.#bytesSettled = bytesRead;
    entry.trace?.answered(received);
    packet.settle(replies, received);
    this.#owner.channelSettled(this);
  }

  place(element: number, length: number): Buffer | undefined {
    const entry = this.#flight[this.#head];
    return entry?.packet.place?.(entry.replies.length, element, length);
  }

  /** Closes the socket and settles what is in flight, once the owner has let go. `lost` keeps replies that had come. */
  end(cause: Error, kind: "lost" | "desync"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#connection.destroy();
    this.#portions?.end();
    const flight = this.#flight.slice(this.#head);
    this.#flight = [];
    this.#head = 0;
    this.#settings.stats.inFlightBytes -= this.#inFlightBytes;
    this.#inFlightBytes = 0;
    for (const entry of flight) {
      const inStep = kind === "lost" && !holdsNonce(entry);
      const answered = inStep ? entry.replies : [];
      entry.trace?.failed(cause);
      entry.packet.fail({ kind: inStep ? "lost" : "desync", cause, node: this.#settings.name, answered });
    }
  }

  #post(packet: Packet, nonce: string | undefined, trace?: WriteTrace): void {
    const socket = this.#socket;
    const cost = packet.byteLength + packet.expectedBytes;
    const bytesReadBefore = socket.bytesRead;
    const entry: InFlight = { packet, nonce, replies: [], cost, bytesReadBefore, trace, flushedAt: 0 };
    if (this.inFlight === 0) this.#lastReadAt = performance.now();
    this.#flight.push(entry);
    this.#inFlightBytes += cost;
    this.#settings.stats.inFlightBytes += cost;
    const flushed = () => {
      entry.flushedAt = performance.now();
    };
    const chunks = nonce === undefined ? packet.chunks : [...packet.chunks, encodeNonce(nonce)];
    if (this.#portions === undefined) writeWhole(socket, chunks, flushed);
    else this.#portions.write(chunks, flushed);
  }

  #inStep(value: Reply, nonce: string): boolean {
    if (value instanceof Buffer) return value.length === nonce.length && value.toString("latin1") === nonce;
    if (value instanceof ReplyError && value.code === "NOPERM" && /echo/i.test(value.message)) {
      this.#settings.integrity.refused(value.message);
      return true;
    }
    return false;
  }

  #shift(entry: InFlight): void {
    this.#inFlightBytes -= entry.cost;
    this.#settings.stats.inFlightBytes -= entry.cost;
    this.#flight[this.#head] = undefined as never;
    this.#head++;
    if (this.#head === this.#flight.length) {
      this.#flight.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#flight = this.#flight.slice(this.#head);
      this.#head = 0;
    }
  }

  #outOfStep(error: Error): void {
    if (this.#ended) return;
    this.#settings.stats.desyncs++;
    const message = `the replies of ${this.#settings.name} are out of step: ${error.message}`;
    const cause = Object.assign(new Error(message, { cause: error }), { code: "DESYNC" });
    this.#owner.channelLost(this, cause, "desync");
  }

  #lost(cause: Error): void {
    if (!this.#ended) this.#owner.channelLost(this, cause, "lost");
  }
}

/** The nonce stands among the replies of its own packet: one of those before it was lost, and silence or a cut followed. */
function holdsNonce({ nonce, replies }: InFlight): boolean {
  return replies.some((reply) => reply instanceof Buffer && reply.toString("latin1") === nonce);
}
