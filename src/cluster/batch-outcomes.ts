import { BatchError, ConfigError, NotAppliedError, OutcomeUnknownError } from "../errors.ts";
import type { BatchOutcomes } from "./telemetry.ts";

/** Outcomes of a call whose other items have all succeeded. */
export function countOutcomes(itemCount: number, errors: Iterable<unknown>, misses: number): BatchOutcomes {
  let failed = 0;
  let notApplied = 0;
  let unknown = 0;
  for (const error of errors) {
    if (error instanceof OutcomeUnknownError) unknown++;
    else if (error instanceof NotAppliedError || error instanceof ConfigError) notApplied++;
    else failed++;
  }
  const succeeded = itemCount - failed - notApplied - unknown;
  return { succeeded, failed, notApplied, unknown, misses };
}

export function countSettled(results: readonly PromiseSettledResult<unknown>[]): BatchOutcomes {
  const errors = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  return countOutcomes(results.length, errors, 0);
}

/** Outcomes of a call that rejected: its `results`, or the one reason for all of its items. */
export function countRejected(error: unknown, itemCount: number): BatchOutcomes {
  if (!(error instanceof BatchError)) return countOutcomes(itemCount, new Array(itemCount).fill(error), 0);
  const results = error.results as PromiseSettledResult<unknown>[];
  const values = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  return { ...countSettled(results), misses: countMisses(values) };
}

/** Items that are not there, in what `mget`, `getMany` and `containsMany` give. */
export function countMisses(values: readonly unknown[]): number {
  let misses = 0;
  for (const value of values) if (value === null || value === false) misses++;
  return misses;
}
