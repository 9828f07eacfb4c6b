import { SLOT_COUNT } from "../src/slots/index.ts";
import { type Cluster, makeCluster } from "./model/cluster.ts";
import type { KeySummary } from "./model/key-summary.ts";
import type { Linked } from "./model/page-link.ts";

/** Everything that the views show. */
export interface PageValues extends Linked {
  readonly cluster: Cluster;
  readonly summary: KeySummary;
  readonly dark: boolean;
}

/** Before the worker has answered. */
export const NO_KEYS: KeySummary = {
  count: 0,
  counts: new Uint32Array(SLOT_COUNT),
  slotCount: 0,
  tagged: 0,
  slotCountWithoutTags: 0,
  hotTags: [],
  sample: [],
  sampleSlots: new Uint16Array(0),
  splitMs: 0,
  slotsMs: 0,
  backend: "js",
};

type Name = keyof PageValues;

interface Watcher {
  readonly names: ReadonlySet<Name>;
  readonly run: () => void;
}

/** Watchers that have not begun after that long in a frame wait for the next task: a key press must not wait for them. */
const SLICE_MS = 10;

/** The page's values, and who wants to know of their changes. Watchers run once a frame, however often values change. */
export class PageState {
  #values: PageValues;
  readonly #watchers: Watcher[] = [];
  readonly #due: Set<Watcher> = new Set();
  #scheduled = false;

  constructor(linked: Linked, dark: boolean) {
    const cluster = makeCluster(linked.pasted, linked.primaries, linked.moved / 100);
    this.#values = { ...linked, cluster, summary: NO_KEYS, dark };
  }

  get values(): PageValues {
    return this.#values;
  }

  set(changes: Partial<PageValues>): void {
    const names = (Object.keys(changes) as Name[]).filter((name) => changes[name] !== this.#values[name]);
    if (names.length === 0) return;
    this.#values = { ...this.#values, ...changes };
    if (names.some((name) => name === "pasted" || name === "primaries" || name === "moved")) {
      const { pasted, primaries, moved } = this.#values;
      this.#values = { ...this.#values, cluster: makeCluster(pasted, primaries, moved / 100) };
      names.push("cluster");
    }
    for (const watcher of this.#watchers)
      if (names.some((name) => watcher.names.has(name))) this.#due.add(watcher);
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#tell());
  }

  /** Runs `run` now, and after each change of one of the values. */
  watch(names: readonly Name[], run: () => void): void {
    this.#watchers.push({ names: new Set(names), run });
    run();
  }

  #tell(): void {
    const start = performance.now();
    this.#scheduled = false;
    for (const watcher of this.#watchers) {
      if (!this.#due.has(watcher)) continue;
      if (performance.now() - start > SLICE_MS) {
        this.#scheduled = true;
        setTimeout(() => this.#tell());
        return;
      }
      this.#due.delete(watcher);
      watcher.run();
    }
  }
}
