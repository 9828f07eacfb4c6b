/** One way to do a job. `run` does the whole batch once. */
export interface Contestant {
  readonly name: string;
  readonly run: () => unknown;
}

/** The same job done by several contestants. */
export interface Comparison {
  /** Table that it belongs to. */
  readonly section: string;
  readonly shape: string;
  /** Keys, or records, of one run. */
  readonly count: number;
  /** slotpack first; the others are what it is compared with. */
  readonly contestants: readonly Contestant[];
  /** Throws unless all contestants give the same result. */
  readonly check: () => void;
}

/** ns per key (record) of each contestant, by name. */
export interface Measurement {
  readonly comparison: Comparison;
  readonly nanoseconds: ReadonlyMap<string, number>;
}
