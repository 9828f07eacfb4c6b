import { slotOfKey } from "../key-slot.ts";

/** Which keys lie in which slot of the cluster, so that COUNTKEYSINSLOT and GETKEYSINSLOT need not look at the others. */
export class SlotIndex {
  readonly #slots = new Map<number, Set<string>>();

  add(key: string): void {
    const slot = slotOfKey(key);
    const keys = this.#slots.get(slot);
    if (keys === undefined) this.#slots.set(slot, new Set([key]));
    else keys.add(key);
  }

  delete(key: string): void {
    const slot = slotOfKey(key);
    const keys = this.#slots.get(slot);
    if (keys?.delete(key) && keys.size === 0) this.#slots.delete(slot);
  }

  count(slot: number): number {
    return this.#slots.get(slot)?.size ?? 0;
  }

  /** At most `limit` keys of the slot. */
  keysOf(slot: number, limit: number = Number.POSITIVE_INFINITY): string[] {
    const found: string[] = [];
    for (const key of this.#slots.get(slot) ?? []) {
      if (found.length >= limit) break;
      found.push(key);
    }
    return found;
  }

  clear(): void {
    this.#slots.clear();
  }
}
