import type { Key } from "../bytes/key.ts";
import { type Reply, ReplyError } from "../bytes/reply.ts";
import type { SlotpackError } from "../errors.ts";
import type { PackedBatch } from "../wasm/kernel.ts";
import type { Effect } from "./retry-policy.ts";

/** Which node each slot belongs to, for one packing. */
export interface SlotRoute {
  /** Slot → node index; undefined when one node has everything. */
  readonly nodeOfSlot: Uint16Array | undefined;
  readonly nodeCount: number;
  /** Changes whenever an entry of `nodeOfSlot` does. */
  readonly version: number;
}

/** No error: the item has been taken so far, and its next command is to be sent now. */
export const NEXT_STEP: ReplyError = new ReplyError("NEXT");

/**
 * What a call wants done: items (a key, a record, a chain of commands on one key), how they look on the wire and what becomes of their
 * replies. The dispatch asks it to pack, and tells it of every item exactly once: `accept` without an error, or `fail`.
 */
export interface BatchSource {
  readonly itemCount: number;
  /** Bytes of values that wait with this call, for the admission. */
  readonly byteLength: number;
  /** After this many TRYAGAINs an item fails with `TRYAGAIN` instead of being tried until the deadline. */
  readonly tryAgainLimit: number;
  effectOf(item: number): Effect;
  /** Packs these items, or all; `asking` puts ASKING in front of each. */
  pack(items: Uint32Array | undefined, route: SlotRoute, asking: boolean): PackedBatch;
  /** Replies that one packed item gets. */
  repliesOf(item: number, asking: boolean): number;
  commandsOf(item: number): number;
  /** Bytes that the replies to one item are expected to take. */
  readonly expectedReplyBytes: number;
  /** Whether that is a guess, since no reply has been seen yet. */
  readonly replyBytesGuessed?: boolean;
  /**
   * Takes the replies of an item, which begin at `replies[at]`. Returns the error reply that decides about it, in which case nothing was
   * taken, or undefined when the item is done.
   */
  accept(item: number, replies: readonly Reply[], at: number, asking: boolean): ReplyError | undefined;
  /** The item has failed; this is its outcome. */
  fail(item: number, error: SlotpackError): void;
  /** Whether a later item writes the same key: then this one is not sent again, and the later one's outcome is its own. */
  supersede(item: number): boolean;
  /** Place for a large value of this item, see Packet. */
  place?(item: number, reply: number, element: number, length: number): Buffer | undefined;
  /** For telemetry: the keys as the caller gave them, the errors of all failed items, and how many were not there. */
  readonly keys?: readonly Key[];
  failures?(): Iterable<Error>;
  missCount?(): number;
  /** `bytes` were received for `items` items, to learn from. */
  observeReplyBytes(bytes: number, items: number): void;
}
