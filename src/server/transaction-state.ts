import type { Client } from "./client.ts";
import type { CommandEntry } from "./command-entry.ts";
import type { Bytes } from "./protocol/arg.ts";
import type { ServerNode } from "./server-node.ts";

/** Queues a command inside MULTI; a transaction that can only fail keeps nothing. */
export function queueCommand(client: Client, entry: CommandEntry, args: readonly Bytes[]): void {
  if (client.dirtyCas || client.dirtyExec) return;
  client.queue.push({ entry, args });
  client.queueBits |= entry.bits;
  client.queueMissingBits |= ~entry.bits;
  for (const arg of args) client.queueBytes += arg.length;
}

/** Leaves MULTI and ends all watches. */
export function discardTransaction(node: ServerNode, client: Client): void {
  client.multi = false;
  client.dirtyCas = false;
  client.dirtyExec = false;
  client.queue = [];
  client.queueBits = 0;
  client.queueMissingBits = 0;
  client.queueBytes = 0;
  node.watches.forget(client);
}
