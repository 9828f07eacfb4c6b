import type { Client } from "./client.ts";
import type { CommandEntry } from "./command-entry.ts";
import type { Bytes } from "./protocol/arg.ts";
import type { User } from "./user.ts";

/** Why the ACL refuses a command. */
export type Denial = "command" | "key" | "channel";

/** Who may log in and what they may do. */
export interface AccessControl {
  /** The user of a new connection and of AUTH with one argument. */
  readonly defaultUser: User;
  /** True where a new connection is logged in without AUTH (`nopass`, and not switched off). */
  readonly open: boolean;
  /** The user that may log in with this password, or undefined; logs the failure of `command` (AUTH or HELLO). */
  authenticate(name: string, password: string, client: Client, command: string): User | undefined;
  /** A user by name (CLIENT KILL USER). */
  find(name: string): User | undefined;
  /** Sets the default user's password (CONFIG SET requirepass); "" makes it `nopass`. */
  setDefaultPassword(password: string): void;
  /** Undefined where the client's user may run the command; logs the denial. */
  check(
    client: Client,
    entry: CommandEntry,
    args: readonly Bytes[],
    context: "toplevel" | "multi" | "lua",
  ): Denial | undefined;
}
