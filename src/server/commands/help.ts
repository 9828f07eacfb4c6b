import type { Command } from "../command.ts";

/** `CONTAINER HELP`: the lines between the usual first and last one. */
export function helpCommand(container: string, lines: readonly string[], since = "5.0.0"): Command {
  return {
    name: `${container}|help`,
    arity: 2,
    flags: ["loading", "stale"],
    categories: [],
    since,
    run: ({ reply }) => reply.statuses(helpLines(container, lines)),
  };
}

/** For containers without a table of subcommands. */
export function helpLines(container: string, lines: readonly string[]): string[] {
  const first = `${container.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`;
  return [first, ...lines, "HELP", "    Prints this help."];
}
