import { setTimeout as sleep } from "node:timers/promises";

/** Polls every 10 ms until `check` holds; a rejecting check counts as false. Throws after `timeoutMs` (10 s). */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      if (await check()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause });
    await sleep(10);
  }
}
