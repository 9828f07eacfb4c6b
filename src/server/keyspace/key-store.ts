import { EntryTable } from "./entry-table.ts";
import { ExpiryIndex } from "./expiry-index.ts";
import type { MemoryAccount } from "./memory-account.ts";
import { SlotIndex } from "./slot-index.ts";
import { ENCODING, isString, type StringEncoding, type Value } from "./value.ts";

/** All that is kept of a key, besides its expiry. */
export interface EntryFacts {
  readonly value: Value;
  readonly encoding: StringEncoding;
  /** See Aging. */
  readonly access: number;
  /** The key's share of `used_memory`. */
  readonly bytes: number;
}

export interface ScanStep {
  /** To go on with; 0 at the end. */
  readonly cursor: number;
  readonly keys: string[];
}

/** What a database consists of: entries, expiries and (in cluster mode) keys by slot, kept in step. Knows no clock and tells nobody anything. */
export class KeyStore {
  readonly entries: EntryTable;
  readonly expiry: ExpiryIndex;
  readonly slots: SlotIndex | undefined;

  constructor(account: MemoryAccount, cluster: boolean) {
    this.entries = new EntryTable(account, cluster);
    this.expiry = new ExpiryIndex(account);
    this.slots = cluster ? new SlotIndex() : undefined;
  }

  get size(): number {
    return this.entries.keys.size;
  }

  /** The key's place, or -1. */
  find(key: string): number {
    return this.entries.keys.find(key);
  }

  insert(key: string, value: Value, encoding: StringEncoding, access: number): void {
    this.entries.insert(key, value, encoding, access);
    this.slots?.add(key);
  }

  /** False where there is no such key. */
  remove(key: string): boolean {
    const place = this.find(key);
    if (place < 0) return false;
    if (this.entries.isVolatile(place)) this.expiry.delete(key);
    this.entries.remove(place);
    this.slots?.delete(key);
    return true;
  }

  /** False where there is no such key, and where an expiry was to end and there was none. */
  setExpiry(key: string, time: number | bigint | undefined): boolean {
    const place = this.find(key);
    if (place < 0) return false;
    if (time === undefined) return this.dropExpiry(key, place);
    // The name that is kept already, so that the caller's is not kept beside it.
    this.expiry.set(this.entries.keys.names[place] as string, time);
    this.entries.setVolatile(place, true);
    return true;
  }

  dropExpiry(key: string, place: number): boolean {
    if (!this.entries.isVolatile(place)) return false;
    this.entries.setVolatile(place, false);
    return this.expiry.delete(key);
  }

  /** Sets how old a key that is there looks (RESTORE). */
  setAccess(key: string, access: number): void {
    this.entries.setAccess(this.find(key), access);
  }

  facts(place: number): EntryFacts {
    const { entries } = this;
    return {
      value: entries.value(place),
      encoding: entries.encoding(place),
      access: entries.access(place),
      bytes: entries.bytes(place),
    };
  }

  /** Moves a key that is there, with its expiry and age, to a store and a name where there is none. */
  hand(from: string, target: KeyStore, to: string): void {
    const { value, encoding, access } = this.facts(this.find(from));
    const time = this.expiry.exactTimeOf(from);
    this.remove(from);
    target.insert(to, value, encoding, access);
    if (time !== undefined) target.setExpiry(to, time);
  }

  /** Like `hand`, but the key stays and the copy is as old as `access` says. */
  copy(from: string, target: KeyStore, to: string, access: number): void {
    const { value, encoding } = this.facts(this.find(from));
    const copied = encoding === ENCODING.int ? ENCODING.copiedInt : encoding;
    target.insert(to, isString(value) ? value : value.copy(), copied, access);
    const time = this.expiry.exactTimeOf(from);
    if (time !== undefined) target.setExpiry(to, time);
  }

  clear(): void {
    this.entries.clear();
    this.expiry.clear();
    this.slots?.clear();
  }

  /**
   * The next step of SCAN: at least `count` names where there are as many (fewer where ten times as many buckets hold no more). See KeyIndex.scan
   * for what is promised.
   */
  scan(cursor: number, count: number): ScanStep {
    const { keys: index } = this.entries;
    const keys: string[] = [];
    const visit = (place: number): void => {
      keys.push(index.names[place] as string);
    };
    let next = cursor;
    let steps = count * 10;
    do {
      next = index.scan(next, visit);
      steps -= 1;
    } while (next !== 0 && steps >= 0 && keys.length < count);
    return { cursor: next, keys };
  }
}
