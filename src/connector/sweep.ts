import { setTimeout as sleep } from "node:timers/promises";
import type { SlotClient } from "../cluster/slot-client.ts";
import { AbortError } from "../errors.ts";
import type { MetadataCodec } from "../records/metadata-codec.ts";
import type { LayoutName } from "../records/record-layout.ts";
import { keySlot } from "../slots/index.ts";
import { askNames, PAGE_NAMES, scanPages } from "./name-look.ts";
import { type Mark, markHalves, removeHalves, restoreHalves, type ScriptTarget } from "./orphan-script.ts";
import { type HalfName, PairNames } from "./pair-names.ts";
import {
  type ResolvedSweepOptions,
  resolveSweepOptions,
  type SweepOptions,
  type SweepReport,
} from "./sweep-options.ts";

export interface SweepSettings {
  readonly client: SlotClient;
  readonly layouts: readonly LayoutName[];
  readonly codec: MetadataCodec<unknown>;
  /** What record keys end with: the salt. */
  readonly ending: string;
}

/** Halves that wait for their next look: what bounds the memory of a sweep over many orphans. */
const MAX_WAITING = 50_000;
const YEAR_MS = 365 * 86_400_000;
/** A mark that a killed sweep leaves behind expires after ten years: it does no harm to a record that has become whole. */
const MARK_MS = 10 * YEAR_MS;
/** Between the marks of two pages, so that no half is taken for one that was marked earlier. */
const MARK_STEP_MS = 10_000;

interface Suspect {
  readonly found: HalfName;
  /** The other half's name is given where it lies in the same slot. */
  readonly target: ScriptTarget;
}

interface Marked extends Suspect {
  readonly mark: Mark;
}

interface Waiting<T> {
  readonly halves: readonly T[];
  readonly dueAt: number;
}

/**
 * Finds halves of pairs that stand alone, and removes them. No half of a record that is being written is removed, by this invariant: whoever writes
 * a record writes its bytes first and its metadata within `graceMs`.
 *
 * 1. A look finds halves that are alone. Bytes among them may belong to a record in the making.
 * 2. `graceMs` later those that still are alone get a mark, see orphan-script.ts: every write of the half takes it off again. Bytes that were written
 *    just before the mark may belong to a record in the making once more.
 * 3. `graceMs` later that record would be whole. What still is alone and still has its mark is deleted; mark and deletion are looked at in one script, and
 *    so is the other half where it lies in the same slot. Where it does not, it is looked at just before: its writer would have taken the mark off.
 */
export class Sweep {
  readonly #settings: SweepSettings;
  readonly #options: ResolvedSweepOptions;
  readonly #report: SweepReport;
  readonly #suspects: Waiting<Suspect>[] = [];
  readonly #marked: Waiting<Marked>[] = [];
  /** Somewhere in a year, so that sweeps at one time do not take each other's marks for their own. */
  #markAt = Date.now() + MARK_MS + Math.floor(Math.random() * YEAR_MS);
  #waiting = 0;

