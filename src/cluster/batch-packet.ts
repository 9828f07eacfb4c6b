import type { Reply } from "../bytes/reply.ts";
import type { PackedBatch } from "../wasm/kernel.ts";
import type { BatchSource } from "./batch-source.ts";
import type { BatchTrace } from "./batch-trace.ts";
import type { NodeLink } from "./node-link.ts";
import type { Packet, PacketFailure } from "./packet.ts";

/** Who hears of a batch packet. */
export interface BatchPacketOwner {
  readonly source: BatchSource;
  readonly trace: BatchTrace | undefined;
  packetSent(packet: BatchPacket): void;
  packetSettled(packet: BatchPacket, replies: Reply[]): void;
  packetFailed(packet: BatchPacket, failure: PacketFailure): void;
}

/** Part of a packed batch on its way to one node: the items at the positions `[from, to)`. */
export class BatchPacket implements Packet {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
  readonly replyCount: number;
  readonly commandCount: number;
  readonly packed: PackedBatch;
  readonly from: number;
  readonly to: number;
  readonly link: NodeLink;
  readonly asking: boolean;
  written: boolean = false;
  /** Undefined once nobody waits for the replies any more. */
  #owner: BatchPacketOwner | undefined;

  constructor(
    owner: BatchPacketOwner,
    packed: PackedBatch,
    from: number,
    to: number,
    link: NodeLink,
    asking: boolean,
  ) {
    const { source } = owner;
    this.#owner = owner;
    this.packed = packed;
    this.from = from;
    this.to = to;
    this.link = link;
    this.asking = asking;
    let replies = 0;
    let commands = 0;
    for (let position = from; position < to; position++) {
      const item = packed.order[position]!;
      replies += source.repliesOf(item, asking);
      commands += source.commandsOf(item);
    }
    this.replyCount = replies;
    this.commandCount = commands;
    this.chunks = sliceChunks(packed, from, to);
    let byteLength = 0;
    for (const chunk of this.chunks) byteLength += chunk.length;
    this.byteLength = byteLength;
  }

  /** As far as is known by now: replies to other packets may have told more since this one was cut. */
  get expectedBytes(): number {
    return (this.#owner?.source.expectedReplyBytes ?? 0) * (this.to - this.from);
  }

  get guessed(): boolean {
    return this.#owner?.source.replyBytesGuessed === true;
  }

  get itemCount(): number {
    return this.to - this.from;
  }

  get trace(): BatchTrace | undefined {
    return this.#owner?.trace;
  }

  sent(): void {
    this.written = true;
    this.#owner?.packetSent(this);
  }

  settle(replies: Reply[], receivedBytes: number): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    this.#owner = undefined;
    owner.source.observeReplyBytes(receivedBytes, this.to - this.from);
    owner.packetSettled(this, replies);
  }

  fail(failure: PacketFailure): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.packetFailed(this, failure);
  }

  /** Packed bytes are one chunk; where there are more, a gathered value stands between them. */
  get borrows(): boolean {
    return this.chunks.length > 1;
  }

  /** Nobody waits any more: the replies are dropped. `release` is to follow in the same turn. */
  disown(): void {
    this.#owner = undefined;
  }

  /** The caller has its buffers back: an unwritten packet is taken back, and one on its way goes on without them. */
  release(): void {
    if (this.written) this.link.release(this);
    else this.link.withdraw(this);
  }

  place(reply: number, element: number, length: number): Buffer | undefined {
    const source = this.#owner?.source;
    if (source?.place === undefined) return undefined;
    let before = 0;
    for (let position = this.from; position < this.to; position++) {
      const item = this.packed.order[position]!;
      const count = source.repliesOf(item, this.asking);
      if (reply < before + count) return source.place(item, reply - before, element, length);
      before += count;
    }
    return undefined;
  }
}

/** The packed bytes of `[from, to)` with the gathered values between them, in the order of the wire. */
function sliceChunks(packed: PackedBatch, from: number, to: number): Uint8Array[] {
  const { bytes, ends, gathers } = packed;
  let start = from === 0 ? 0 : ends[from - 1]!;
  const end = ends[to - 1]!;
  if (gathers.length === 0) return [bytes.subarray(start, end)];
  const chunks: Uint8Array[] = [];
  for (let i = firstGather(gathers, from); i < gathers.length && gathers[i]!.position < to; i++) {
    const { offset, value } = gathers[i]!;
    if (offset > start) chunks.push(bytes.subarray(start, offset));
    chunks.push(value);
    start = offset;
  }
  if (end > start) chunks.push(bytes.subarray(start, end));
  return chunks;
}

function firstGather(gathers: PackedBatch["gathers"], position: number): number {
  let low = 0;
  let high = gathers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gathers[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
