/** A key that was written during an outage, and the count of its writes by then. */
export interface JournalEntry {
  readonly key: string;
  readonly version: number;
  /** Whether it got another TTL and nothing else: its value is the primary's own. */
  readonly isTtlOnly: boolean;
}

/**
 * The keys whose value on the primary is not the last one: written, deleted or cleared while it could not be reached. Names only; their values
 * are in memory, and what is not there any more is to be deleted.
 */
export class OutageJournal {
  readonly #maxKeys: number;
  readonly #entries = new Map<string, JournalEntry>();
  #version = 0;
  #clearVersion = 0;
  #lost = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#entries.size;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#clearVersion === 0;
  }

  /** The version of the `clear` that the primary has not seen; 0 where there is none. */
  get clearVersion(): number {
    return this.#clearVersion;
  }

  /** Writes of keys for which there was no room: the primary may have older values of them. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether the primary must not be asked about the key. */
  covers(key: string): boolean {
    return this.#clearVersion !== 0 || this.#entries.has(key);
  }

  /** False where there is no room for the key. */
  note(key: string, isTtlOnly: boolean = false): boolean {
    const noted = this.#entries.get(key);
    if (this.#entries.size >= this.#maxKeys && noted === undefined) {
      this.#lost++;
      return false;
    }
    const version = ++this.#version;
    // Behind a `clear` the primary has no value for the TTL either.
    const hasValue = this.#clearVersion === 0 && noted?.isTtlOnly !== false;
    this.#entries.set(key, { key, version, isTtlOnly: isTtlOnly && hasValue });
    return true;
  }

  /** Everything that was there is gone, what was noted so far included. */
  noteClear(): void {
    this.#entries.clear();
    this.#clearVersion = ++this.#version;
  }

  cleared(version: number): void {
    if (this.#clearVersion === version) this.#clearVersion = 0;
  }

  /** The oldest ones. */
  next(count: number): JournalEntry[] {
    const entries: JournalEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entries.length === count) break;
      entries.push(entry);
    }
    return entries;
  }

  /** The primary has what was in memory at that version; a key that was written since stays. */
  settled({ key, version }: JournalEntry): void {
    if (this.#entries.get(key)?.version === version) this.#entries.delete(key);
  }
}