  /** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`. */
  constructor(settings: SweepSettings, options: SweepOptions | undefined) {
    this.#settings = settings;
    this.#options = resolveSweepOptions(options, settings.client.batchDefaults.options.timeoutMs);
    this.#report = {
      scanned: 0,
      total: undefined,
      orphanMetadata: 0,
      orphanBytes: 0,
      removed: 0,
      byteLength: 0,
    };
  }

  /** Rejects with AbortError, or with what a call of the client failed with; marks are taken off then. */
  async run(): Promise<SweepReport> {
    const { client, layouts, ending } = this.#settings;
    const names = new PairNames(layouts, this.#options.prefix, ending);
    if (!names.some) return this.#report;
    try {
      this.#report.total = await this.#countNames();
      for await (const page of scanPages(client, names.pattern(), this.#options.call)) {
        // SCAN may give a name twice.
        const halves = [...new Set(page)].map((name) => names.parse(name));
        await this.#firstLook(halves.filter((half) => half !== undefined));
        await this.#lookAgain(MAX_WAITING);
        this.#options.onProgress({ ...this.#report });
      }
      await this.#lookAgain(0);
      this.#options.onProgress({ ...this.#report });
      return { ...this.#report };
    } catch (error) {
      await this.#restore(this.#marked.flatMap(({ halves }) => halves));
      throw error;
    }
  }

  async #countNames(): Promise<number | undefined> {
    try {
      const counts = await this.#settings.client.askPrimaries("sweep", ["DBSIZE"], this.#options.call);
      return counts.reduce<number>((sum, count) => sum + Number(count), 0);
    } catch (error) {
      if ((error as { code?: string }).code === "NOPERM") return undefined;
      throw error;
    }
  }

  async #firstLook(halves: readonly HalfName[]): Promise<void> {
    this.#report.scanned += halves.length;
    const alone = await this.#ours(await this.#stillAlone(halves));
    const { client } = this.#settings;
    const { keyPrefix } = client.batchDefaults.options;
    const clustered = await client.isCluster(this.#options.call);
    const together = (half: HalfName) =>
      !clustered || keySlot(keyPrefix + half.name) === keySlot(keyPrefix + half.other);
    this.#wait(
      this.#suspects,
      alone.map((found) => ({
        found,
        target: { name: found.name, other: together(found) ? found.other : undefined },
      })),
    );
  }

  /** Takes the looks that are due, and waits for further ones until so many halves at most are left. */
  async #lookAgain(limit: number): Promise<void> {
    for (;;) {
      const now = performance.now();
      if ((this.#marked[0]?.dueAt ?? Number.POSITIVE_INFINITY) <= now) await this.#lastLook();
      else if ((this.#suspects[0]?.dueAt ?? Number.POSITIVE_INFINITY) <= now) await this.#secondLook();
      else if (this.#waiting <= limit) return;
      else {
        const next = Math.min(this.#marked[0]?.dueAt ?? Infinity, this.#suspects[0]?.dueAt ?? Infinity);
        await this.#sleep(next - now);
      }
    }
  }

  async #secondLook(): Promise<void> {
    const { client } = this.#settings;
    const suspects = this.#take(this.#suspects);
    const alone = await this.#stillAlone(suspects.map(({ found }) => found));
    const still = new Set(alone);
    const rest = suspects.filter(({ found }) => still.has(found));
    if (this.#options.dryRun) {
      const questions = alone.map(({ name }) => ({ command: "STRLEN", name }) as const);
      const lengths = await askNames(client, "sweep", questions, this.#options.call);
      for (const [i, half] of alone.entries()) this.#count(half, Number(lengths[i] ?? 0));
      return;
    }
    this.#markAt += MARK_STEP_MS;
    const expiresAt = String(this.#markAt);
    try {
      const targets = rest.map(({ target }) => target);
      const marks = await markHalves(client, targets, expiresAt, this.#options.call);
      const marked = rest.flatMap((suspect, i) => {
        const mark = marks[i];
        return mark === undefined ? [] : [{ ...suspect, mark }];
      });
      this.#wait(this.#marked, marked);
    } catch (error) {
      await this.#restore(rest.map((suspect) => ({ ...suspect, mark: { kind: "marked", expiresAt } })));
      throw error;
    }
  }

  async #lastLook(): Promise<void> {
    // It leaves the list when all is done: until then a failure has its marks taken off.
    const { halves } = this.#marked[0]!;
    const apart = halves.filter(({ target }) => target.other === undefined);
    const alone = new Set(await this.#stillAlone(apart.map(({ found }) => found)));
    const isWhole = ({ found, target }: Marked) => target.other === undefined && !alone.has(found);
    const rest = halves.filter((half) => !isWhole(half));
    const removed = await removeHalves(
      this.#settings.client,
      rest.map(({ target, mark }) => ({ ...target, mark })),
      this.#options.call,
    );
    for (const [i, { found }] of rest.entries()) {
      const byteLength = removed[i];
      if (byteLength === undefined) continue;
      this.#count(found, byteLength);
      this.#report.removed++;
    }
    await this.#restore(halves.filter(isWhole));
    this.#take(this.#marked);
  }

  /** Those whose other half is missing. */
  async #stillAlone(halves: readonly HalfName[]): Promise<HalfName[]> {
    const questions = halves.map(({ other }) => ({ command: "EXISTS", name: other }) as const);
    const there = await askNames(this.#settings.client, "sweep", questions, this.#options.call);
    return halves.filter((_, i) => there[i] === 0);
  }

  /** Leaves out metadata that the codec does not know: it is somebody else's, whatever its name. */
  async #ours(halves: readonly HalfName[]): Promise<HalfName[]> {
    const { client, codec } = this.#settings;
    const metadata = halves.filter(({ half }) => half === "metadata");
    const questions = metadata.map(({ name }) => ({ command: "GET", name }) as const);
    const values = await askNames(client, "sweep", questions, this.#options.call);
    const foreign = new Set(metadata.filter((_, i) => !isMetadata(codec, values[i])));
    return halves.filter((half) => !foreign.has(half));
  }

  /** Neither abort nor failure keeps the rest from being restored. */
  async #restore(halves: readonly Marked[]): Promise<void> {
    for (let at = 0; at < halves.length; at += PAGE_NAMES) {
      const part = halves.slice(at, at + PAGE_NAMES).map(({ target, mark }) => ({ ...target, mark }));
      await restoreHalves(this.#settings.client, part, { timeoutMs: this.#options.call.timeoutMs }).catch(
        () => {},
      );
    }
  }

  #count({ half }: HalfName, byteLength: number): void {
    if (half === "metadata") this.#report.orphanMetadata++;
    else this.#report.orphanBytes++;
    this.#report.byteLength += byteLength;
  }

  #wait<T>(list: Waiting<T>[], halves: readonly T[]): void {
    if (halves.length === 0) return;
    this.#waiting += halves.length;
    list.push({ halves, dueAt: performance.now() + this.#options.graceMs });
  }

  #take<T>(list: Waiting<T>[]): readonly T[] {
    const { halves } = list.shift()!;
    this.#waiting -= halves.length;
    return halves;
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#options.call;
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch {
      throw new AbortError("ABORTED", "sweep: aborted", [], { cause: signal!.reason });
    }
  }
}

function isMetadata(codec: MetadataCodec<unknown>, value: unknown): boolean {
  if (!(value instanceof Uint8Array)) return false;
  try {
    return codec.byteLengthOf?.(value) !== undefined;
  } catch {
    return false;
  }
}
