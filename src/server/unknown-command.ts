import type { CommandTable } from "./command-table.ts";
import { unknownSubcommand, untilZero } from "./errors-text.ts";
import type { Bytes } from "./protocol/arg.ts";

/** The error for what the table does not hold; a name ends at a zero byte, as in the real server's text. */
export function unknownCommand(commands: CommandTable, args: readonly Bytes[]): string {
  const name = shown(args[0] as Bytes, 128);
  if (commands.find(args[0] as Bytes)?.subcommands !== undefined) {
    return unknownSubcommand(name, shown(args[1] as Bytes, 128));
  }
  let preview = "";
  for (let index = 1; index < args.length && preview.length < 128; index += 1) {
    preview += `'${shown(args[index] as Bytes, 128 - preview.length)}' `;
  }
  return `ERR unknown command '${name}', with args beginning with: ${preview}`;
}

function shown(value: Bytes, limit: number): string {
  return untilZero(typeof value === "string" ? value.slice(0, limit) : value.toString("latin1", 0, limit));
}
