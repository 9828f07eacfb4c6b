import type { KeyspaceHost } from "../keyspace-host.ts";
import { type EntryFacts, KeyStore, type ScanStep } from "./key-store.ts";
import type { SlotIndex } from "./slot-index.ts";
import { chosenEncoding, ENCODING, isString, type StringEncoding, type Value } from "./value.ts";

/** How a key is looked up; 0 is a read that counts as a use. */
const READ = 0;
const WRITE = 1;
const NO_TOUCH = 2;
const NO_EVENT = 4;
const NONE = -1;

/**
 * One numbered database. Keys are binary strings. Methods that look a key up expire it first if its time is over; those that change a key tell
 * WATCH, tracking and listeners only what they say: commands call `changed`, `notify` and count `node.dirty`.
 */
export class Database {
  readonly id: number;
  readonly #host: KeyspaceHost;
  #store: KeyStore;
  /** Mean milliseconds to live of keys with an expiry, as INFO keyspace shows it; kept by the expire cycle. */
  avgTtlMs = 0;

  constructor(id: number, host: KeyspaceHost) {
    this.id = id;
    this.#host = host;
    this.#store = new KeyStore(host.memory, host.clusterEnabled);
  }

  /** Keys, those whose time is over but that nobody asked for included. */
  get size(): number {
    return this.#store.size;
  }

  /** Keys that have an expiry. */
  get volatileSize(): number {
    return this.#store.expiry.size;
  }

  /** Keys by slot, in cluster mode only. */
  get slots(): SlotIndex | undefined {
    return this.#store.slots;
  }

  /** For eviction and the expire cycle, which sample; `swap` exchanges it. */
  get store(): KeyStore {
    return this.#store;
  }

  /** For a command that reads: counts a hit or a miss, marks the key as used, tells `keymiss`. */
  lookupRead(key: string): Value | undefined {
    const place = this.#lookup(key, READ);
    return place === NONE ? undefined : this.#store.entries.value(place);
  }

  /** Like `lookupRead` for callers that forget the value before the next command: a Buffer may be changed in place then. */
  lookupReadForNow(key: string): Value | undefined {
    const place = this.#lookup(key, READ);
    return place === NONE ? undefined : this.#store.entries.valueForNow(place);
  }

  /** For a command that writes: no statistics and no `keymiss`, but the key counts as used. */
  lookupWrite(key: string): Value | undefined {
    const place = this.#lookup(key, WRITE);
    return place === NONE ? undefined : this.#store.entries.value(place);
  }

  /** `lookupRead` without the value, and without marking the key as used: EXISTS, TTL. */
  exists(key: string): boolean {
    return this.#lookup(key, NO_TOUCH) !== NONE;
  }

  /** `lookupWrite` without the value. */
  existsForWrite(key: string): boolean {
    return this.#lookup(key, WRITE) !== NONE;
  }

