import { type Channel, channel, type TracingChannel, tracingChannel } from "node:diagnostics_channel";
import type { Key } from "../bytes/key.ts";
import type { ClientEvents } from "./client-events.ts";
import type { Lane } from "./options.ts";

/** How many items of a call ended in which way; the four of them add up to its items, `misses` are among the succeeded. */
export interface BatchOutcomes {
  readonly succeeded: number;
  /** Answered with an error by the server, or with a reply that cannot be read. */
  readonly failed: number;
  /** Never written, or refused by the server. */
  readonly notApplied: number;
  /** Written, and the reply was lost. */
  readonly unknown: number;
  /** `null` in `mget`, `mgetSettled` and `getMany`, `false` in `containsMany`; 0 in other calls. */
  readonly misses: number;
}

/** An error without what the caller's data may have put into its text. */
export interface TelemetryError {
  /** `TimeoutError`, `BatchError`, … */
  readonly name: string;
  /** `TIMEOUT`, `CONNECTION_LOST`, `ECONNRESET`, …; `OTHER` where it is no plain upper-case word, and where there is none. */
  readonly code: string;
  /** `host:port` of the node, where it is one node's error. */
  readonly node: string | undefined;
  /** Only with `telemetry: { keys: true }`, since servers quote arguments. */
  readonly message: string | undefined;
}

/**
 * One call of a SlotClient or a RecordStore, on the tracing channel `slotpack:batch`: the same object in all of its events. The fields behind
 * `keys` are filled in while it lasts, and are final in `asyncStart` and `asyncEnd`.
 */
export interface BatchMessage {
  /** Name of the method: `mget`, `mset`, `batch`, `getMany`, … */
  readonly operation: string;
  /** Keys, records or commands. */
  readonly itemCount: number;
  readonly lane: Lane;
  readonly database: number;
  /** As the caller gave them, the first key of each command in a `batch`; only with `telemetry: { keys: true }`. */
  readonly keys: readonly (Key | undefined)[] | undefined;
  /** Milliseconds, the wait for the connection, the queue, redirects and retries included. */
  readonly durationMs: number | undefined;
  readonly outcomes: BatchOutcomes | undefined;
  /** Packed writes, each of which is a NodeMessage. */
  readonly writeCount: number;
  /** MOVED and ASK replies to items. */
  readonly redirects: number;
  /** Items sent again, redirects not counted. */
  readonly retries: number;
  /** Why the call rejected, if it did. */
  readonly error: TelemetryError | undefined;
}

/** One packed write to one node, on the tracing channel `slotpack:node`: the same object in all of its events, as in BatchMessage. */
export interface NodeMessage {
  /** That of the batch, or the name of a command that is none (`PING`, `CLUSTER`, `SCAN`); undefined where nobody listened when the call began. */
  readonly operation: string | undefined;
  /** The call's own message; undefined for commands of the client itself and for what it does behind a call. */
  readonly batch: BatchMessage | undefined;
  /** `host:port`, or the path of a unix socket. */
  readonly node: string;
  readonly host: string;
  /** 0 for a unix socket. */
  readonly port: number;
  readonly lane: Lane;
  readonly itemCount: number;
  readonly commandCount: number;
  readonly requestBytes: number;
  /** What came in for it, as far as that is known: a read of the socket may hold the end of one answer and the beginning of the next. */
  readonly responseBytes: number | undefined;
  /** Milliseconds from the write to the last reply. */
  readonly durationMs: number | undefined;
  /** Why there are no replies: the connection was lost, or its replies were out of step. Error replies are none. */
  readonly error: TelemetryError | undefined;
}

/** What is written to while it lasts. */
export type Unfinished<M> = { -readonly [K in keyof M]: M[K] };

export const batchChannel: TracingChannel<unknown, BatchMessage> = tracingChannel<unknown, BatchMessage>(
  "slotpack:batch",
);
export const nodeChannel: TracingChannel<unknown, NodeMessage> = tracingChannel<unknown, NodeMessage>(
  "slotpack:node",
);

type EventChannels = { readonly [E in keyof ClientEvents]: Channel };

/** Plain channels that say what the client's own events say. */
export const eventChannels: EventChannels = {
  nodeUp: channel("slotpack:nodeUp"),
  reconnect: channel("slotpack:reconnect"),
  nodeDown: channel("slotpack:nodeDown"),
  refresh: channel("slotpack:refresh"),
  redirect: channel("slotpack:redirect"),
};

/** Whether anybody wants to hear of a call or of its writes. */
export function isTraced(): boolean {
  return batchChannel.hasSubscribers || nodeChannel.hasSubscribers;
}

export function telemetryError(error: unknown, withMessage: boolean): TelemetryError {
  const { name = "Error", code, node, message } = (error ?? {}) as Partial<TelemetryError>;
  // A script's own error begins with whatever its author chose.
  const plain = typeof code === "string" && /^[A-Z][A-Z0-9_]{0,39}$/.test(code);
  return { name, code: plain ? code : "OTHER", node, message: withMessage ? message : undefined };
}
