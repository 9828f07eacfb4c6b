import type { CacheBackend } from "../cache/cache-backend.ts";
import { escapeGlob } from "../cluster/scan.ts";

/** Keys of a backend that begin with a text, without it. */
export interface KeySpace {
  readonly backend: CacheBackend<Uint8Array>;
  /** What the keys begin with, taken literally; empty for all keys of the backend. */
  readonly start: string;
  /** Whether a key, without `start`, belongs to it. Default: every one does. */
  readonly holds?: ((rest: string) => boolean) | undefined;
}

/** Lists of at most `size` distinct full keys, as they are found; between lists a key may come again, as with SCAN itself. */
export async function* keyLists(
  { backend, start, holds }: KeySpace,
  size: number,
): AsyncGenerator<string[], void, undefined> {
  const list = new Set<string>();
  for await (const key of backend.keys(`${escapeGlob(start)}*`)) {
    if (holds !== undefined && !holds(key.slice(start.length))) continue;
    list.add(key);
    if (list.size < size) continue;
    yield [...list];
    list.clear();
  }
  if (list.size > 0) yield [...list];
}

/** How many keys were removed. */
export async function removeKeys(space: KeySpace, size: number): Promise<number> {
  let removed = 0;
  for await (const keys of keyLists(space, size)) removed += await space.backend.deleteMany(keys);
  return removed;
}

/** Every key once, without `start`. */
export async function allKeys(space: KeySpace): Promise<string[]> {
  const rests = new Set<string>();
  for await (const keys of keyLists(space, 1000))
    for (const key of keys) rests.add(key.slice(space.start.length));
  return [...rests];
}
