import type { Packet } from "./packet.ts";
import type { ClientStats } from "./stats.ts";

/** Packets of one link that are not written yet, first come first served. */
export class WaitingPackets {
  readonly #stats: ClientStats;
  #packets: Packet[] = [];
  /** When the first of them, or the last sign of life, came; on the clock of `performance.now()`. */
  since: number = 0;

  constructor(stats: ClientStats) {
    this.#stats = stats;
  }

  get length(): number {
    return this.#packets.length;
  }

  get first(): Packet | undefined {
    return this.#packets[0];
  }

  push(packet: Packet): void {
    if (this.#packets.length === 0) this.since = performance.now();
    this.#packets.push(packet);
    this.#stats.queuedBytes += packet.byteLength;
  }

  shift(): Packet | undefined {
    const packet = this.#packets.shift();
    if (packet !== undefined) this.#stats.queuedBytes -= packet.byteLength;
    return packet;
  }

  /** Takes one out; false when it is not here. */
  remove(packet: Packet): boolean {
    const at = this.#packets.indexOf(packet);
    if (at === -1) return false;
    this.#packets.splice(at, 1);
    this.#stats.queuedBytes -= packet.byteLength;
    return true;
  }

  /** Takes all out. */
  clear(): Packet[] {
    const packets = this.#packets;
    this.#packets = [];
    for (const packet of packets) this.#stats.queuedBytes -= packet.byteLength;
    return packets;
  }
}
