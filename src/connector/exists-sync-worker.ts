import { type MessagePort, workerData } from "node:worker_threads";
import { connect } from "../cluster/connect.ts";
import type { ConnectOptions } from "../cluster/connect-plan.ts";
import type { Credentials } from "../cluster/connection.ts";
import type { ClientOptions } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { type PlainError, toPlainError } from "./error-transfer.ts";

/** What the thread is started with. */
export interface SyncWorkerData {
  /** Takes requests, gives answers. */
  readonly port: MessagePort;
  /** Counts answers, each after it was sent; whoever waits for one sleeps on it. */
  readonly answered: Int32Array;
  readonly target: string | ConnectOptions;
  readonly options: ClientOptions;
  /** Whether each request brings credentials. */
  readonly asksCredentials: boolean;
}

export interface SyncRequest {
  readonly id: number;
  readonly commands: readonly (readonly [name: string, key: string, ...args: string[]])[];
  /** By `Date.now()`, which threads share; a request may have waited for this thread to start. */
  readonly deadline: number;
  /** As the user's function gave them last: it cannot cross to this thread, and its own thread sleeps. */
  readonly credentials: Credentials | undefined;
}

/** Outcomes in the order of the commands, or why there are none. */
export interface SyncAnswer {
  readonly id: number;
  readonly outcomes: readonly ({ readonly reply: unknown } | { readonly error: PlainError })[];
  readonly error: PlainError | undefined;
}

const { port, answered, target, options, asksCredentials } = workerData as SyncWorkerData;
let credentials: Credentials | undefined;
let client: Promise<SlotClient> | undefined;

async function answer({ id, commands, deadline }: SyncRequest): Promise<SyncAnswer> {
  try {
    const batch = (await connected()).batch();
    for (const [name, ...args] of commands) batch.call(name, ...args);
    // One that comes too late is asked all the same: it has the client connect for the next.
    const timeoutMs = Math.max(1, Math.ceil(deadline - Date.now()));
    const outcomes = (await batch.exec({ timeoutMs })).map((outcome) =>
      outcome.status === "fulfilled" ? { reply: outcome.value } : { error: toPlainError(outcome.reason) },
    );
    return { id, outcomes, error: undefined };
  } catch (error) {
    return { id, outcomes: [], error: toPlainError(error) };
  }
}

/** The one client, which connects with its first call, and again whenever that failed. */
function connected(): Promise<SlotClient> {
  client ??= connect(target, {
    ...options,
    lazyConnect: true,
    ...(asksCredentials ? { credentials: () => credentials! } : {}),
  }).catch((error) => {
    client = undefined;
    throw error;
  });
  return client;
}

port.on("message", async (request: SyncRequest) => {
  credentials = request.credentials;
  port.postMessage(await answer(request));
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
});
