import { channel, tracingChannel } from "node:diagnostics_channel";
import type {
  BatchMessage,
  BatchOutcomes,
  ClientEvents,
  NodeMessage,
  TelemetryError,
} from "../../src/index.ts";
import { connect, type SlotClient } from "../../src/index.ts";
import { type Equal, same } from "./equal.ts";

const batches = tracingChannel<unknown, BatchMessage>("slotpack:batch");
batches.asyncEnd.subscribe((message) => {
  const { outcomes, error } = message as BatchMessage;
  same<Equal<typeof outcomes, BatchOutcomes | undefined>>();
  same<Equal<typeof error, TelemetryError | undefined>>();
});
const writes = tracingChannel<unknown, NodeMessage>("slotpack:node");
writes.start.bindStore(null as never, ({ batch }) => batch?.operation);
channel("slotpack:redirect").subscribe((message) => {
  const [redirect] = [message as ClientEvents["redirect"][0]];
  same<Equal<typeof redirect.kind, "moved" | "ask">>();
});

export const clients: Promise<SlotClient>[] = [connect("redis://h", { telemetry: { keys: true } })];
// @ts-expect-error values are never told
connect("redis://h", { telemetry: { values: true } });
