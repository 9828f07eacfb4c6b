import type { Reply, ReplyError } from "../bytes/reply.ts";
import { type ErrorPlace, NotAppliedError, SlotpackError } from "../errors.ts";
import type { PackedBatch } from "../wasm/kernel.ts";
import type { BatchPacket, BatchPacketOwner } from "./batch-packet.ts";
import { type BatchSource, NEXT_STEP, type SlotRoute } from "./batch-source.ts";
import type { BatchTrace } from "./batch-trace.ts";
import { Detour } from "./detour.ts";
import type { Network } from "./network.ts";
import { type Interruption, interruptedError, lostError } from "./outcome-error.ts";
import type { PacketFailure } from "./packet.ts";
import { cutPackets, type PacketLimits } from "./packet-cutter.ts";
import type { NodeAddress } from "./redirect.ts";
import { Refusals } from "./refusals.ts";
import { RetryLedger } from "./retry-ledger.ts";
import { mayRepeat, type RetryMode } from "./retry-policy.ts";

export interface DispatchLimits extends PacketLimits {
  readonly maxQueuedBytes: number;
  readonly maxRedirections: number;
  readonly retry: RetryMode;
}

const ONE_NODE: SlotRoute = { nodeOfSlot: undefined, nodeCount: 1, version: 0 };
/** Items of one slice: bounds what is packed ahead of the wire. */
const SLICE_ITEMS = 32_768;

/**
 * One call on its way: packs items per node, sends packets, sorts replies to items, and sends again what was refused. Every item
 * is at any time in one place only: not yet packed, in a packet, or waiting for its next try. It ends when all items have.
 */
export class Dispatch implements BatchPacketOwner {
  readonly source: BatchSource;
  readonly trace: BatchTrace | undefined;
  readonly #network: Network;
  readonly #limits: DispatchLimits;
  readonly #done: () => void;
  readonly #packets = new Set<BatchPacket>();
  readonly #ledger = new RetryLedger();
  readonly #refusals: Refusals;
  readonly #sliceItems: number;
  #pending: number;
  #next = 0;
  #unwritten = 0;
  #begun = false;
  #ended = false;

