import type { ChannelName } from "./channel-name.ts";

export interface SubscriptionMessage {
  readonly channel: Buffer;
  /** The pattern that matched; null for a channel that was subscribed by name. */
  readonly pattern: Buffer | null;
  readonly payload: Buffer;
  /** Sent by SPUBLISH. */
  readonly sharded: boolean;
}

/** Names that changed their state together. */
export interface SubscriptionChange {
  /** `host:port` of the node in question. */
  readonly node: string;
  readonly names: readonly ChannelName[];
}

/** Told in the order of the messages, while they are read. */
export interface SubscriptionEvents {
  /** Subscribed for the first time. */
  subscribed: [SubscriptionChange];
  /** From now on messages may be missed: the connection was lost, or the slot of a shard channel has moved. */
  lost: [SubscriptionChange & { readonly cause: Error }];
  /** Subscribed again; what was published since `lost` may have been missed. */
  resubscribed: [SubscriptionChange];
  /** Closed, by itself or with its client. */
  close: [];
}

/** Calls what is the user's own: when it throws, that is its owner's uncaught exception and does not unwind through the replies being read. */
export function callOwner(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
