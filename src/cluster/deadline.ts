/** Waits for what a call needs before it can begin, until its deadline or its caller's abort. */
export async function beforeDeadline<T>(
  work: Promise<T>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<{ end: "complete"; value: T } | { end: "timeout" } | { end: "aborted" }> {
  let stop = () => {};
  const interrupted = new Promise<{ end: "timeout" } | { end: "aborted" }>((resolve) => {
    const timer = setTimeout(() => resolve({ end: "timeout" }), timeoutMs);
    const abort = () => resolve({ end: "aborted" });
    signal?.addEventListener("abort", abort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([work.then((value) => ({ end: "complete", value }) as const), interrupted]);
  } finally {
    stop();
  }
}
