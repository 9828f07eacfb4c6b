import { createHook } from "node:async_hooks";

/** Promises made in this process while `run` is under way, those of `run`'s own async function included. */
export async function countPromises<T>(run: () => Promise<T>): Promise<{ result: T; promises: number }> {
  let promises = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === "PROMISE") promises++;
    },
  });
  hook.enable();
  try {
    const result = await run();
    hook.disable();
    return { result, promises };
  } finally {
    hook.disable();
  }
}
