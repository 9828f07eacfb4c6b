import type { Client } from "./client.ts";
import type { Bytes } from "./protocol/arg.ts";

/** Pieces of output in order: binary strings or Buffers. */
export type Output = readonly (string | Buffer)[];

/**
 * Faults and the journal stand here, between the socket and the server. Every member is optional; `deliver` may be called now, later, several
 * times or never.
 */
export interface Wire {
  opened?(client: Client): void;
  closed?(client: Client): void;
  incoming?(client: Client, chunk: Buffer, deliver: (chunk: Buffer) => void): void;
  outgoing?(client: Client, output: Output, deliver: (output: Output) => void): void;
  /** The connection ends when everything that was handed to `outgoing` has left: `end` closes it. */
  finishing?(client: Client, end: () => void): void;
  /** Before a command is looked up: the text of an error reply that it gets instead of being run. */
  command?(client: Client, args: readonly Bytes[]): string | undefined;
  /** After a command's replies were written; `mark` is where they start (`client.reply.takeFrom(mark)` takes them back). */
  replied?(client: Client, args: readonly Bytes[], mark: number): void;
}
