import type { BlockIdSet } from "./block-id-set.ts";

/** What is stored beside a block's bytes: which block they are, so that a misplaced value is noticed. */
export interface BlockMetadata {
  block: number;
}

export interface StoredBlock {
  metadata: BlockMetadata;
  bytes: Uint8Array;
}

/** What a client did so far. */
export interface StoreCounters {
  /** Redis commands sent, repeated ones included. */
  commands: number;
  /** `write` and `writev` calls on the sockets to the nodes. */
  socketWrites: number;
  retries: number;
  redirects: number;
}

/**
 * The four calls of the replay, on block ids. Every implementation stores the same records under the same names, so
 * that their figures compare and one could read what another wrote.
 */
export interface BlockStore {
  /** How many of the first blocks are stored without a gap. */
  prefixLength(ids: readonly number[]): Promise<number>;
  /** The blocks at the caller's indexes; `null` where one is missing or not whole. */
  getMany(ids: readonly number[]): Promise<(StoredBlock | null)[]>;
  /** Stores `values[i]` as block `ids[i]`. Ids are distinct. */
  putMany(ids: readonly number[], values: readonly Uint8Array[]): Promise<void>;
  deleteMany(ids: readonly number[]): Promise<void>;
  counters(): StoreCounters;
  close(): Promise<void>;
}

export interface BlockStoreOptions {
  /** Put before every key, with a colon behind it. */
  prefix: string;
  /** Life of a record in milliseconds. */
  ttlMs: number;
}

/** Milliseconds until a client gives up connecting: somebody waits at a terminal. */
export const CONNECT_TIMEOUT_MS = 5_000;

export const CLIENT_NAMES = ["slotpack", "ioredis-pipeline", "ioredis-sequential"] as const;

export type ClientName = (typeof CLIENT_NAMES)[number];

export function blockKey(prefix: string, id: number): string {
  return `${prefix}:${id}`;
}

/** Blocks in one call of the clean-up. */
const DELETE_CHUNK = 1000;

/** Deletes every block of the set. */
export async function deleteBlocks(store: BlockStore, written: BlockIdSet): Promise<void> {
  let ids: number[] = [];
  for (const id of written) {
    ids.push(id);
    if (ids.length < DELETE_CHUNK) continue;
    await store.deleteMany(ids);
    ids = [];
  }
  if (ids.length > 0) await store.deleteMany(ids);
}
