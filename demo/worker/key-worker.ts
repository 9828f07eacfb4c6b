import type { Answer, Jobs } from "./protocol.ts";
import { workerAddress } from "./worker-address.ts";

/** The page's end of a worker: one promise per question. */
export class KeyWorker {
  readonly #worker: Worker = new Worker(workerAddress(), { type: "module" });
  readonly #waiting: Map<number, PromiseWithResolvers<unknown>> = new Map();
  #next = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.answer);
    };
    this.#worker.onerror = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The worker did not start."));
      this.#waiting.clear();
    };
  }

  ask<J extends keyof Jobs>(job: J, ask: Jobs[J]["ask"]): Promise<Jobs[J]["answer"]> {
    const id = this.#next++;
    const waiting = withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ id, job, ask });
    return waiting.promise as Promise<Jobs[J]["answer"]>;
  }

  stop(): void {
    this.#worker.terminate();
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Error) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<T>((take, refuse) => {
    resolve = take;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
