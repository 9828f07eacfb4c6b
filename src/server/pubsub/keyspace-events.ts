import { NOTIFY } from "../config/notify-flags.ts";
import type { PubSub } from "./pubsub.ts";

const CHANNELS = (NOTIFY.K as number) | (NOTIFY.E as number);

/** Publishes what happens to keys, as notify-keyspace-events says; to this node's connections only. */
export class KeyspaceEvents {
  /** See NOTIFY. */
  bits = 0;
  readonly #pubsub: PubSub;

  constructor(pubsub: PubSub) {
    this.#pubsub = pubsub;
  }

  /** False where no event can match: neither K nor E is set, or nothing besides them. */
  get wanted(): boolean {
    return (this.bits & CHANNELS) !== 0 && (this.bits & ~CHANNELS) !== 0;
  }

  /** `type` is a letter of notify-keyspace-events. */
  notify(type: string, event: string, key: string, db: number): void {
    const { bits } = this;
    if ((bits & (NOTIFY[type] as number)) === 0) return;
    if ((bits & (NOTIFY.K as number)) !== 0) this.#pubsub.publish(`__keyspace@${db}__:${key}`, event);
    if ((bits & (NOTIFY.E as number)) !== 0) this.#pubsub.publish(`__keyevent@${db}__:${event}`, key);
  }
}
