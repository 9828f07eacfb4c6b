import type { Reply } from "../bytes/reply.ts";
import { ReplyDecoder, type ReplySink } from "../bytes/reply-decoder.ts";
import type { Connection } from "./connection.ts";
import { type CommandArgument, encodeCommand } from "./encode-command.ts";

/** Opens a connection; rejects when the signal fires first. */
export type Opener = (signal: AbortSignal) => Promise<Connection>;

export interface SideListener {
  /** A reply or, once subscribed, a message; in the order of the wire. */
  heard(reply: Reply): void;
  /** Called once, and not after `close()`. */
  ended(cause: Error): void;
}

/**
 * A connection beside the links, without nonce, window and repetition: for Sentinels, which do not know ECHO, and for a question that must
 * not wait behind a node's work.
 */
export class SideConnection implements ReplySink {
  readonly #connection: Connection;
  readonly #listener: SideListener;
  #over = false;

  constructor(connection: Connection, listener: SideListener) {
    this.#connection = connection;
    this.#listener = listener;
  }

  start(): void {
    const { socket } = this.#connection;
    this.#connection.takeOver(
      new ReplyDecoder(this),
      (error) => this.#end(error),
      () => {},
    );
    socket.on("error", (error) => this.#end(error));
    socket.on("end", () => this.#end(new Error("the server closed the connection")));
    socket.on("close", () => this.#end(new Error("the connection was closed")));
    if (socket.destroyed) this.#end(new Error("the connection was closed"));
  }

  send(...commands: readonly (readonly CommandArgument[])[]): void {
    if (this.#over) return;
    this.#connection.socket.write(Buffer.concat(commands.map((command) => encodeCommand(command))));
  }

  close(): void {
    this.#over = true;
    this.#connection.destroy();
  }

  reply(value: Reply): void {
    if (!this.#over) this.#listener.heard(value);
  }

  place(): undefined {
    return undefined;
  }

  #end(cause: Error): void {
    if (this.#over) return;
    this.close();
    this.#listener.ended(cause);
  }
}

export interface AskLimits {
  /** For connecting and answering together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Opens a connection, asks, and closes it. One reply a command, error replies as values. */
export async function askOnce(
  open: Opener,
  commands: readonly (readonly string[])[],
  { timeoutMs, signal }: AskLimits,
): Promise<Reply[]> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const until = AbortSignal.any([timeout, signal]);
  try {
    return await ask(await open(until), commands, until);
  } catch (error) {
    if (!timeout.aborted || signal.aborted) throw error;
    throw Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" });
  }
}

function ask(
  connection: Connection,
  commands: readonly (readonly string[])[],
  until: AbortSignal,
): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    const replies: Reply[] = [];
    const abort = () => finish(() => reject(until.reason));
    const finish = (settle: () => void) => {
      until.removeEventListener("abort", abort);
      side.close();
      settle();
    };
    const side = new SideConnection(connection, {
      heard: (reply) => {
        if (replies.push(reply) === commands.length) finish(() => resolve(replies));
      },
      ended: (cause) => finish(() => reject(cause)),
    });
    if (until.aborted) return abort();
    until.addEventListener("abort", abort, { once: true });
    side.start();
    side.send(...commands);
  });
}
