import type { ServerNode } from "../server-node.ts";
import type { Database } from "./database.ts";

const KEYS_PER_LOOP = 20;
const DATABASES_PER_CALL = 16;
const LOOPS_BETWEEN_LOOKS = 16;
const FAST_DURATION_US = 1000;
/** Percent of the time between two slow cycles. */
const SLOW_TIME_PERCENT = 25;
/** Percent of expired keys in a sample that are left to later cycles. */
const ACCEPTABLE_STALE = 10;

/**
 * Deletes keys whose time is over and that nobody asks for. Source of rules and constants: activeExpireCycle. Ten times a second (`hz`), as long as more
 * than a tenth of a sample has expired and at most for a quarter of the time; where that was not enough, a little more after each round of commands.
 */
export class ExpireCycle {
  readonly #node: ServerNode;
  /** By database: the place that the next sample starts at. */
  readonly #places: number[] = [];
  #nextDatabase = 0;
  #ranOutOfTime = false;
  #lastFastUs = Number.NEGATIVE_INFINITY;

  constructor(node: ServerNode) {
    this.#node = node;
  }

  /** For the timer of `hz`. */
  slow(): void {
    const percent = SLOW_TIME_PERCENT + 2 * this.#effort();
    const hertz = Math.min(500, Math.max(1, this.#node.config.number("hz")));
    this.#run(Math.max(1, (percent * 10_000) / hertz));
  }

  /** After each round of commands; does nothing unless the last cycle had to stop too early. */
  fast(): void {
    if (!this.#ranOutOfTime) return;
    const duration = FAST_DURATION_US * (1 + this.#effort() / 4);
    const now = this.#node.clock.monotonicUs();
    if (now < this.#lastFastUs + 2 * duration) return;
    this.#lastFastUs = now;
    this.#run(duration);
  }

  /** `active-expire-effort`, from 0 to 9. */
  #effort(): number {
    return this.#node.config.number("active-expire-effort") - 1;
  }

  #run(limitUs: number): void {
    const { activeExpire, clock, databases, expiredKeys, hooks, stats } = this.#node;
    if (!activeExpire || expiredKeys !== "delete") return;
    const started = clock.monotonicUs();
    const count = this.#ranOutOfTime ? databases.length : Math.min(databases.length, DATABASES_PER_CALL);
    const totals = { sampled: 0, expired: 0, loops: 0 };
    this.#ranOutOfTime = false;
    for (let tried = 0; tried < count && !this.#ranOutOfTime; tried += 1) {
      const db = databases[this.#nextDatabase % databases.length] as Database;
      this.#nextDatabase = (this.#nextDatabase + 1) % databases.length;
      this.#clean(db, started + limitUs, totals);
    }
    const ratio = totals.sampled === 0 ? 0 : totals.expired / totals.sampled;
    stats.expiredStaleRatio = ratio * 0.05 + stats.expiredStaleRatio * 0.95;
    const us = clock.monotonicUs() - started;
    stats.expireCycleUs += us;
    for (const hook of hooks.latency) hook("expire-cycle", us / 1000);
  }

  #clean(
    db: Database,
    deadlineUs: number,
    totals: { sampled: number; expired: number; loops: number },
  ): void {
    const { clock, stats } = this.#node;
    for (;;) {
      if (db.volatileSize === 0) {
        db.avgTtlMs = 0;
        return;
      }
      const { sampled, expired } = this.#sample(db);
      totals.sampled += sampled;
      totals.expired += expired;
      totals.loops += 1;
      if (totals.loops % LOOPS_BETWEEN_LOOKS === 0 && clock.monotonicUs() > deadlineUs) {
        this.#ranOutOfTime = true;
        stats.expiredTimeCapReached += 1;
        return;
      }
      if ((expired * 100) / sampled <= ACCEPTABLE_STALE - this.#effort()) return;
    }
  }

  #sample(db: Database): { sampled: number; expired: number } {
    const { expiry } = db.store;
    const now = this.#node.clock.nowMs();
    const sampled = Math.min(expiry.size, KEYS_PER_LOOP + (KEYS_PER_LOOP / 4) * this.#effort());
    let place = this.#places[db.id] ?? 0;
    let expired = 0;
    let ttls = 0;
    for (let looked = 0; looked < sampled; looked += 1) {
      if (place >= expiry.size) place = 0;
      const time = expiry.timeAt(place);
      if (now > time) {
        // Another key moves to this place.
        db.deleteExpired(expiry.keys[place] as string);
        expired += 1;
      } else {
        ttls += time - now;
        place += 1;
      }
    }
    this.#places[db.id] = place;
    if (sampled > expired) averageTtl(db, Math.floor(ttls / (sampled - expired)));
    return { sampled, expired };
  }
}

/** A running mean that the new sample changes by a fiftieth. */
function averageTtl(db: Database, sample: number): void {
  if (db.avgTtlMs === 0) db.avgTtlMs = sample;
  db.avgTtlMs = Math.floor(db.avgTtlMs / 50) * 49 + Math.floor(sample / 50);
}
