import type { Client } from "../client.ts";
import { CommandError } from "../command-error.ts";

/** CLIENT SETNAME and HELLO SETNAME; "" takes the name away. */
export function setClientName(client: Client, name: string): void {
  if (!/^[!-~]*$/.test(name)) {
    throw new CommandError("ERR Client names cannot contain spaces, newlines or special characters.");
  }
  client.name = name;
}
