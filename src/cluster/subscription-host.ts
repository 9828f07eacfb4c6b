import type { Network } from "./network.ts";
import type { NodeConnections } from "./node-subscriptions.ts";
import type { CallOptions } from "./options.ts";
import type { WaitLimits } from "./subscription-waiters.ts";

export type SubscribeOptions = Pick<CallOptions, "signal" | "timeoutMs">;

/** A subscription as its client sees it. */
export interface LiveSubscription {
  look(now: number, silenceMs: number): void;
  forgiveSilence(now: number): void;
  /** Goes along with the topology. */
  review(): void;
  close(): void;
}

/** What a subscription needs of its client. */
export interface SubscriptionHost extends NodeConnections {
  network(): Network | undefined;
  /** To be called when the topology has changed. */
  review(): void;
  /** Of one call; throws ConfigError and AbortError. */
  limits(what: string, options: SubscribeOptions | undefined): WaitLimits;
  ended(subscription: LiveSubscription): void;
}
