import { SLOT_COUNT } from "../../slots/index.ts";
import type { ClusterPeer } from "./cluster-peer.ts";

export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly owner: ClusterPeer;
}

const NO_RANGES: readonly SlotRange[] = [];

/** FORGET keeps a node from coming back by hearsay for so long. */
const BLACKLIST_MS = 60_000;

/** What one node believes of the cluster: the table that the real server keeps in nodes.conf, and the state that follows from it. */
export class ClusterView {
  readonly self: ClusterPeer;
  readonly peers: Map<string, ClusterPeer> = new Map();
  readonly #owners: (ClusterPeer | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  /** Slots whose owner does not claim them any more, though nobody else does either. */
  readonly unclaimed: Set<number> = new Set();
  readonly migrating: Map<number, ClusterPeer> = new Map();
  readonly importing: Map<number, ClusterPeer> = new Map();
  readonly #blacklist = new Map<string, number>();
  currentEpoch = 0;
  lastVoteEpoch = 0;
  /** False: CLUSTERDOWN. */
  ok = false;
  /** Primaries with slots, see health.ts. */
  size = 1;
  /** When this node last saw no majority; undefined: never since it has been part of one. */
  minorityAt: number | undefined;
  /** A slot has lost its owner (it may get another one at once). */
  onLost: ((slot: number, owner: ClusterPeer) => void) | undefined;
  #ranges: SlotRange[] | undefined;
  /** Kept with #ranges: there may be 16384 of them, and every node is compared with every other one ten times a second. */
  readonly #rangesByOwner = new Map<ClusterPeer, SlotRange[]>();

  constructor(self: ClusterPeer) {
    this.self = self;
    this.peers.set(self.id, self);
  }

  owner(slot: number): ClusterPeer | undefined {
    return this.#owners[slot];
  }

  assign(slot: number, owner: ClusterPeer | undefined): void {
    const before = this.#owners[slot];
    if (this.unclaimed.size > 0) this.unclaimed.delete(slot);
    if (before === owner) return;
    if (before !== undefined) {
      this.onLost?.(slot, before);
      before.slotCount -= 1;
    }
    if (owner !== undefined) {
      // As clusterAddSlot: who gets its first slot while others have replicas is one to have some too.
      if (owner.slotCount === 0 && this.#somePrimaryHasReplicas()) owner.hadReplicas = true;
      owner.slotCount += 1;
    }
    this.#owners[slot] = owner;
    this.#ranges = undefined;
  }

  /** Takes over who owns what; only while no slot has an owner. */
  adopt(ranges: readonly SlotRange[]): void {
    for (const { first, last, owner } of ranges) {
      this.#owners.fill(owner, first, last + 1);
      owner.slotCount += last + 1 - first;
    }
    this.#ranges = undefined;
  }

  /** Takes all its slots from a node. */
  unassignAll(owner: ClusterPeer): void {
    if (owner.slotCount === 0) return;
    for (let slot = 0; slot < SLOT_COUNT; slot += 1) {
      if (this.#owners[slot] === owner) this.assign(slot, undefined);
    }
  }

  /** Every run of slots with the same owner, ascending. */
  get ranges(): readonly SlotRange[] {
    if (this.#ranges !== undefined) return this.#ranges;
    const ranges: SlotRange[] = [];
    const byOwner = this.#rangesByOwner;
    byOwner.clear();
    for (let first = 0; first < SLOT_COUNT; ) {
      const owner = this.#owners[first];
      let last = first;
      while (last + 1 < SLOT_COUNT && this.#owners[last + 1] === owner) last += 1;
      if (owner !== undefined) {
        const range = { first, last, owner };
        ranges.push(range);
        const own = byOwner.get(owner);
        if (own === undefined) byOwner.set(owner, [range]);
        else own.push(range);
      }
      first = last + 1;
    }
    this.#ranges = ranges;
    return ranges;
  }

  rangesOf(owner: ClusterPeer): readonly SlotRange[] {
    return this.ranges.length === 0 ? NO_RANGES : (this.#rangesByOwner.get(owner) ?? NO_RANGES);
  }

  add(peer: ClusterPeer): void {
    this.peers.set(peer.id, peer);
  }

  rename(peer: ClusterPeer, id: string): void {
    this.peers.delete(peer.id);
    peer.id = id;
    this.peers.set(id, peer);
  }

  remove(peer: ClusterPeer): void {
    this.unassignAll(peer);
    for (const open of [this.migrating, this.importing]) {
      for (const [slot, other] of open) if (other === peer) open.delete(slot);
    }
    for (const replica of [...peer.replicas]) replica.detach();
    peer.detach();
    this.peers.delete(peer.id);
  }

  blacklist(id: string, now: number): void {
    this.#blacklist.set(id, now + BLACKLIST_MS);
  }

  isBlacklisted(id: string, now: number): boolean {
    for (const [other, until] of this.#blacklist) if (until < now) this.#blacklist.delete(other);
    return this.#blacklist.has(id);
  }

  closeSlots(): void {
    this.migrating.clear();
    this.importing.clear();
  }

  /** Raises this node's config epoch above all others' without asking; false where it is the highest already. */
  bumpEpoch(): boolean {
    let highest = this.currentEpoch;
    for (const peer of this.peers.values()) highest = Math.max(highest, peer.configEpoch);
    const { self } = this;
    if (self.configEpoch !== 0 && self.configEpoch === highest) return false;
    this.currentEpoch += 1;
    self.configEpoch = this.currentEpoch;
    return true;
  }

  /** How many primaries with slots are a majority. */
  get quorum(): number {
    return Math.floor(this.size / 2) + 1;
  }

  #somePrimaryHasReplicas(): boolean {
    for (const peer of this.peers.values()) if (!peer.replica && peer.replicas.length > 0) return true;
    return false;
  }
}
