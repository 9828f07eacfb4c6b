import type { Client } from "../client.ts";
import type { ClientTracking } from "../client-tracking.ts";

/** Tells a connection, or the one that it redirects to, that keys are no longer what they were; null: no key is. */
export type Invalidate = (client: Client, keys: readonly string[] | null) => void;

const CHANNEL = "__redis__:invalidate";

/** Writes invalidations: a push in RESP3, a message of the channel in RESP2, and nothing where neither is possible. */
export function invalidator(clientOf: (id: number) => Client | undefined): Invalidate {
  return (client, keys) => {
    const { tracking } = client;
    if (tracking === undefined) return;
    // A connection may redirect to itself, which is another thing than not to redirect.
    const redirects = tracking.redirect !== 0;
    const target = redirects ? clientOf(tracking.redirect) : client;
    if (target === undefined) return tellBroken(client, tracking);
    if (target.reply.resp === 2 && (!redirects || !target.subscribed)) return;
    target.reply.outOfBand((reply) => {
      if (reply.resp === 3) {
        reply.push(2);
        reply.bulk("invalidate");
      } else {
        reply.push(3);
        reply.bulk("message");
        reply.bulk(CHANNEL);
      }
      if (keys !== null) reply.bulks(keys);
      // As the real server does: the nil of the connection that tracks, whatever the target speaks.
      else reply.raw(client.reply.resp === 3 ? "_\r\n" : "$-1\r\n");
    });
  };
}

function tellBroken(client: Client, tracking: ClientTracking): void {
  tracking.brokenRedirect = true;
  if (client.reply.resp === 2) return;
  client.reply.outOfBand((reply) => {
    reply.push(2);
    reply.bulk("tracking-redir-broken");
    reply.integer(tracking.redirect);
  });
}
