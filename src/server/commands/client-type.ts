import type { Client } from "../client.ts";
import { CommandError } from "../command-error.ts";
import { untilZero } from "../errors-text.ts";
import { classOf } from "../output-limits.ts";

const TYPES: Record<string, (client: Client) => boolean> = {
  normal: (client) => !client.master && classOf(client) === "normal",
  slave: (client) => classOf(client) === "slave",
  replica: (client) => classOf(client) === "slave",
  pubsub: (client) => classOf(client) === "pubsub",
  master: (client) => client.master,
};

/** Whether a client is of the type that CLIENT LIST and KILL name; undefined for an unknown name. */
export function clientType(name: string): ((client: Client) => boolean) | undefined {
  return TYPES[name.toLowerCase()];
}

export function unknownType(name: string): CommandError {
  return new CommandError(`ERR Unknown client type '${untilZero(name)}'`);
}
