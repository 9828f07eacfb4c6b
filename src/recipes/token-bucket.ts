import { checkCacheKeys } from "../cache/cache-input.ts";
import { badOption, type CallOptions, checkCallOptions } from "../cluster/options.ts";
import { type ScriptRun, valuesOf } from "../cluster/script.ts";
import { ConfigError } from "../errors.ts";
import {
  type ClientSource,
  checkClientSource,
  checkFunction,
  checkNames,
  checkText,
  clientOf,
  prefixOf,
} from "./recipe-options.ts";
import { TOKEN_BUCKET } from "./token-bucket-script.ts";

export interface TokenBucketOptions {
  /** Tokens in a full bucket, above 0; what may be taken at once. */
  capacity: number;
  /** Tokens that come back in a second, from 0; fractions are fine. 0: never, and the keys then never expire. */
  refillPerSecond: number;
  /** In front of every key. Default `bucket:`. */
  prefix?: string | undefined;
  /**
   * Milliseconds, in place of the clock of the server that holds the bucket. All who take from one bucket must share it, and it must not run slower than
   * the servers' clocks: the keys expire by theirs.
   */
  clock?: (() => number) | undefined;
}

export interface TakeOptions extends CallOptions {
  /** Tokens to take, from 0 (which only looks) to the capacity; fractions are fine. Default 1. */
  cost?: number | undefined;
}

/** One of several buckets, and what to take from it. */
export interface Take {
  readonly key: string;
  /** Default: that of the call. */
  readonly cost?: number | undefined;
}

export interface TakeResult {
  /** Whether the tokens were taken: all of them, or none. */
  readonly allowed: boolean;
  /** Tokens that are left; a fraction while one is coming back. */
  readonly remaining: number;
  /** Milliseconds, rounded up, until the same could be taken if nobody else took any; 0 where it was, Infinity where nothing comes back. */
  readonly retryAfterMs: number;
  /** Milliseconds, rounded up, until the bucket is full; Infinity where nothing comes back. */
  readonly fullAfterMs: number;
}

const OPTIONS = ["capacity", "refillPerSecond", "prefix", "clock"];

/**
 * A rate limit: each key has a bucket of `capacity` tokens that fills up with `refillPerSecond`, and what cannot be paid for is refused. One script per key decides, so
 * that any number of processes share a bucket exactly; buckets of one call go out in one packed write per node.
 *
 * A bucket is a hash with the fields `tokens` and `at`, which expires when it is full again.
 */
export class TokenBucket {
  readonly #source: ClientSource;
  readonly #prefix: string;
  readonly #capacity: number;
  readonly #perMs: number;
  readonly #clock: (() => number) | undefined;

  /** Throws ConfigError `BAD_OPTION` or `UNKNOWN_OPTION`. */
  constructor(client: ClientSource, options: TokenBucketOptions) {
    checkClientSource(client);
    checkNames("a TokenBucket", options, OPTIONS);
    const { capacity, refillPerSecond, prefix = "bucket:", clock } = options;
    if (!Number.isFinite(capacity) || capacity <= 0)
      throw badOption("capacity", "a number above 0", capacity);
    if (!Number.isFinite(refillPerSecond) || refillPerSecond < 0)
      throw badOption("refillPerSecond", "a number from 0", refillPerSecond);
    if (clock !== undefined) checkFunction("clock", clock);
    this.#source = client;
    this.#prefix = prefixOf(client) + checkText("prefix", prefix);
    this.#capacity = capacity;
    this.#perMs = refillPerSecond / 1000;
    this.#clock = clock;
  }

  /** Takes from one bucket. Rejects where the server does not answer: whether that lets a request pass is the caller's to say. */
  async take(key: string, options?: TakeOptions): Promise<TakeResult> {
    const [result] = await this.takeMany([key], options);
    return result!;
  }

  /**
   * Takes from many buckets, each on its own: one that refuses does not give back what others gave. Results stand at the caller's index. Rejects
   * with BatchError, whose `results` hold the others' answers, when part of it failed.
   */
  async takeMany(takes: readonly (string | Take)[], options: TakeOptions = {}): Promise<TakeResult[]> {
    checkCallOptions(options, "cost");
    const { cost = 1, ...callOptions } = options;
    if (!Array.isArray(takes)) throw badOption("takes", "an array", takes);
    const now = this.#now();
    const runs = takes.map((take, keyIndex): ScriptRun => {
      const one: Take = typeof take === "string" ? { key: take } : take;
      if (typeof one?.key !== "string")
        throw new ConfigError("BAD_KEY", `take ${keyIndex}: expected a key, or { key, cost }`, { keyIndex });
      checkNames(`take ${keyIndex}`, one, ["key", "cost"]);
      const price = this.#checkCost(one.cost ?? cost, keyIndex);
      const args = [String(this.#capacity), String(this.#perMs), String(price), now];
      return { keys: [this.#prefix + one.key], args };
    });
    const outcomes = await TOKEN_BUCKET.runSettled(await clientOf(this.#source), runs, callOptions);
    return valuesOf(
      "takeMany",
      outcomes.map((outcome) =>
        outcome.status === "rejected" ? outcome : { status: "fulfilled", value: readReply(outcome.value) },
      ),
    );
  }

  /** Makes buckets full again. Throws ConfigError `BAD_ARGUMENT` or `BAD_KEY`. */
  async reset(keys: readonly string[], options?: CallOptions): Promise<void> {
    checkCacheKeys(keys);
    const client = await clientOf(this.#source);
    await client.unlink(
      keys.map((key) => this.#prefix + key),
      options,
    );
  }

  #now(): string {
    if (this.#clock === undefined) return "";
    const now = this.#clock();
    if (Number.isFinite(now)) return String(now);
    throw badOption("clock", "a function that returns milliseconds", now);
  }

  #checkCost(cost: unknown, keyIndex: number): number {
    if (typeof cost === "number" && cost >= 0 && cost <= this.#capacity) return cost;
    const message = `take ${keyIndex}: expected a cost from 0 to the capacity of ${this.#capacity}, got ${String(cost)}`;
    throw new ConfigError("BAD_OPTION", message, { option: "cost", keyIndex });
  }
}

function readReply(reply: unknown): TakeResult {
  const [allowed, remaining, waitMs, fullMs] = (reply as unknown[]).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { allowed: allowed === 1, remaining, retryAfterMs: wholeMs(waitMs), fullAfterMs: wholeMs(fullMs) };
}

function wholeMs(ms: number): number {
  return ms < 0 ? Number.POSITIVE_INFINITY : Math.ceil(ms);
}
