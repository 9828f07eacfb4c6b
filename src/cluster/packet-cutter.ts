import type { PackedBatch } from "../wasm/kernel.ts";
import { BatchPacket, type BatchPacketOwner } from "./batch-packet.ts";
import type { NodeLink } from "./node-link.ts";

export interface PacketLimits {
  /** Items in one packet. */
  readonly chunkSize: number;
  readonly maxInFlightBytes: number;
}

/** Part of a packed batch, all for one node. */
export interface NodeGroup {
  readonly packed: PackedBatch;
  /** Positions `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly link: NodeLink;
  readonly asking: boolean;
}

/** One packet per `chunkSize` items, or fewer items where their bytes and replies would take more than a quarter of the window. */
export function cutPackets(owner: BatchPacketOwner, group: NodeGroup, limits: PacketLimits): BatchPacket[] {
  const { packed, link, asking } = group;
  const { ends, gathers } = packed;
  const byteLimit = Math.max(1, Math.floor(limits.maxInFlightBytes / 4));
  const perReply = owner.source.expectedReplyBytes;
  const packets: BatchPacket[] = [];
  let gather = 0;
  let from = group.from;
  while (from < group.to) {
    let to = from;
    let bytes = 0;
    while (to < group.to && to - from < limits.chunkSize) {
      let itemBytes = ends[to]! - (to === 0 ? 0 : ends[to - 1]!) + perReply;
      while (gather < gathers.length && gathers[gather]!.position < to) gather++;
      for (let g = gather; g < gathers.length && gathers[g]!.position === to; g++) {
        itemBytes += gathers[g]!.value.length;
      }
      if (to > from && bytes + itemBytes > byteLimit) break;
      bytes += itemBytes;
      to++;
    }
    packets.push(new BatchPacket(owner, packed, from, to, link, asking));
    from = to;
  }
  return packets;
}
