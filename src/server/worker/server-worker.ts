import { parentPort, workerData } from "node:worker_threads";
import { ManualClock } from "../manual-clock.ts";
import { startCluster } from "../start-cluster.ts";
import { startServer } from "../start-server.ts";
import { ClusterCalls } from "./cluster-calls.ts";
import { toPlainError } from "./plain-error.ts";
import { ServerCalls } from "./server-calls.ts";
import { START_CALL, type WorkerPlan, type WorkerReport, type WorkerRequest } from "./worker-message.ts";

/** The thread of a server or a cluster that was started with `worker` or `workers`. */

const plan = workerData as WorkerPlan;
const clock = plan.time === undefined ? undefined : ManualClock.following(plan.time);
let calls: ServerCalls | ClusterCalls | undefined;

function report(message: WorkerReport): void {
  parentPort?.postMessage(message);
}

async function start(): Promise<unknown> {
  const options = { ...plan.options, clock };
  if (plan.what === "cluster") {
    calls = new ClusterCalls(await startCluster(options), (news) => report({ kind: "news", news }));
  } else {
    const server = await startServer(options);
    void server.closed.then(() => report({ kind: "ended" }));
    calls = new ServerCalls(server);
  }
  return calls.start();
}

function run({ method, args }: WorkerRequest): unknown {
  if (method === "advance") return clock?.advanceTo(args[0] as number);
  const methods = calls as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  return methods[method]?.(...args);
}

async function answer(call: number, work: () => unknown): Promise<void> {
  let outcome: WorkerReport;
  try {
    outcome = { kind: "value", call, value: await work() };
  } catch (error) {
    outcome = { kind: "error", call, error: toPlainError(error) };
  }
  if (calls instanceof ClusterCalls) calls.tellNews();
  report(outcome);
}

// What arrives during the start waits in the port.
void answer(START_CALL, start).then(() => {
  parentPort?.on("message", (request: WorkerRequest) => void answer(request.call, () => run(request)));
});
