import type { ServerNode } from "../server-node.ts";
import { KeyspaceEvents } from "./keyspace-events.ts";

/** Ends subscriptions with their connections, and publishes keyspace events while notify-keyspace-events asks for any. */
export function attachPubSub(node: ServerNode): void {
  const { config, hooks, info, pubsub } = node;
  hooks.closed.push((client) => pubsub.forget(client));
  hooks.slotLost.push((slot) => pubsub.dropSlot(slot));
  const events = new KeyspaceEvents(pubsub);
  const notify = events.notify.bind(events);
  // The text leaves out `n` beside `A`, the number does not.
  config.watch("notify-keyspace-events", ({ number }) => {
    events.bits = number;
    const place = hooks.notify.indexOf(notify);
    if (events.wanted && place < 0) hooks.notify.push(notify);
    else if (!events.wanted && place >= 0) hooks.notify.splice(place, 1);
  });
  info.add("Stats", () => [
    ["pubsub_channels", pubsub.of("channel").size],
    ["pubsub_patterns", pubsub.of("pattern").size],
    ["pubsubshard_channels", pubsub.of("shard").size],
  ]);
}