  constructor(
    network: Network,
    limits: DispatchLimits,
    source: BatchSource,
    done: () => void,
    trace?: BatchTrace,
  ) {
    this.#network = network;
    this.#limits = limits;
    this.source = source;
    this.trace = trace;
    this.#done = done;
    this.#pending = source.itemCount;
    const { maxRedirections } = limits;
    this.#refusals = new Refusals(network, this.#ledger, {
      maxRedirections,
      tryAgainLimit: source.tryAgainLimit,
    });
    const slices = Math.ceil(source.byteLength / limits.maxInFlightBytes);
    this.#sliceItems = Math.min(SLICE_ITEMS, Math.ceil(source.itemCount / Math.max(1, slices)));
  }

  /** Starts; `done` is called once, not before this returns. Refuses the whole call when the queue is full. */
  start(): void {
    const { stats } = this.#network;
    if (stats.queuedBytes > 0 && stats.queuedBytes + this.source.byteLength > this.#limits.maxQueuedBytes) {
      const why = `${stats.queuedBytes} bytes are waiting already and maxQueuedBytes is ${this.#limits.maxQueuedBytes}`;
      for (let item = 0; item < this.source.itemCount; item++) {
        this.#fail(item, new NotAppliedError("QUEUE_OVERFLOW", why, { keyIndex: item }));
      }
      this.#next = this.source.itemCount;
    }
    if (this.#pending === 0) return queueMicrotask(() => this.#end());
    this.#continue();
    this.#begun = true;
  }

  /** Ends the call now: what is pending fails. Later replies are dropped. */
  interrupt(why: Interruption): void {
    if (this.#ended) return;
    const fail = (item: number, written: boolean, place: ErrorPlace) => {
      const error = interruptedError(why, written, this.source.effectOf(item), { keyIndex: item, ...place });
      this.#failLost(item, error);
    };
    for (const packet of this.#packets) {
      for (let position = packet.from; position < packet.to; position++) {
        const item = packet.packed.order[position]!;
        fail(item, packet.written, { node: packet.link.name, cause: this.#ledger.causeOf(item) });
      }
      packet.disown();
    }
    // Only now: this may end a connection, and with it other packets of this call.
    for (const packet of this.#packets) packet.release();
    this.#packets.clear();
    const waiting = this.#ledger.cancel();
    this.#network.stats.queuedBytes -= this.#bytesOf(waiting.length);
    for (const item of waiting) fail(item, false, { cause: this.#ledger.causeOf(item) });
    for (; this.#next < this.source.itemCount; this.#next++) fail(this.#next, false, {});
    this.#end();
  }

  packetSent(): void {
    this.#leaveQueue();
  }

  packetSettled(packet: BatchPacket, replies: Reply[]): void {
    this.#packets.delete(packet);
    const { source } = this;
    const { order } = packet.packed;
    let detour: Detour | undefined;
    let at = 0;
    for (let position = packet.from; position < packet.to; position++) {
      const item = order[position]!;
      // Counted first: a transaction without its faulty commands asks for fewer replies the next time.
      const end = at + source.repliesOf(item, packet.asking);
      const error = this.#accept(item, replies, at, packet.asking);
      at = end;
      if (error !== undefined) {
        detour ??= new Detour();
        this.#refused(item, error, packet, this.#placeOf(packet, position), detour);
      }
    }
    if (detour !== undefined) this.#take(detour);
    if (this.#pending === 0) this.#end();
  }

  packetFailed(packet: BatchPacket, failure: PacketFailure): void {
    this.#packets.delete(packet);
    if (!packet.written) this.#leaveQueue();
    const detour = new Detour();
    detour.refresh = true;
    const again: number[] = [];
    let at = 0;
    for (let position = packet.from; position < packet.to; position++) {
      const item = packet.packed.order[position]!;
      const effect = this.source.effectOf(item);
      const first = at;
      at += this.source.repliesOf(item, packet.asking);
      // A read's answer is thrown away and read again: it costs little, and its place was not yet proved by the nonce.
      if (effect !== "read" && at <= failure.answered.length) {
        const error = this.#accept(item, failure.answered, first, packet.asking);
        if (error !== undefined) this.#refused(item, error, packet, this.#placeOf(packet, position), detour);
      } else if (failure.kind === "unsent" || mayRepeat(effect, this.#limits.retry)) again.push(item);
      else this.#failLost(item, lostError(failure, effect, this.#placeOf(packet, position)));
    }
    this.#retryLater(again, failure.cause);
    this.#take(detour);
    if (this.#pending === 0) this.#end();
  }

  /** An item whose replies cannot be taken fails by itself; its neighbours and the connection know nothing of it. */
  #accept(item: number, replies: readonly Reply[], at: number, asking: boolean): ReplyError | undefined {
    try {
      const error = this.source.accept(item, replies, at, asking);
      if (error === undefined) this.#pending--;
      return error;
    } catch (cause) {
      const message = `the reply cannot be read: ${(cause as Error).message}`;
      this.#fail(item, new SlotpackError("UNREADABLE_REPLY", message, { keyIndex: item, cause }));
      return undefined;
    }
  }

  #leaveQueue(): void {
    this.#unwritten--;
    if (this.#unwritten === 0 && this.#next < this.source.itemCount) queueMicrotask(() => this.#continue());
  }

  /** Packs and sends the next slice; the one after it follows when this one is on the wire. */
  #continue(): void {
    const { itemCount } = this.source;
    const from = this.#next;
    if (this.#ended || this.#unwritten > 0 || from === itemCount) return;
    this.#next = Math.min(itemCount, from + this.#sliceItems);
    if (this.#next - from === itemCount) return this.#send(undefined);
    this.#send(Uint32Array.from({ length: this.#next - from }, (_, i) => from + i));
  }

  #send(items: Uint32Array | undefined): void {
    const { slots, links } = this.#network.route();
    const packed = this.#pack(items, slots, false);
    if (packed === undefined) return;
    const { groupStart } = packed;
    const packets: BatchPacket[] = [];
    for (let node = 0; node < slots.nodeCount; node++) {
      const from = groupStart[node]!;
      const to = groupStart[node + 1]!;
      if (from === to) continue;
      const link = this.#network.inLane(links[node]!);
      packets.push(...cutPackets(this, { packed, from, to, link, asking: false }, this.#limits));
    }
    this.#waitForOwners(packed, groupStart[slots.nodeCount]!);
    this.#post(packets);
  }

  /** Before anything was sent a packing error is the caller's; later it is the outcome of the items. */
  #pack(items: Uint32Array | undefined, route: SlotRoute, asking: boolean): PackedBatch | undefined {
    try {
      return this.source.pack(items, route, asking);
    } catch (cause) {
      if (items === undefined || !this.#begun) throw cause;
      const { code = "UNPACKABLE", message } = cause as { code?: string; message: string };
      for (const item of items)
        this.#fail(item, new NotAppliedError(code, message, { keyIndex: item, cause }));
      if (this.#pending === 0) this.#end();
      return undefined;
    }
  }

  #waitForOwners(packed: PackedBatch, from: number): void {
    if (from === packed.order.length) return;
    this.#network.refreshSoon();
    const cause = new Error(`no node serves slot ${packed.slots[from]}`);
    this.#retryLater(Array.from(packed.order.subarray(from)), Object.assign(cause, { code: "CLUSTERDOWN" }));
  }

  #post(packets: readonly BatchPacket[]): void {
    this.#unwritten += packets.length;
    for (const packet of packets) this.#packets.add(packet);
    for (const packet of packets) packet.link.send(packet);
  }

  /** Decides about one item by the server's error: it fails, or goes to one of the detour's lists. */
  #refused(item: number, error: ReplyError, packet: BatchPacket, place: ErrorPlace, detour: Detour): void {
    if (error === NEXT_STEP) {
      detour.now.push(item);
      return;
    }
    if (this.source.supersede(item)) {
      this.#pending--;
      return;
    }
    const outcome = this.#refusals.sort(item, error, packet.link, place, detour);
    if (outcome !== undefined) this.#fail(item, outcome);
  }

  #take(detour: Detour): void {
    if (detour.refresh) this.#network.refreshSoon();
    this.#retryLater(detour.wait, undefined);
    for (const { address, items } of detour.asked) this.#ask(address, items);
    if (detour.now.length > 0) this.#send(Uint32Array.from(detour.now));
  }

  #ask(address: NodeAddress, items: readonly number[]): void {
    const link = this.#network.linkTo(address);
    if (link === undefined)
      return this.#retryLater(items, new Error(`no connection to ${address.host}:${address.port}`));
    const packed = this.#pack(Uint32Array.from(items), ONE_NODE, true);
    if (packed === undefined) return;
    this.#post(cutPackets(this, { packed, from: 0, to: items.length, link, asking: true }, this.#limits));
  }

  #retryLater(items: readonly number[], cause: Error | undefined): void {
    const again = items.filter((item) => !this.source.supersede(item));
    this.#pending -= items.length - again.length;
    if (again.length === 0) return;
    const { stats } = this.#network;
    const bytes = this.#bytesOf(again.length);
    stats.retries += again.length;
    stats.queuedBytes += bytes;
    this.#ledger.putOff(again, cause, () => {
      stats.queuedBytes -= bytes;
      this.#send(Uint32Array.from(again));
    });
  }

  /** Bytes of values that so many items keep waiting; an average, since only the sum of all is known. */
  #bytesOf(items: number): number {
    return Math.round(this.source.byteLength / this.source.itemCount) * items;
  }

  #placeOf(packet: BatchPacket, position: number): ErrorPlace {
    const slot = this.#network.cluster ? packet.packed.slots[position] : undefined;
    return { keyIndex: packet.packed.order[position]!, node: packet.link.name, slot };
  }

  #failLost(item: number, error: SlotpackError): void {
    if (error.name === "OutcomeUnknownError") this.#network.stats.unknown++;
    this.#fail(item, error);
  }

  #fail(item: number, error: SlotpackError): void {
    this.#pending--;
    this.source.fail(item, error);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.trace?.addTroubles(this.#ledger.troubles);
    this.#done();
  }
}
