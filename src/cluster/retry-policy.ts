/** `safe`: after a lost connection only what is harmless to run twice; see {@link mayRepeat}. */
export type RetryMode = "safe" | "at-least-once" | "never";

/**
 * What running a command twice would mean.
 * - `read`: nothing.
 * - `repeatable`: nothing either, since what it writes does not depend on when (RecordStore's own SETs).
 * - `write`: possibly harm.
 */
export type Effect = "read" | "repeatable" | "write";

const FIRST_BACKOFF_MS = 8;
const LONGEST_BACKOFF_MS = 200;

/** Whether a command whose reply was lost may be sent again; pure. */
export function mayRepeat(effect: Effect, mode: RetryMode): boolean {
  if (mode === "never") return false;
  return mode === "at-least-once" || effect !== "write";
}

/**
 * How long to wait before try `attempt` (1 for the first repetition): full jitter over 8 ms × 2^attempt, 200 ms at most, so that
 * a promotion is met within a quarter of a second of its becoming visible. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 10));
  return Math.ceil(ceiling * (0.5 + random / 2));
}
