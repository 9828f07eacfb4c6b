/** One command that came in on a connection. */
export interface JournalEntry {
  /** From 1, over all connections of the node. */
  readonly number: number;
  /** Milliseconds since 1970 of the node's clock. */
  readonly time: number;
  /** As CLIENT ID. */
  readonly connection: number;
  /** Name of the connection at that time (CLIENT SETNAME). */
  readonly connectionName: string;
  /** As they came, the command's name first: UTF-8 text, each cut at 256 bytes, at most 32 of them. */
  readonly args: readonly string[];
  /** How often it ran: 0 where it was refused, or where it is still queued in a MULTI. */
  readonly executions: number;
  /** Microseconds of the node's clock that it ran. */
  readonly durationUs: number;
  /** `queued` (not run yet, or never), `ok`, or the text of the error reply; `waiting` while it blocks. */
  readonly outcome: string;
}
