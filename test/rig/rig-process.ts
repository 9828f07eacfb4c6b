import type { CommandArgument, RawReply, Reply } from "../../src/cli/server-command.ts";

/** What stands behind a node of the rig: a process of a real server, or an embedded one. */
export interface RigProcess {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** Process id of a real server; 0 while it does not run. */
  readonly pid: number;
  command(...args: CommandArgument[]): Promise<Reply>;
  commandRaw(...args: CommandArgument[]): Promise<RawReply>;
  /** Starts it again after `stop`: same port. */
  start(): Promise<unknown>;
  /** Ends it at once. */
  stop(): Promise<void>;
  /** Where signals do not do it. */
  pause?(): void;
  resume?(): void;
}

export interface RigGroup {
  readonly url: string;
  readonly nodes: readonly RigProcess[];
  stop(): Promise<void>;
}
