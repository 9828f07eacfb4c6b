import { NotAppliedError, OutcomeUnknownError, ServerError, type SlotpackError } from "../../src/index.ts";

/** The four ways in which a command ends; anything else is a defect. */
export type Outcome = "value" | "server" | "not-applied" | "unknown";

export function outcomeOf(result: PromiseSettledResult<unknown>): Outcome {
  if (result.status === "fulfilled") return "value";
  const { reason } = result;
  if (reason instanceof ServerError) return "server";
  if (reason instanceof NotAppliedError) return "not-applied";
  if (reason instanceof OutcomeUnknownError) return "unknown";
  throw new Error("an outcome that is none of the four", { cause: reason });
}

/** The error of a call that has to reject. */
export async function errorOf(
  call: Promise<unknown>,
): Promise<SlotpackError & { results: PromiseSettledResult<unknown>[] }> {
  try {
    await call;
  } catch (error) {
    return error as SlotpackError & { results: PromiseSettledResult<unknown>[] };
  }
  throw new Error("the call was expected to reject");
}

/** Reply of a settled command as text (bulk strings) or as it is; throws its error. */
export function replyOf(result: PromiseSettledResult<unknown> | undefined): unknown {
  if (result === undefined) throw new Error("no outcome at this index");
  if (result.status === "rejected") throw result.reason;
  return plain(result.value);
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString();
  return Array.isArray(value) ? value.map(plain) : value;
}
