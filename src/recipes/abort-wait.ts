import { AbortError } from "../errors.ts";

/** The outcome of work that others share, or AbortError where this caller's signal fires before; the work goes on. */
export async function untilAborted<T>(
  what: string,
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = withReject();
  const abort = () =>
    reject(
      new AbortError("ABORTED", `${what}: aborted while waiting for the result`, [], {
        cause: signal.reason,
      }),
    );
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
