import { existsSync as fileExists } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type ClientOrigin, originOf } from "../cluster/client-origin.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { ConfigError, NotAppliedError, TimeoutError } from "../errors.ts";
import { fromPlainError } from "./error-transfer.ts";
import type { SyncAnswer, SyncRequest, SyncWorkerData } from "./exists-sync-worker.ts";

/** The deadline is the worker's, which knows why; it is given this much to say so. */
const ANSWER_GRACE_MS = 100;
/** A worker is taken for dead when an answer is so late, or when none came for so long since its start. */
const MAX_DELAY_MS = 1000;
const MAX_START_MS = 30_000;

interface Running {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly answered: Int32Array;
  readonly startedAt: number;
  hasAnswered: boolean;
  /** The deadline of the first request that no answer came after; undefined while none has passed. */
  overdueSince: number | undefined;
}

/**
 * Commands that block this thread until they are answered: a worker with a connection of its own asks, and this thread sleeps on shared memory.
 * The worker starts with the first call and keeps no process alive. A call that cannot wait for the start leaves the worker to later ones; it is
 * replaced when it has died or falls silent.
 */
export class SyncCalls {
  readonly #client: SlotClient;
  #running: Running | undefined;
  #lastId = 0;

  constructor(client: SlotClient) {
    this.#client = client;
  }

  /**
   * Replies in the order of the commands, an error in place of one that failed. Throws TimeoutError when nothing is answered in time, ConfigError
   * `UNSUPPORTED_TARGET` when the client's target cannot cross a thread, or what connecting failed with.
   */
  call(what: string, commands: SyncRequest["commands"], timeoutMs: number): (unknown | Error)[] {
    const origin = originOf(this.#client);
    if (origin === undefined) throw notTransferable("the client was not made by connect()");
    const credentials = origin.credentials?.();
    if (origin.credentials !== undefined && credentials === undefined)
      throw notTransferable("credentials() has not been asked yet; await ping() or any other call first");
    const until = performance.now() + timeoutMs;
    const deadline = Date.now() + timeoutMs;
    this.#running ??= this.#start(origin);
    const running = this.#running;
    const id = ++this.#lastId;
    takeAnswer(running, id);
    running.port.postMessage({ id, commands, deadline, credentials } satisfies SyncRequest);
    const message = waitForAnswer(running, id, until + ANSWER_GRACE_MS);
    if (message === undefined) {
      running.overdueSince ??= until;
      if (isDead(running)) void this.stop();
      throw unanswered(what, timeoutMs);
    }
    if (message.error !== undefined) throw fromPlainError(message.error);
    return message.outcomes.map((outcome) =>
      "error" in outcome ? fromPlainError(outcome.error) : asBuffer(outcome.reply),
    );
  }

  /** Ends the worker and its connection; a later call starts another one. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.port.close();
    await running?.worker.terminate();
  }

  #start(origin: ClientOrigin): Running {
    const { port1, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const data = { port: port2, answered, ...transferable(origin) } satisfies SyncWorkerData;
    const file = workerFile();
    if (!fileExists(file))
      throw new ConfigError(
        "WORKER_MISSING",
        `existsSync: there is no ${fileURLToPath(file)}; build the package, or keep the file beside the bundle`,
      );
    let worker: Worker;
    try {
      worker = new Worker(file, {
        workerData: data,
        transferList: [port2],
        execArgv: [],
        name: "existsSync",
      });
    } catch (cause) {
      if ((cause as Error).name !== "DataCloneError") throw cause;
      throw notTransferable(`its options hold what cannot be copied: ${(cause as Error).message}`, cause);
    }
    const running: Running = {
      worker,
      port: port1,
      answered,
      startedAt: performance.now(),
      hasAnswered: false,
      overdueSince: undefined,
    };
    const discard = () => {
      if (this.#running === running) this.#running = undefined;
      port1.close();
    };
    worker.on("error", discard);
    worker.on("exit", discard);
    worker.unref();
    port1.unref();
    return running;
  }
}

/** Sleeps until the answer is there; undefined when it is not by `until`, on the clock of `performance`. */
function waitForAnswer(running: Running, id: number, until: number): SyncAnswer | undefined {
  for (;;) {
    // Read before the look: an answer that comes behind the look has changed it.
    const count = Atomics.load(running.answered, 0);
    const answer = takeAnswer(running, id);
    const leftMs = until - performance.now();
    if (answer !== undefined || leftMs <= 0) return answer;
    Atomics.wait(running.answered, 0, count, leftMs);
  }
}

/** The answer to one request, if it is there. Those before it came too late for their calls, and are dropped. */
function takeAnswer(running: Running, id: number): SyncAnswer | undefined {
  for (;;) {
    const received = receiveMessageOnPort(running.port) as { message: SyncAnswer } | undefined;
    if (received === undefined) return undefined;
    running.hasAnswered = true;
    running.overdueSince = undefined;
    if (received.message.id === id) return received.message;
  }
}

function isDead({ startedAt, hasAnswered, overdueSince }: Running): boolean {
  const now = performance.now();
  return hasAnswered ? now - (overdueSince ?? now) >= MAX_DELAY_MS : now - startedAt >= MAX_START_MS;
}

function unanswered(what: string, timeoutMs: number): TimeoutError {
  const message = `${what}: no answer of the worker within ${timeoutMs} ms`;
  const reason = new NotAppliedError("TIMEOUT", message, { keyIndex: 0 });
  return new TimeoutError("TIMEOUT", message, [{ status: "rejected", reason }]);
}

/** From source, Node itself strips the types since 22.18; an older one runs what was built. */
function workerFile(): URL {
  if (!import.meta.url.endsWith(".ts")) return new URL("./exists-sync-worker.js", import.meta.url);
  const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);
  return stripsTypes
    ? new URL("./exists-sync-worker.ts", import.meta.url)
    : new URL("../../dist/connector/exists-sync-worker.js", import.meta.url);
}

/** Functions for credentials stay here; what they gave last goes with each request. */
function transferable(origin: ClientOrigin): Omit<SyncWorkerData, "port" | "answered"> {
  const { target } = origin;
  const { credentials: _, ...options } = origin.options;
  const asksCredentials = origin.credentials !== undefined;
  if (typeof target === "string") return { target, options, asksCredentials };
  if (Object.getPrototypeOf(target) !== Object.prototype)
    throw notTransferable("an ioredis instance belongs to its thread; connect by URL or options instead");
  const { credentials: __, ...parts } = target as { credentials?: unknown };
  return { target: parts, options, asksCredentials };
}

function asBuffer(reply: unknown): unknown {
  return reply instanceof Uint8Array ? Buffer.from(reply.buffer, reply.byteOffset, reply.length) : reply;
}

function notTransferable(why: string, cause?: unknown): ConfigError {
  return new ConfigError("UNSUPPORTED_TARGET", `existsSync needs a connection in another thread: ${why}`, {
    option: "target",
    cause,
  });
}
