import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { ReplyReader, type WireReply } from "./resp-reply.ts";

export type Argument = string | Buffer | number;

/** A connection that adds nothing: it sends what it is told to and shows replies as they stood on the wire. */
export class RespClient {
  /** Pushes of RESP3, in order. */
  readonly pushes: WireReply[] = [];
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #waiting: { resolve: (reply: WireReply) => void; reject: (error: Error) => void }[] = [];
  readonly #unasked: WireReply[] = [];
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      for (const { reject } of this.#waiting.splice(0)) reject(new Error("the connection was closed"));
    });
  }

  static async connect(where: number | NetConnectOpts): Promise<RespClient> {
    const socket = connect(typeof where === "number" ? { port: where, host: "127.0.0.1" } : where);
    await once(socket, "connect");
    socket.setNoDelay(true);
    return new RespClient(socket);
  }

  /** On a connection that is open already. */
  static over(socket: Socket): RespClient {
    return new RespClient(socket);
  }

  get closed(): boolean {
    return this.#ended;
  }

  /** Resolves when the server has closed the connection. */
  async end(): Promise<void> {
    if (!this.#ended) await new Promise((resolve) => this.#socket.once("close", resolve));
  }

  /** One command as an array of bulk strings; strings are bytes (latin1). */
  call(...args: readonly Argument[]): Promise<WireReply> {
    this.send(encode(args));
    return this.reply();
  }

  /** All commands in one write; their replies in order. */
  pipeline(commands: readonly (readonly Argument[])[]): Promise<WireReply[]> {
    this.send(Buffer.concat(commands.map((args) => encode(args))));
    return Promise.all(commands.map(() => this.reply()));
  }

  /** Bytes as they are. */
  send(bytes: string | Buffer): void {
    if (typeof bytes === "string") this.#socket.write(bytes, "latin1");
    else this.#socket.write(bytes);
  }

  /** The next reply that is no push; rejects when the connection ends before it. */
  reply(): Promise<WireReply> {
    const unasked = this.#unasked.shift();
    if (unasked !== undefined) return Promise.resolve(unasked);
    if (this.#ended) return Promise.reject(new Error("the connection was closed"));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Stops reading, as a client that has too much to do. */
  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    this.#reader.push(chunk);
    for (;;) {
      const reply = this.#reader.next();
      if (reply === undefined) return;
      if (typeof reply !== "string" && reply[0] === ">") this.pushes.push(reply);
      else {
        const next = this.#waiting.shift();
        if (next === undefined) this.#unasked.push(reply);
        else next.resolve(reply);
      }
    }
  }
}

export function encode(args: readonly Argument[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg), "latin1");
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}
