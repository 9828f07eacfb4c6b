import { connect, type Socket } from "node:net";

/** A RESP2 reply with bulk strings as bytes; an error reply is a value of the class {@link ErrorReply}. */
export type RawReply = Buffer | string | number | null | ErrorReply | RawReply[];
/** A RESP2 reply with bulk strings as UTF-8 text. */
export type Reply = string | number | null | ErrorReply | Reply[];
export type CommandArgument = string | number | Uint8Array;

/** What a server answered with `-`; rejected at the top level, a value inside arrays. */
export class ErrorReply extends Error {
  override readonly name = "ErrorReply";
}

export function encodeCommand(args: readonly CommandArgument[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === "object" ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** The reply that starts at `offset` and the offset behind it, or undefined while bytes are missing. */
export function decodeReply(bytes: Buffer, offset: number): { reply: RawReply; end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", offset);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("latin1", offset + 1, lineEnd);
  const next = lineEnd + 2;
  switch (bytes[offset]) {
    case 0x2b: // +
      return { reply: line, end: next };
    case 0x2d: // -
      return { reply: new ErrorReply(line), end: next };
    case 0x3a: // :
      return { reply: Number(line), end: next };
    case 0x24: {
      // $
      const length = Number(line);
      if (length < 0) return { reply: null, end: next };
      if (bytes.length < next + length + 2) return undefined;
      return { reply: Buffer.from(bytes.subarray(next, next + length)), end: next + length + 2 };
    }
    case 0x2a: {
      // *
      const count = Number(line);
      if (count < 0) return { reply: null, end: next };
      const items: RawReply[] = [];
      let end = next;
      while (items.length < count) {
        const item = decodeReply(bytes, end);
        if (item === undefined) return undefined;
        items.push(item.reply);
        end = item.end;
      }
      return { reply: items, end };
    }
    default:
      throw new Error(`not a RESP2 reply: ${JSON.stringify(line)}`);
  }
}

export function textReply(reply: RawReply): Reply {
  if (Array.isArray(reply)) return reply.map(textReply);
  return Buffer.isBuffer(reply) ? reply.toString("utf8") : reply;
}

interface Waiter {
  resolve(reply: RawReply): void;
  reject(error: Error): void;
}

/**
 * One connection for administration: commands in order, replies in order, no retry, no reconnect.
 * It shares no code with the clients of `src/cluster`, so that it can judge them.
 */
export class CommandConnection {
  readonly #socket: Socket;
  readonly #waiters: Waiter[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;

  constructor(port: number, host = "127.0.0.1") {
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error(`connection to ${host}:${port} closed`)));
  }

  get closed(): boolean {
    return this.#failure !== undefined;
  }

  /** The reply, bulk strings as bytes. Rejects with {@link ErrorReply}, or with the connection's error. */
  sendRaw(args: readonly CommandArgument[]): Promise<RawReply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#socket.ref();
      this.#socket.write(encodeCommand(args));
    });
  }

  async send(...args: CommandArgument[]): Promise<Reply> {
    return textReply(await this.sendRaw(args));
  }

  close(): void {
    this.#fail(new Error("connection closed by its owner"));
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let offset = 0;
    for (;;) {
      if (offset === this.#pending.length) break;
      const decoded = decodeReply(this.#pending, offset);
      if (decoded === undefined) break;
      offset = decoded.end;
      const waiter = this.#waiters.shift();
      if (decoded.reply instanceof ErrorReply) waiter?.reject(decoded.reply);
      else waiter?.resolve(decoded.reply);
    }
    this.#pending = this.#pending.subarray(offset);
    // An idle administration connection must not keep the process alive.
    if (this.#waiters.length === 0) this.#socket.unref();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure);
  }
}
