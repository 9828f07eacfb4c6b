import { slotOfKey } from "../key-slot.ts";

/** A key among those of its slot, which GETKEYSINSLOT names from the newest on. */
interface Link {
  readonly key: string;
  newer: Link | undefined;
  older: Link | undefined;
}

interface SlotKeys {
  readonly links: Map<string, Link>;
  newest: Link | undefined;
}

/** Which keys lie in which slot of the cluster, so that COUNTKEYSINSLOT and GETKEYSINSLOT need not look at the others. */
export class SlotIndex {
  readonly #slots = new Map<number, SlotKeys>();

  add(key: string): void {
    const slot = slotOfKey(key);
    let keys = this.#slots.get(slot);
    if (keys === undefined) {
      keys = { links: new Map(), newest: undefined };
      this.#slots.set(slot, keys);
    }
    if (keys.links.has(key)) return;
    const link: Link = { key, newer: undefined, older: keys.newest };
    if (keys.newest !== undefined) keys.newest.newer = link;
    keys.newest = link;
    keys.links.set(key, link);
  }

  delete(key: string): void {
    const slot = slotOfKey(key);
    const keys = this.#slots.get(slot);
    const link = keys?.links.get(key);
    if (keys === undefined || link === undefined) return;
    keys.links.delete(key);
    if (keys.links.size === 0) this.#slots.delete(slot);
    if (link.newer === undefined) keys.newest = link.older;
    else link.newer.older = link.older;
    if (link.older !== undefined) link.older.newer = link.newer;
  }

  count(slot: number): number {
    return this.#slots.get(slot)?.links.size ?? 0;
  }

  /** At most `limit` keys of the slot, the newest first. */
  keysOf(slot: number, limit: number = Number.POSITIVE_INFINITY): string[] {
    const found: string[] = [];
    let link = this.#slots.get(slot)?.newest;
    for (; link !== undefined && found.length < limit; link = link.older) found.push(link.key);
    return found;
  }

  clear(): void {
    this.#slots.clear();
  }
}
