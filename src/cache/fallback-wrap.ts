import type { CacheBackend } from "./cache-backend.ts";
import type { FallbackServing } from "./fallback-serving.ts";
import type { MemoryStore } from "./memory-store.ts";
import type { PrimaryGate } from "./primary-gate.ts";
import type { WrapHost, WrapLock } from "./wrap-host.ts";

/** A cache that others can be a part of, as far as it tells what its own `wrap` and its values rest on. */
export interface FallbackPrimary<V> extends CacheBackend<V> {
  readonly codecName?: string | undefined;
  /** @internal */
  readonly wrapHost?: Pick<WrapHost<V>, "ttlMs" | "wrapLock" | "read" | "write"> | undefined;
}

/** The same as an argument: from a result `V | null` the V of a backend that is made right there would be inferred as `null`. */
export type FallbackArgument<V> = Omit<FallbackPrimary<V>, "get" | "getWithMetadata" | "wrapHost"> & {
  get(...args: never[]): unknown;
  getWithMetadata(...args: never[]): unknown;
  readonly wrapHost?: object | undefined;
};

export interface FallbackWrapParts<V> {
  readonly primary: FallbackPrimary<V>;
  readonly gate: PrimaryGate<V>;
  readonly serving: FallbackServing<V>;
  readonly store: MemoryStore<V>;
  readonly ttlMs: number | null;
}

/** What a FallbackBackend offers its Wrapper. */
export function fallbackWrapHost<V>({
  primary,
  gate,
  serving,
  store,
  ttlMs,
}: FallbackWrapParts<V>): WrapHost<V> {
  const host = primary.wrapHost;
  return {
    ttlMs,
    wrapLock: host?.wrapLock && lockWhileUp(host.wrapLock, gate),
    read: (key, { keepTtl, timeoutMs }) =>
      serving.getEntry(
        key,
        { timeoutMs },
        host &&
          (async (limits) => {
            const entry = await host.read(key, { keepTtl, ...limits });
            return entry && { metadata: null, ...entry };
          }),
      ),
    write: async (key, value, { timeoutMs, ...write }) => {
      await serving.write([key], [value], write, { timeoutMs }, async (limits) => {
        if (host !== undefined) await host.write(key, value, { ...write, ...limits });
        else await primary.set(key, value, { ttlMs: write.ttlMs, metadata: write.metadata, ...limits });
        return true;
      });
    },
    copier: (value) => store.copier(value),
    failed: (error) => serving.failed(error),
  };
}

const NO_LOCK = "";

/** While the primary is down there is nobody to share the lock with: each process goes on as if it had it. */
function lockWhileUp<V>(lock: WrapLock, gate: PrimaryGate<V>): WrapLock {
  const { lockMs, waitMs, pollMs } = lock;
  return {
    lockMs,
    waitMs,
    pollMs,
    async acquire(key) {
      const answer = await gate.ask(undefined, () => lock.acquire(key));
      return answer === undefined ? NO_LOCK : answer.value;
    },
    async release(key, token) {
      if (token !== NO_LOCK) await gate.ask(undefined, () => lock.release(key, token));
    },
  };
}
