import { type ArgsDef, type CommandDef, defineCommand } from "citty";

/** A command whatever its options: what the table of commands and the help know of it. */
export type AnyCommand = CommandDef<ArgsDef>;

/** Defines a command, checked against its own options. */
export function anyCommand<T extends ArgsDef>(definition: CommandDef<T>): AnyCommand {
  return defineCommand(definition) as unknown as AnyCommand;
}
