import { channel, tracingChannel } from "node:diagnostics_channel";
import type { BatchMessage, ClientEvents, NodeMessage } from "../../src/index.ts";

type Step = "start" | "end" | "asyncStart" | "asyncEnd" | "error";
const STEPS: readonly Step[] = ["start", "end", "asyncStart", "asyncEnd", "error"];
const EVENTS: readonly (keyof ClientEvents)[] = ["nodeUp", "reconnect", "nodeDown", "refresh", "redirect"];

export interface Seen<M> {
  readonly step: Step;
  readonly message: M;
  /** As it was then: the message itself is filled in later. */
  readonly copy: M;
}

/** Everything that slotpack publishes in this process, until it is disposed of. */
export class TelemetryWatch implements Disposable {
  readonly batches: Seen<BatchMessage>[] = [];
  readonly writes: Seen<NodeMessage>[] = [];
  readonly events: { readonly name: keyof ClientEvents; readonly message: object }[] = [];
  readonly #stop: (() => void)[] = [];

  constructor() {
    this.#follow("slotpack:batch", this.batches);
    this.#follow("slotpack:node", this.writes);
    for (const name of EVENTS) {
      const heard = (message: unknown) => this.events.push({ name, message: message as object });
      const plain = channel(`slotpack:${name}`);
      plain.subscribe(heard);
      this.#stop.push(() => plain.unsubscribe(heard));
    }
  }

  /** Calls that have ended. */
  get calls(): BatchMessage[] {
    return this.batches.flatMap(({ step, message }) => (step === "asyncEnd" ? [message] : []));
  }

  /** Packed writes that have ended, without the client's own commands. */
  get packets(): NodeMessage[] {
    return this.writes.flatMap(({ step, message }) =>
      step === "asyncEnd" && message.batch !== undefined ? [message] : [],
    );
  }

  /** The last call that has ended. */
  get last(): BatchMessage {
    return this.calls.at(-1)!;
  }

  clear(): void {
    for (const list of [this.batches, this.writes, this.events]) list.length = 0;
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stop) stop();
  }

  #follow<M extends object>(name: string, list: Seen<M>[]): void {
    const channels = tracingChannel<unknown, M>(name);
    const handlers = Object.fromEntries(
      STEPS.map((step) => [step, (message: M) => list.push({ step, message, copy: { ...message } })]),
    ) as unknown as Parameters<typeof channels.subscribe>[0];
    channels.subscribe(handlers);
    this.#stop.push(() => channels.unsubscribe(handlers));
  }
}
