import { ServerError } from "../../errors.ts";
import type { ServerNode } from "../server-node.ts";

/** Runs a command on a node as if a client had sent it; rejects with its error reply as a ServerError. */
export async function runCommand(node: ServerNode, argv: readonly string[]): Promise<void> {
  const client = node.clients.detached(node.clock.nowMs());
  client.authenticated = true;
  await node.executor.process(client, argv);
  const reply = client.reply
    .take()
    .map((piece) => (typeof piece === "string" ? piece : piece.toString("latin1")))
    .join("");
  if (!reply.startsWith("-")) return;
  const text = reply.slice(1).trimEnd();
  throw new ServerError(text.split(" ", 1)[0] as string, `${argv.slice(0, 4).join(" ")}: ${text}`);
}
