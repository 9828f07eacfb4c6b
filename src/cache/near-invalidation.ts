import { type Reply, ReplyError } from "../bytes/reply.ts";
import { type ChannelName, channelNames } from "../cluster/channel-name.ts";
import type { RawMessage, SubscriptionSetup } from "../cluster/node-subscription.ts";
import { escapeGlob } from "../cluster/scan.ts";
import { ConfigError, ServerError } from "../errors.ts";
import type { NearInvalidationMode } from "./near-options.ts";

const TRACKING_CHANNEL = "__redis__:invalidate";
/** Keyspace events of generic commands, string commands, expiry and eviction. */
const EVENT_CLASSES = ["g", "$", "x", "e"];

/** How servers are made to tell of changes under a prefix, and how that is read. */
export interface InvalidationSource {
  readonly names: readonly ChannelName[];
  /** Run on each connection before it subscribes. */
  readonly setup: SubscriptionSetup;
  /** The keys, without the prefix, whose copies are outdated; null: all of them. */
  read(message: RawMessage): readonly string[] | null;
}

/** `prefix` is all that stands in front of the cache's keys. */
export function invalidationSource(
  mode: NearInvalidationMode,
  prefix: string,
  database: number,
): InvalidationSource {
  return mode === "tracking" ? tracking(prefix) : keyspaceEvents(prefix, database);
}

/**
 * CLIENT TRACKING in broadcast mode, redirected to the very connection that asks for it: a RESP2 connection that is subscribed gets invalidations as messages. Tried
 * with Redis 7.0.15. Keys of all databases are told; FLUSHALL and FLUSHDB are a null in place of the keys.
 */
function tracking(prefix: string): InvalidationSource {
  const prefixBytes = Buffer.byteLength(prefix);
  return {
    names: channelNames({ channels: [TRACKING_CHANNEL] }),
    setup: async (ask) => {
      const id = String(checked(await ask("CLIENT", "ID")));
      const narrowed = prefix === "" ? [] : ["PREFIX", prefix];
      checked(await ask("CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST", ...narrowed));
    },
    read: ({ payload }) => {
      if (!Array.isArray(payload)) return null;
      return payload.map((key) => (key as Buffer).toString("utf8", prefixBytes));
    },
  };
}

/** Keyspace events, which a server keeps to itself: told by each primary of its own keys. Nothing tells of FLUSHALL and FLUSHDB. */
function keyspaceEvents(prefix: string, database: number): InvalidationSource {
  const head = `__keyspace@${database}__:`;
  const headBytes = Buffer.byteLength(head + prefix);
  return {
    names: channelNames({ patterns: [`${head}${escapeGlob(prefix)}*`] }),
    setup: async (ask) => {
      const reply = await ask("CONFIG", "GET", "notify-keyspace-events");
      // Where CONFIG is forbidden there is nothing to check.
      if (reply instanceof ReplyError) return warnUnchecked(reply.message);
      const [, setting] = reply as Reply[];
      if (setting === undefined) return warnUnchecked("the server does not tell it");
      checkEvents(String(setting));
    },
    read: ({ channel }) => [channel.toString("utf8", headBytes)],
  };
}

function checked(reply: Reply): Reply {
  if (reply instanceof ReplyError) throw new ServerError(reply.code, reply.message);
  return reply;
}

function checkEvents(setting: string): void {
  const missing = ["K", ...EVENT_CLASSES].filter(
    (flag) => !setting.includes(flag) && (flag === "K" || !setting.includes("A")),
  );
  if (missing.length === 0) return;
  const message = `notify-keyspace-events is "${setting}" and lacks ${missing.join(", ")}: set it to "KA", or at least "Kg$xe", in every server, or use invalidation: "tracking"`;
  throw new ConfigError("KEYSPACE_EVENTS_OFF", message, { option: "invalidation" });
}

function warnUnchecked(reason: string): void {
  const warning = `notify-keyspace-events could not be checked (${reason}); without "Kg$xe" in it local copies are outdated until they are maxAgeMs old`;
  process.emitWarning(warning, { type: "SlotpackWarning", code: "KEYSPACE_EVENTS_UNKNOWN" });
}
