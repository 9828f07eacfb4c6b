import { identityOf } from "./near-store.ts";

interface Mark {
  readers: number;
  broken: boolean;
}

/** The reads of one call under way, from before they were sent until what came has been stored or not. */
export interface MarkedRead {
  /** Whether nothing happened to the key since the read began. */
  isUnbroken(index: number): boolean;
  end(): void;
}

/** Which keys are being read, so that what happens to one meanwhile keeps its reply from being stored. */
export class NearMarks {
  readonly #marks = new Map<string, Mark>();

  begin(keys: readonly string[]): MarkedRead {
    const ids = keys.map(identityOf);
    const marks = ids.map((id) => {
      let mark = this.#marks.get(id);
      if (mark === undefined) {
        mark = { readers: 0, broken: false };
        this.#marks.set(id, mark);
      }
      mark.readers++;
      return mark;
    });
    return {
      isUnbroken: (index) => !marks[index]!.broken,
      end: () => {
        marks.forEach((mark, i) => {
          mark.readers--;
          if (mark.readers === 0 && this.#marks.get(ids[i]!) === mark) this.#marks.delete(ids[i]!);
        });
      },
    };
  }

  /** Reads that begin from now on have a mark of their own. */
  break(key: string): void {
    const id = identityOf(key);
    const mark = this.#marks.get(id);
    if (mark === undefined) return;
    mark.broken = true;
    this.#marks.delete(id);
  }

  breakAll(): void {
    for (const mark of this.#marks.values()) mark.broken = true;
    this.#marks.clear();
  }

  /** Keys that are being read now. */
  get size(): number {
    return this.#marks.size;
  }
}
