import type { Clock } from "../clock.ts";
import type { ServerOptions } from "../server-options.ts";
import type { WorkerPlan } from "./worker-message.ts";
import { checkTransferable, manualClockOf } from "./worker-options.ts";
import { spawnServerWorker } from "./worker-script.ts";
import { WorkerThread } from "./worker-thread.ts";

/** A worker whose server or cluster runs, and what its start returned. */
export interface StartedWorker<C> {
  readonly thread: WorkerThread<C>;
  readonly value: unknown;
}

/** Starts a server or a cluster in a thread of its own; rejects as its start does here. */
export async function startWorker<C>(
  what: WorkerPlan["what"],
  given: ServerOptions,
  onNews?: (news: never) => void,
): Promise<StartedWorker<C>> {
  const { clock, ...options } = given as ServerOptions & Readonly<Record<string, unknown>>;
  checkTransferable(options);
  const manual = manualClockOf(clock as Clock | undefined);
  const workerData: WorkerPlan = { what, options, time: manual?.share() };
  const thread = new WorkerThread<C>(
    // Options of this process such as --input-type are not for the script.
    spawnServerWorker({ workerData, name: `slotpack ${what}`, execArgv: [] }),
    onNews,
  );
  const leave = manual?.lead(thread);
  if (leave !== undefined) void thread.exited.then(leave);
  try {
    return { thread, value: await thread.started() };
  } catch (error) {
    await thread.end();
    throw error;
  }
}
