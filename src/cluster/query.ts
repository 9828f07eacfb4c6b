import { type Reply, ReplyError } from "../bytes/reply.ts";
import { NotAppliedError, OutcomeUnknownError, ServerError } from "../errors.ts";
import { encodeCommand } from "./encode-command.ts";
import type { NodeLink } from "./node-link.ts";

/** One command to one node, with no redirect and no retry. Rejects with ServerError, NotAppliedError or OutcomeUnknownError. */
export function query(
  link: NodeLink,
  args: readonly (string | Uint8Array)[],
  timeoutMs: number,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const bytes = encodeCommand(args);
    const node = link.name;
    const packet = {
      chunks: [bytes],
      byteLength: bytes.length,
      expectedBytes: 0,
      replyCount: 1,
      commandCount: 1,
      itemCount: 1,
      operation: String(args[0]),
      sent() {},
      settle([reply]: Reply[]) {
        clearTimeout(timer);
        if (reply instanceof ReplyError) reject(new ServerError(reply.code, reply.message, { node }));
        else resolve(reply!);
      },
      fail({ kind, cause }: { kind: string; cause: Error }) {
        clearTimeout(timer);
        const code = (cause as { code?: string }).code ?? "CONNECTION_LOST";
        const ErrorClass = kind === "unsent" ? NotAppliedError : OutcomeUnknownError;
        reject(new ErrorClass(code, `${node}: ${cause.message}`, { node, cause }));
      },
    };
    const timer = setTimeout(() => {
      link.withdraw(packet);
      reject(new OutcomeUnknownError("TIMEOUT", `${node}: no answer within ${timeoutMs} ms`, { node }));
    }, timeoutMs);
    link.send(packet);
  });
}
