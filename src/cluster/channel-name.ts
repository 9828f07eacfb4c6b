import { describe } from "../bytes/describe.ts";
import { type Key, keyIdentity } from "../bytes/key.ts";
import { ConfigError } from "../errors.ts";

/** How a channel is subscribed: SUBSCRIBE, PSUBSCRIBE (a glob pattern) or SSUBSCRIBE (at the owner of its slot). */
export type ChannelKind = "channel" | "pattern" | "shard";

export interface ChannelName {
  readonly kind: ChannelKind;
  /** Without any prefix: a client's `keyPrefix` is for keys. */
  readonly name: Buffer;
  /** Equal for two names exactly when kind and bytes are. */
  readonly id: string;
}

/** What to subscribe to; at least one name. */
export interface SubscribeRequest {
  /** SUBSCRIBE: on a cluster every node hears what was published at any node. */
  readonly channels?: readonly Key[] | undefined;
  /** PSUBSCRIBE: glob patterns. */
  readonly patterns?: readonly Key[] | undefined;
  /** SSUBSCRIBE (Redis 7, Valkey): at the owner of each channel's slot, for what SPUBLISH sends. */
  readonly shardChannels?: readonly Key[] | undefined;
}

/** By kind: the commands, and the first word of the confirmations. */
export const CHANNEL_COMMANDS: Readonly<
  Record<ChannelKind, { readonly join: string; readonly leave: string }>
> = {
  channel: { join: "subscribe", leave: "unsubscribe" },
  pattern: { join: "psubscribe", leave: "punsubscribe" },
  shard: { join: "ssubscribe", leave: "sunsubscribe" },
};

const REQUEST_KINDS: Readonly<Record<keyof SubscribeRequest, ChannelKind>> = {
  channels: "channel",
  patterns: "pattern",
  shardChannels: "shard",
};

export function channelId(kind: ChannelKind, name: Key): string {
  return `${kind} ${keyIdentity(name)}`;
}

/** The names of a request, each once. Throws ConfigError `UNKNOWN_OPTION` or `BAD_ARGUMENT`. */
export function channelNames(request: SubscribeRequest): ChannelName[] {
  if (typeof request !== "object" || request === null)
    throw badArgument("request", "an object with channels, patterns or shardChannels", request);
  const names = new Map<string, ChannelName>();
  for (const [option, list] of Object.entries(request) as [
    keyof SubscribeRequest,
    readonly Key[] | undefined,
  ][]) {
    if (!Object.hasOwn(REQUEST_KINDS, option)) {
      const message = `unknown option "${option}" of subscribe; the options are ${Object.keys(REQUEST_KINDS).join(", ")}`;
      throw new ConfigError("UNKNOWN_OPTION", message, { option });
    }
    if (list === undefined) continue;
    if (!Array.isArray(list)) throw badArgument(option, "an array of names", list);
    for (const name of list as readonly Key[]) {
      const isName = typeof name === "string" || name instanceof Uint8Array;
      if (!isName || name.length === 0)
        throw badArgument(option, "names that are strings or bytes and not empty", name);
      const kind = REQUEST_KINDS[option];
      const id = channelId(kind, name);
      // A copy: the caller's bytes are his again.
      names.set(id, { kind, name: Buffer.from(name as string), id });
    }
  }
  if (names.size === 0) throw badArgument("request", "at least one name", "none");
  return [...names.values()];
}

function badArgument(option: string, expected: string, got: unknown): ConfigError {
  const what = typeof got === "string" && got !== "" ? got : describe(got);
  return new ConfigError("BAD_ARGUMENT", `${option}: expected ${expected}, got ${what}`, { option });
}
