import type { Reply } from "../bytes/reply.ts";
import type { BatchTrace } from "./batch-trace.ts";

/** Why a packet did not get its replies. */
export interface PacketFailure {
  /**
   * `unsent`: no byte of it reached the socket. `lost`: it was written and the connection ended before its last reply;
   * `answered` holds the replies that had come. `desync`: the replies were out of step, so none of them counts.
   */
  readonly kind: "unsent" | "lost" | "desync";
  readonly cause: Error;
  readonly node: string;
  readonly answered: readonly Reply[];
}

/** One packed write: bytes for one node, and who is told of the replies. It settles exactly once. */
export interface Packet {
  /** Buffers in the order of the wire; the link does not change or copy them. */
  readonly chunks: readonly Uint8Array[];
  /** Whether some of them are the caller's own, who may change them once the call has ended. */
  readonly borrows?: boolean;
  readonly byteLength: number;
  /** Bytes that the replies are expected to take, for the window. */
  readonly expectedBytes: number;
  /** Whether that is a guess that may be far off. */
  readonly guessed?: boolean;
  /** Replies that the chunks ask for. */
  readonly replyCount: number;
  /** Commands in the chunks, for the statistics. */
  readonly commandCount: number;
  /** For telemetry: items in the chunks, the call that they are of, or the command's name where they are of none. */
  readonly itemCount: number;
  readonly trace?: BatchTrace | undefined;
  readonly operation?: string;
  /** The bytes went to the socket. */
  sent(): void;
  /** All replies are there and in step. `receivedBytes` counts what they took on the wire, roughly. */
  settle(replies: Reply[], receivedBytes: number): void;
  fail(failure: PacketFailure): void;
  /** Place for a large value, see ReplySink; `reply` counts from 0 within the packet. */
  place?(reply: number, element: number, length: number): Buffer | undefined;
}
