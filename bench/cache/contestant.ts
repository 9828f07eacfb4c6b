import type { Address } from "../peers/contestant.ts";

/** Keys and values of one run; what a contestant reads has to be these texts. */
export interface CacheLoad {
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** One way to keep many texts in a cluster. Each has names of its own, so that all can be filled at once. */
export interface CacheContestant {
  readonly label: string;
  /** How the values lie in Redis: `text` as they are, `keyv` in Keyv's JSON envelope. */
  readonly stores: "text" | "keyv";
  /** What cannot be done in one call, and why; shown in the report, and `setMany`/`getMany` do it one by one. */
  readonly note?: string;
  setMany(load: CacheLoad): Promise<unknown>;
  /** Whatever the client gives; `texts` makes it comparable. */
  getMany(keys: readonly string[]): Promise<unknown>;
  /** What `getMany` gave, at the caller's index; null for a miss. Not timed. */
  texts(result: unknown, keys: readonly string[]): (string | null)[];
  close(): Promise<void>;
}

export interface CacheContestantSource {
  readonly label: string;
  open(nodes: readonly Address[]): Promise<CacheContestant>;
}
