/** A place where the two servers did not say the same. */
export class Difference extends Error {}

/** Ports and ids of one server's (or cluster's) nodes. */
export interface Place {
  readonly ports: readonly number[];
  readonly ids: readonly string[];
  /** The port of a standalone server beside, for MIGRATE. */
  readonly target: number;
}
