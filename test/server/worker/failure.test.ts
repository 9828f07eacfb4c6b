import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { WorkerThread } from "../../../src/server/worker/worker-thread.ts";

interface Calls {
  close(): void;
  crash(): void;
}

/** A worker that answers nothing but `close`, and ends by an error when it is told to crash. */
const SCRIPT = `
  import { parentPort } from "node:worker_threads";
  parentPort.on("message", ({ call, method }) => {
    if (method === "crash") setImmediate(() => { throw new RangeError("out of luck"); });
    if (method === "leave") process.exit(3);
    if (method === "close") parentPort.postMessage({ kind: "value", call, value: undefined });
  });
  parentPort.postMessage({ kind: "value", call: 0, value: "started" });
`;

async function start(): Promise<{ thread: WorkerThread<Calls & { leave(): void }>; worker: Worker }> {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`), { execArgv: [] });
  const thread = new WorkerThread<Calls & { leave(): void }>(worker);
  expect(await thread.started()).toBe("started");
  return { thread, worker };
}

const FAILED = {
  name: "SlotpackError",
  code: "SERVER_WORKER_FAILED",
  message: expect.stringContaining("out of luck"),
  cause: expect.objectContaining({ message: "out of luck" }),
};

test("an uncaught error in the worker rejects the calls that wait, those that come, and closed", async () => {
  const { thread } = await start();
  await expect(thread.call("crash")).rejects.toMatchObject(FAILED);
  await expect(thread.call("crash")).rejects.toMatchObject(FAILED);
  await expect(thread.closed).rejects.toMatchObject(FAILED);
  await thread.end("close");
});

test("an uncaught error while no call waits rejects closed", async () => {
  const { thread, worker } = await start();
  worker.postMessage({ call: 99, method: "crash", args: [] });
  await expect(thread.closed).rejects.toMatchObject(FAILED);
});

test("a worker that leaves without being told has failed", async () => {
  const { thread } = await start();
  await expect(thread.call("leave")).rejects.toMatchObject({
    code: "SERVER_WORKER_FAILED",
    message: expect.stringContaining("exit code 3"),
  });
  await expect(thread.closed).rejects.toMatchObject({ code: "SERVER_WORKER_FAILED" });
});

test("after the end calls are refused, and a second end waits for the first", async () => {
  const { thread } = await start();
  await Promise.all([thread.end("close"), thread.end("close")]);
  await thread.closed;
  await expect(thread.call("crash")).rejects.toMatchObject({ code: "SERVER_CLOSED" });
});
