import type { ServerOptions } from "../server-options.ts";
import type { ServerCalls, ServerPlace } from "./server-calls.ts";
import { type StartedWorker, startWorker } from "./start-worker.ts";
import { WorkerServerNode } from "./worker-server-node.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** A server that runs in a worker thread: a `Server` whose methods are calls of the other thread. */
export class WorkerServer implements AsyncDisposable {
  readonly url: string;
  readonly host: string;
  /** 0 without TCP. */
  readonly port: number;
  readonly node: WorkerServerNode;
  /** Resolves when the server has ended, by `close` or by SHUTDOWN; rejects with SERVER_WORKER_FAILED where an error ended its thread. */
  readonly closed: Promise<void>;
  readonly #thread: WorkerThread<ServerCalls>;

  /** @internal */
  constructor({ thread, value }: StartedWorker<ServerCalls>) {
    const { host, port, url } = value as ServerPlace;
    this.url = url;
    this.host = host;
    this.port = port;
    this.node = new WorkerServerNode(thread, 0);
    this.closed = thread.closed;
    this.#thread = thread;
  }

  /** Closes every connection, ends the thread and leaves no handle open; a second call waits for the first. */
  close(): Promise<void> {
    return this.#thread.end("close");
  }

  /** See `Server.kill`; the thread ends as well. */
  kill(): Promise<void> {
    return this.#thread.end("kill");
  }

  pause(): Promise<void> {
    return this.#thread.call("pause");
  }

  resume(): Promise<void> {
    return this.#thread.call("resume");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export async function startWorkerServer(options: ServerOptions): Promise<WorkerServer> {
  return new WorkerServer(await startWorker<ServerCalls>("server", options));
}
