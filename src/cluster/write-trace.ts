import type { BatchTrace } from "./batch-trace.ts";
import type { Packet } from "./packet.ts";
import type { NodeAddress } from "./redirect.ts";
import { type NodeMessage, nodeChannel, telemetryError, type Unfinished } from "./telemetry.ts";

/** The connection that a packet is written to. */
export interface WritePlace {
  readonly name: string;
  readonly address: NodeAddress;
  /** There in the bulk lane only. */
  readonly portionBytes: number | undefined;
}

/** To be called before a packet is written; undefined unless somebody listens. */
export function traceWrite(place: WritePlace, packet: Packet): WriteTrace | undefined {
  const { trace } = packet;
  if (trace !== undefined) trace.message.writeCount++;
  return nodeChannel.hasSubscribers ? new WriteTrace(place, packet) : undefined;
}

/** One packed write on the tracing channel, in the async context of its call. */
export class WriteTrace {
  readonly #message: Unfinished<NodeMessage>;
  readonly #batch: BatchTrace | undefined;
  readonly #began: number = performance.now();

  constructor(place: WritePlace, packet: Packet) {
    this.#batch = packet.trace;
    this.#message = {
      operation: packet.trace?.message.operation ?? packet.operation,
      batch: packet.trace?.message,
      node: place.name,
      host: place.address.host,
      port: place.address.port,
      lane: place.portionBytes === undefined ? "main" : "bulk",
      itemCount: packet.itemCount,
      commandCount: packet.commandCount,
      requestBytes: packet.byteLength,
      responseBytes: undefined,
      durationMs: undefined,
      error: undefined,
    };
    this.#publish(() => {
      nodeChannel.start.publish(this.#message);
      nodeChannel.end.publish(this.#message);
    });
  }

  answered(responseBytes: number): void {
    this.#message.responseBytes = responseBytes;
    this.#finish();
  }

  failed(cause: Error): void {
    this.#message.error = telemetryError(cause, this.#batch?.withMessages === true);
    this.#finish();
  }

  #finish(): void {
    const message = this.#message;
    message.durationMs = performance.now() - this.#began;
    this.#publish(() => {
      if (message.error !== undefined) nodeChannel.error.publish(message);
      nodeChannel.asyncStart.publish(message);
      nodeChannel.asyncEnd.publish(message);
    });
  }

  #publish(publish: () => void): void {
    if (this.#batch === undefined) publish();
    else this.#batch.publish(publish);
  }
}
