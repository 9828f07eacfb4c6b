import type { Call } from "./call.ts";
import type { CommandSpec } from "./command-spec.ts";

export type { CommandFlag, KeyFinder, KeyRange } from "./command-spec.ts";

/** What a command does; a promise holds back the connection's further commands until it is settled. */
export type CommandRun = (call: Call) => void | Promise<void>;

export interface Command extends CommandSpec {
  readonly subcommands?: readonly Command[] | undefined;
  readonly run: CommandRun;
}
