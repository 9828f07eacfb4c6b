import type { Client } from "./client.ts";
import type { CommandEntry } from "./command-entry.ts";
import type { Bytes } from "./protocol/arg.ts";

/** Runs commands: what a connection, EXEC, a script and a replica's stream call. */
export interface Executor {
  /** All checks, queueing under MULTI, then `execute`. A promise: the client's next command has to wait for it. */
  process(client: Client, args: readonly Bytes[]): void | Promise<void>;
  /** Without the checks; the reply goes to `client.reply`. */
  execute(client: Client, entry: CommandEntry, args: readonly Bytes[]): void | Promise<void>;
}
