import { randomBytes } from "node:crypto";
import type { SlotClient } from "../cluster/slot-client.ts";
import type { WrapLock } from "./wrap-host.ts";
import type { WrapLockTimes } from "./wrap-lock-options.ts";

/** Behind an entry's key; NUL, so that nobody's own key is like it. */
export const LOCK_SUFFIX = "\0slotpack-lock";

const RELEASE =
  'if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0';

/** One measured call of the backend with its client. */
export type UseClient = <T>(work: (client: SlotClient) => Promise<T>) => Promise<T>;

/** A lock beside the entry it is for: SET NX PX with a token, and a DEL by whoever holds the token. */
export class RedisWrapLock implements WrapLock {
  readonly lockMs: number;
  readonly waitMs: number;
  readonly pollMs: number;
  readonly #keyPrefix: string;
  readonly #use: UseClient;

  constructor({ lockMs, waitMs, pollMs }: WrapLockTimes, keyPrefix: string, use: UseClient) {
    this.lockMs = lockMs;
    this.waitMs = waitMs;
    this.pollMs = pollMs;
    this.#keyPrefix = keyPrefix;
    this.#use = use;
  }

  async acquire(key: string): Promise<string | null> {
    const token = randomBytes(16).toString("hex");
    const reply = await this.#call(
      "SET",
      this.#keyPrefix + key + LOCK_SUFFIX,
      token,
      "NX",
      "PX",
      this.lockMs,
    );
    return reply === null ? null : token;
  }

  async release(key: string, token: string): Promise<void> {
    await this.#call("EVAL", RELEASE, 1, this.#keyPrefix + key + LOCK_SUFFIX, token);
  }

  #call(name: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#use(async (client) => {
      const [outcome] = await client
        .batch()
        .call(name, ...args)
        .exec();
      if (outcome!.status === "rejected") throw outcome!.reason;
      return outcome!.value;
    });
  }
}
