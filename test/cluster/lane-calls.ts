import type { SlotClient } from "../../src/index.ts";

export const BULK = { lane: "bulk" } as const;
export const MIB: number = 1024 ** 2;
/** Never reached: what is held by a test is not to be taken for silence. */
export const PATIENT = { deadNodeTimeoutMs: 120_000, timeoutMs: 100_000 } as const;

/** Lets everything run that is due without a timer. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `nodeUp`, `nodeDown` and `reconnect`, in their order. */
export function watchNodes(client: SlotClient): string[] {
  const seen: string[] = [];
  for (const name of ["nodeUp", "nodeDown", "reconnect"] as const) client.on(name, () => seen.push(name));
  return seen;
}
