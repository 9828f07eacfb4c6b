import { AbortWatch } from "../cluster/abort-watch.ts";
import { AbortError } from "../errors.ts";

const ABORTS = new AbortWatch();

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
  let unwatch = () => {};
  if (signal.aborted) abort();
  else unwatch = ABORTS.watch(signal, abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    unwatch();
  }
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