  /** TYPE's word, `none` for a missing key; as `exists` otherwise. */
  typeOf(key: string): string {
    const place = this.#lookup(key, NO_TOUCH);
    return place === NONE ? "none" : (this.#store.entries.compound(place)?.type ?? "string");
  }

  /** For OBJECT: hits and misses count, but the key is not marked as used and there is no `keymiss`. */
  inspect(key: string): EntryFacts | undefined {
    const place = this.#lookup(key, NO_TOUCH | NO_EVENT);
    return place === NONE ? undefined : this.#store.facts(place);
  }

  /** What lies there, its time over or not, without any effect. */
  facts(key: string): EntryFacts | undefined {
    const place = this.#store.find(key);
    return place === NONE ? undefined : this.#store.facts(place);
  }

  /** The value that lies there, its time over or not, without any effect. */
  peek(key: string): Value | undefined {
    const place = this.#store.find(key);
    return place === NONE ? undefined : this.#store.entries.value(place);
  }

  /** Whether the key lies there, its time over or not. */
  has(key: string): boolean {
    return this.#store.find(key) !== NONE;
  }

  /** Milliseconds since 1970 at which the key expires; a bigint beyond 2^53. */
  expiryOf(key: string): number | bigint | undefined {
    return this.#store.expiry.exactTimeOf(key);
  }

  /** True where the key's time is over, though it may still lie there. */
  isExpired(key: string): boolean {
    const time = this.#store.expiry.timeOf(key);
    return time !== undefined && this.#host.now() > time && this.#host.expiredKeys !== "keep";
  }

  /** Makes the key hold the value, whatever it held; a new key tells `new`. Its expiry ends, unless `keepTtl`. Tells WATCH and tracking. */
  set(key: string, value: Value, keepTtl = false, encoding: StringEncoding = encodingOf(value)): void {
    const place = this.#lookup(key, WRITE);
    if (place === NONE) this.add(key, value, encoding);
    else {
      this.#overwrite(place, value, encoding);
      if (!keepTtl) this.#store.dropExpiry(key, place);
    }
    this.changed(key);
  }

  /** Adds a key that is not there; tells `new`. */
  add(key: string, value: Value, encoding: StringEncoding = encodingOf(value)): void {
    this.#store.insert(key, value, encoding, this.#host.aging.fresh(this.#host.now()));
    this.notify("n", "new", key);
  }

  /** Another value for a key that is there; its expiry stays. */
  overwrite(key: string, value: Value, encoding: StringEncoding = encodingOf(value)): void {
    this.#overwrite(this.#store.find(key), value, encoding);
  }

  /** Says of the Buffer that a key holds that nobody else has it; it may be changed in place until somebody looks it up. */
  markOwn(key: string): void {
    this.#store.entries.markOwn(this.#store.find(key));
  }

  /** The Buffer that a key holds, where it may be changed in place. */
  ownBuffer(key: string): Buffer | undefined {
    const place = this.#store.find(key);
    if (place === NONE || !this.#store.entries.isOwn(place)) return undefined;
    return this.#store.entries.valueForNow(place) as Buffer;
  }

  /** Removes the key and its expiry, its time over or not. */
  delete(key: string): boolean {
    return this.#store.remove(key);
  }

  /** Milliseconds since 1970 (undefined: never) for a key that is there. False where an expiry was to end and there was none. */
  expireAt(key: string, time: number | bigint | undefined): boolean {
    return this.#store.setExpiry(key, time);
  }

  /** True where the key's time is over; it is deleted then, unless this node must not. */
  expireIfNeeded(key: string): boolean {
    const place = this.#store.find(key);
    return place !== NONE && this.#store.entries.isVolatile(place) && this.#expireIfOver(key);
  }

  /** Gives a key that is there another name, with its expiry and age; what had that name before is gone. Tells `new`. */
  rename(from: string, to: string): void {
    this.delete(to);
    this.#store.hand(from, this.#store, to);
    this.notify("n", "new", to);
  }

  /** Puts a key that is there into another database, which has none of that name; tells `new` there. */
  move(key: string, target: Database): void {
    this.#store.hand(key, target.#store, key);
    target.notify("n", "new", key);
  }

  /** Puts an independent copy of a key that is there, with its expiry, under a name that is free; tells `new`. */
  copy(key: string, target: Database, name: string): void {
    this.#store.copy(key, target.#store, name, this.#host.aging.fresh(this.#host.now()));
    target.notify("n", "new", name);
  }

  /** Removes every key and says how many there were; tells WATCH and tracking, unless the caller did. */
  flush(tell = true): number {
    if (tell) this.#host.databaseFlushed(this.id);
    const { size } = this;
    this.#store.clear();
    this.avgTtlMs = 0;
    return size;
  }

  /** Exchanges all keys with another database. */
  swap(other: Database): void {
    [this.#store, other.#store] = [other.#store, this.#store];
    [this.avgTtlMs, other.avgTtlMs] = [other.avgTtlMs, this.avgTtlMs];
  }

  /** Deletes a key whose time is over, and tells everybody. */
  deleteExpired(key: string): void {
    this.delete(key);
    this.notify("x", "expired", key);
    this.#host.keyChanged(this.id, key, true);
    this.#propagateDeletion("lazyfree-lazy-expire", key);
    this.#host.stats.expiredKeys += 1;
  }

  /** Deletes a key to make room, and tells everybody. */
  evict(key: string): void {
    this.delete(key);
    this.#host.stats.evictedKeys += 1;
    this.#host.keyChanged(this.id, key, true);
    this.notify("e", "evicted", key);
    this.#propagateDeletion("lazyfree-lazy-eviction", key);
  }

  /** Tells WATCH and tracking. */
  changed(key: string): void {
    this.#host.keyChanged(this.id, key);
  }

  /** A keyspace event; `type` is a letter of notify-keyspace-events. */
  notify(type: string, event: string, key: string): void {
    this.#host.notify(type, event, key, this.id);
  }

  /** The compound value of some key grew by so many bytes. */
  resized(bytes: number): void {
    this.#store.entries.resized(bytes);
  }

  /** One step of SCAN; keys whose time is over are among them. */
  scan(cursor: number, count: number): ScanStep {
    return this.#store.scan(cursor, count);
  }

  /** All keys in no order, those whose time is over included; not to be kept over a change. */
  names(): readonly string[] {
    return this.#store.entries.keys.names;
  }

  /** Any key whose time is not over. */
  randomKey(random: () => number): string | undefined {
    // A replica may hold nothing but keys that it hides and must not delete.
    for (let tries = 1; this.size > 0; tries += 1) {
      const key = this.names()[Math.floor(random() * this.size)] as string;
      const allVolatile = this.volatileSize === this.size;
      if (!this.expireIfNeeded(key) || (allVolatile && tries >= 100)) return key;
    }
    return undefined;
  }

  #lookup(key: string, how: number): number {
    const host = this.#host;
    const { entries } = this.#store;
    let place = entries.keys.find(key);
    if (place !== NONE && entries.isVolatile(place) && this.#expireIfOver(key)) place = NONE;
    if (place === NONE) {
      if ((how & WRITE) !== 0) return NONE;
      if ((how & NO_EVENT) === 0) this.notify("m", "keymiss", key);
      host.stats.keyspaceMisses += 1;
      return NONE;
    }
    if ((how & NO_TOUCH) === 0) {
      entries.setAccess(place, host.aging.touched(entries.access(place), host.now()));
    }
    if ((how & WRITE) === 0) host.stats.keyspaceHits += 1;
    return place;
  }

  #expireIfOver(key: string): boolean {
    const host = this.#host;
    if (host.now() <= (this.#store.expiry.timeOf(key) as number)) return false;
    const fate = host.expiredKeys;
    if (fate === "delete") this.deleteExpired(key);
    return fate !== "keep";
  }

  #overwrite(place: number, value: Value, encoding: StringEncoding): void {
    this.#store.entries.replace(place, value, encoding);
    // As dbOverwrite: a new object starts young; only the counter of LFU is carried over.
    const { aging } = this.#host;
    if (!aging.lfu) this.#store.entries.setAccess(place, aging.fresh(this.#host.now()));
  }

  #propagateDeletion(lazy: string, key: string): void {
    this.#host.propagate(this.id, [this.#host.configText(lazy) === "yes" ? "UNLINK" : "DEL", key]);
  }
}

function encodingOf(value: Value): StringEncoding {
  return isString(value) ? chosenEncoding(value) : ENCODING.raw;
}
