import { FLAG } from "../command-entry.ts";
import type { ServerNode } from "../server-node.ts";
import { Tracking } from "./tracking.ts";

/** Client side caching: takes hold of what is read and changed. */
export function attachTracking(node: ServerNode): void {
  const { hooks, info } = node;
  const executed: (typeof hooks.executed)[number] = (client, entry, args) => {
    if (client.tracking !== undefined && (entry.bits & FLAG.readonly) !== 0)
      tracking.read(client, entry, args);
    if (!node.nested) tracking.finish(client);
  };
  const limit = (): undefined => tracking.limit(node.config.number("tracking-table-max-keys"));
  // While nobody tracks this costs nothing. `limit` is no refusal: there the real server looks after the size of its table.
  const tracking = new Tracking(node, (used) => {
    toggle(hooks.executed, executed, used);
    toggle(hooks.refusal, limit, used);
    toggle(hooks.cron, limit, used);
  });
  node.tracking = tracking;
  hooks.keyChanged.push((_, key, by) => tracking.changed(key, by));
  hooks.databaseFlushed.push(() => tracking.flushed());
  hooks.beforeSleep.push(() => tracking.broadcast());
  hooks.cron.push(() => tracking.broadcast());
  hooks.closed.push((client) => tracking.disable(client));
  info.add("Stats", () => [
    ["tracking_total_keys", tracking.keys.size],
    ["tracking_total_items", tracking.keys.items],
    ["tracking_total_prefixes", tracking.prefixes.size],
  ]);
}

function toggle<T>(list: T[], item: T, wanted: boolean): void {
  const place = list.indexOf(item);
  if (wanted && place < 0) list.push(item);
  else if (!wanted && place >= 0) list.splice(place, 1);
}
