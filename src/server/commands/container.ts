import type { Command } from "../command.ts";

/** A command that is nothing without its subcommand; called alone it fails by its arity. Several files may bring subcommands. */
export function container(
  name: string,
  since: string,
  ...subcommands: readonly (readonly Command[])[]
): Command {
  return {
    name,
    arity: -2,
    flags: [],
    categories: [],
    since,
    subcommands: subcommands.flat(),
    run: () => {},
  };
}
