import type { CodecName, ValueCodec } from "../cache/value-codec.ts";
import type { CallOptions } from "../cluster/options.ts";

export interface UpdateBusOptions<T> {
  /**
   * True: SPUBLISH and SSUBSCRIBE (Redis 7, Valkey), by which a message stays with the nodes of its topic's slot. Default false: PUBLISH, which a cluster sends to all
   * of its nodes. Publishers and subscribers must agree.
   */
  sharded?: boolean | undefined;
  /** How values become bytes: `json` (default), `msgpack`, `text`, `bytes` or a codec of your own. */
  codec?: CodecName | ValueCodec<T> | undefined;
  /** In front of every topic. Default `updates:`. */
  prefix?: string | undefined;
}

export interface UpdateIteratorOptions extends BusCallOptions {
  /** Messages that wait for the iterator's reader before the oldest are dropped, from 1. Default 1,000. */
  maxQueued?: number | undefined;
}

export type BusCallOptions = Pick<CallOptions, "signal" | "timeoutMs">;

/** Told of the topics of this bus. */
export interface UpdateBusEvents {
  /** From now on messages are missed: the connection was lost, or the topic's slot has moved. */
  lost: [{ readonly topics: readonly string[]; readonly cause: Error }];
  /** Subscribed again, and `gapMs` milliseconds' worth of messages may be missing: read anew what they would have told. */
  gap: [{ readonly topics: readonly string[]; readonly gapMs: number }];
  /** The codec could not read a message; it was passed over. */
  undecodable: [{ readonly topic: string; readonly payload: Buffer; readonly cause: unknown }];
  /** Closed, by itself or with its client. */
  close: [];
}
