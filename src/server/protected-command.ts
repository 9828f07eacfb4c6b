import type { Client } from "./client.ts";
import { type CommandEntry, FLAG } from "./command-entry.ts";
import type { Config } from "./config.ts";

/** The refusal of DEBUG where enable-debug-command does not allow it; there is no MODULE here. */
export function protectedCommand(client: Client, entry: CommandEntry, config: Config): string | undefined {
  if ((entry.bits & FLAG.admin) === 0 || entry.name !== "debug") return undefined;
  const allowed = config.text("enable-debug-command");
  if (allowed === "yes" || (allowed === "local" && isLocal(client))) return undefined;
  return (
    'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local ' +
    "connection, otherwise you need to set this option in the configuration file, and then restart the server."
  );
}

function isLocal({ transport }: Client): boolean {
  return transport?.unixSocket === true || /^(127\.|\[::1\]|\[::ffff:127\.)/.test(transport?.address ?? "");
}
