import type { ClusterMember } from "./cluster-member.ts";
import { win } from "./election.ts";

/** CLUSTER FAILOVER gives up after so long; the primary holds writes back twice as long. */
const MANUAL_TIMEOUT_MS = 5000;
const PAUSE_TIMEOUTS = 2;
/** An election waits until all have heard of the failure, and then a little at random. */
const DELAY_MS = 500;
const RANDOM_DELAY_MS = 500;
const RANK_DELAY_MS = 1000;
const VOTES_MIN_MS = 2000;

/** How a replica takes its primary's place: by itself when the primary has failed, or by command. Source: clusterHandleSlaveFailover. */
export class Failover {
  readonly #member: ClusterMember;
  #electionAt = 0;
  #asked = false;
  #rank = 0;
  /** Until when CLUSTER FAILOVER is tried; 0: it is not. */
  #manualUntil = 0;
  /** What the primary had written when it stopped taking writes; undefined: nothing to wait for. */
  #manualOffset: number | undefined;

  constructor(member: ClusterMember) {
    this.#member = member;
    member.replication.onApplied = () => this.#caughtUp();
  }

  /** The primary stops writes, the replica catches up and is elected. */
  byAgreement(primary: ClusterMember): void {
    this.#startManual();
    const { now } = this.#member;
    this.#manualOffset = primary.replication.offset;
    this.#member.countMessage("mfstart", primary);
    primary.node.pause.start("failover", "write", now + MANUAL_TIMEOUT_MS * PAUSE_TIMEOUTS);
    this.#caughtUp();
  }

  /** FORCE: elected at once, whatever the primary says. */
  byForce(): void {
    this.#startManual();
    this.#elect(true);
  }

  /** TAKEOVER: nobody is asked. */
  byTakeover(): void {
    this.#member.view.bumpEpoch();
    this.#takeOver();
  }

  /** Ten times a second. */
  tick(): void {
    const member = this.#member;
    const { now, view } = member;
    if (this.#manualUntil !== 0 && this.#manualUntil < now) this.#endManual();
    const { primary, replica } = view.self;
    if (!replica || primary === undefined || primary.slotCount === 0) return;
    if (this.#manualUntil !== 0) return this.#caughtUp();
    const { config } = member.node;
    if (!primary.failed || config.flag("cluster-replica-no-failover") || this.#tooOld()) return;
    const timeout = Math.max(VOTES_MIN_MS, member.nodeTimeoutMs * 2);
    const age = now - this.#electionAt;
    if (age > timeout * 2) {
      this.#rank = this.#rankAmongReplicas();
      this.#electionAt =
        now + DELAY_MS + Math.floor(Math.random() * RANDOM_DELAY_MS) + this.#rank * RANK_DELAY_MS;
      this.#asked = false;
      return;
    }
    if (!this.#asked) {
      const rank = this.#rankAmongReplicas();
      if (rank > this.#rank) this.#electionAt += (rank - this.#rank) * RANK_DELAY_MS;
      this.#rank = Math.max(rank, this.#rank);
    }
    if (now < this.#electionAt || age > timeout || this.#asked) return;
    this.#elect(false);
  }

  #startManual(): void {
    this.#manualUntil = this.#member.now + MANUAL_TIMEOUT_MS;
    this.#manualOffset = undefined;
  }

  #endManual(): void {
    this.#manualUntil = 0;
    const { primary } = this.#member.view.self;
    const other = primary === undefined ? undefined : this.#member.reach(primary);
    other?.node.pause.end("failover");
  }

  #caughtUp(): void {
    if (this.#manualUntil === 0 || this.#manualOffset === undefined) return;
    if (this.#member.replication.offset < this.#manualOffset) return;
    this.#manualOffset = undefined;
    this.#elect(true);
  }

  #elect(forced: boolean): void {
    this.#asked = true;
    if (win(this.#member, forced)) this.#takeOver();
  }

  #takeOver(): void {
    const member = this.#member;
    const { view } = member;
    const old = view.self.primary;
    if (!view.self.replica || old === undefined) return;
    const ranges = [...view.rangesOf(old)];
    member.lead();
    for (const { first, last } of ranges) {
      for (let slot = first; slot <= last; slot += 1) view.assign(slot, view.self);
    }
    this.#electionAt = 0;
    this.#manualUntil = 0;
    member.commit();
  }

  /** cluster-replica-validity-factor. */
  #tooOld(): boolean {
    const member = this.#member;
    const { config } = member.node;
    const factor = config.number("cluster-replica-validity-factor");
    const timeout = member.nodeTimeoutMs;
    let age = member.replication.dataAgeMs;
    if (age > timeout) age -= timeout;
    return factor > 0 && age > config.number("repl-ping-replica-period") * 1000 + timeout * factor;
  }

  /** How many other replicas of the same primary have more of its data. */
  #rankAmongReplicas(): number {
    const { replication, view } = this.#member;
    const rivals = view.self.primary?.replicas ?? [];
    return rivals.filter((peer) => peer !== view.self && !peer.noFailover && peer.offset > replication.offset)
      .length;
  }
}
