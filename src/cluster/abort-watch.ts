/** One listener per signal, however many wait with it: AbortSignal itself looks through all of its listeners at each change. */
export class AbortWatch {
  readonly #waiting = new Map<
    AbortSignal,
    { readonly calls: Set<() => void>; readonly listener: () => void }
  >();

  /** Calls `onAbort` when the signal fires, until the returned function has been called. */
  watch(signal: AbortSignal, onAbort: () => void): () => void {
    let entry = this.#waiting.get(signal);
    if (entry === undefined) {
      const calls = new Set<() => void>();
      const listener = () => {
        this.#waiting.delete(signal);
        for (const call of calls) call();
      };
      entry = { calls, listener };
      this.#waiting.set(signal, entry);
      signal.addEventListener("abort", listener, { once: true });
    }
    const { calls, listener } = entry;
    calls.add(onAbort);
    return () => {
      calls.delete(onAbort);
      if (calls.size > 0 || this.#waiting.get(signal)?.calls !== calls) return;
      this.#waiting.delete(signal);
      signal.removeEventListener("abort", listener);
    };
  }
}
