import type { CacheBackend } from "../../src/cache/cache-backend.ts";
import { CacheConnectionError } from "../../src/cache/cache-error.ts";
import { MemoryBackend } from "../../src/cache/memory-backend.ts";

export interface FlakyPrimary {
  readonly backend: CacheBackend<Uint8Array>;
  /** What it holds, past its failures. */
  readonly inside: MemoryBackend;
  /** Names of the calls that came, since `calls` was last emptied. */
  readonly calls: string[];
  /** How calls of a method fail; `*` stands for all of them. */
  readonly failing: Map<string, () => Error>;
  /** Calls wait for it before they go on; what a call found out it found out before. */
  gate: Promise<void> | undefined;
  goDown(): void;
  comeBack(): void;
}

const UNTOUCHED = new Set([
  "name",
  "isConnected",
  "store",
  "codecName",
  "ttlMs",
  "wrapHost",
  "keys",
  "disconnect",
]);

/** A primary whose failures the test decides about. */
export function flakyPrimary(): FlakyPrimary {
  const inside = new MemoryBackend();
  const flaky: FlakyPrimary = {
    inside,
    calls: [],
    failing: new Map(),
    gate: undefined,
    backend: new Proxy(inside, {
      get(target, name: string) {
        const member = Reflect.get(target, name, target) as unknown;
        if (typeof member !== "function") return member;
        if (UNTOUCHED.has(name)) return member.bind(target);
        return async (...args: unknown[]) => {
          flaky.calls.push(name);
          const fail = flaky.failing.get(name) ?? flaky.failing.get("*");
          if (name === "ping" && fail !== undefined) return false;
          if (fail !== undefined) throw fail();
          const outcome = await (member as (...args: unknown[]) => Promise<unknown>).apply(target, args);
          await flaky.gate;
          return outcome;
        };
      },
    }) as unknown as CacheBackend<Uint8Array>,
    goDown: () =>
      void flaky.failing.set("*", () => new CacheConnectionError("CONNECT_FAILED", "nobody is there")),
    comeBack: () => flaky.failing.clear(),
  };
  return flaky;
}
