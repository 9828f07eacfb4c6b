import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Client, ClientTransport } from "./client.ts";
import type { OutputLimits } from "./output-limits.ts";
import type { Flushable, OutputQueue } from "./output-queue.ts";
import { RequestParser } from "./protocol/request-parser.ts";
import type { ServerNode } from "./server-node.ts";
import type { Output } from "./wire.ts";

/** What all connections of one listener share. */
export interface ConnectionHost {
  readonly node: ServerNode;
  readonly output: OutputQueue;
  readonly limits: OutputLimits;
}

/** One socket: its bytes become commands in order, their replies are written together. */
export class Connection implements ClientTransport, Flushable {
  readonly client: Client;
  readonly address: string;
  readonly localAddress: string;
  readonly unixSocket: boolean;
  readonly encrypted: boolean;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #parser: RequestParser;
  /** A command waits for something, so those behind it wait too. */
  #stalled = false;
  #finishing = false;
  /** Bytes behind the commands that are being run, which CLIENT LIST counts too. */
  #received = 0;

  constructor(host: ConnectionHost, socket: Socket, unixPath: string | undefined) {
    const { node } = host;
    this.#host = host;
    this.#socket = socket;
    this.unixSocket = unixPath !== undefined;
    this.encrypted = (socket as Partial<TLSSocket>).encrypted === true;
    this.address =
      unixPath !== undefined ? `${unixPath}:0` : endpoint(socket.remoteAddress, socket.remotePort);
    this.localAddress =
      unixPath !== undefined ? `${unixPath}:0` : endpoint(socket.localAddress, socket.localPort);
    const client = node.clients.open({
      user: node.access.defaultUser,
      now: node.clock.nowMs(),
      transport: this,
    });
    this.client = client;
    client.authenticated = node.access.open;
    client.reply.onPending = () => host.output.add(this);
    client.reply.onError = (text) => node.stats.countError(text);
    this.#parser = new RequestParser({
      maxBulkLength: node.config.number("proto-max-bulk-len"),
      unauthenticated: !client.authenticated,
    });
    node.stats.totalConnections += 1;
    for (const hook of node.hooks.opened) hook(client);
    node.wire?.opened?.(client);
    socket.on("data", (chunk: Buffer) => {
      const { wire } = node;
      if (wire?.incoming === undefined) this.#receive(chunk);
      else wire.incoming(client, chunk, (bytes) => this.#receive(bytes));
    });
    socket.on("end", () => this.finish());
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
  }

  get fd(): number {
    return (this.#socket as { _handle?: { fd?: number } })._handle?.fd ?? -1;
  }

  get unparsedBytes(): number {
    return Math.max(this.#received, this.#parser.unparsedBytes);
  }

  get argumentBytes(): number {
    return this.#parser.argumentBytes;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  destroy(): void {
    this.client.closed = true;
    this.#socket.destroy();
  }

  finish(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.flush();
    this.client.closed = true;
    const end = () => this.#socket.destroySoon();
    const { wire } = this.#host.node;
    if (wire?.finishing === undefined) end();
    else wire.finishing(this.client, end);
  }

  flush(): void {
    const { client } = this;
    if (client.closed || this.#socket.destroyed || client.reply.byteLength === 0) return;
    const { node, limits } = this.#host;
    if (limits.exceeded(client, node.clock)) return this.destroy();
    const output = client.reply.take();
    const { wire } = node;
    if (wire?.outgoing === undefined) this.#write(output);
    else wire.outgoing(client, output, (pieces) => this.#write(pieces));
    if (client.closeAfterReply) this.finish();
  }

  #write(output: Output): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const { stats } = this.#host.node;
    stats.totalWrites += 1;
    if (output.length > 1) socket.cork();
    for (const piece of output) {
      stats.netOutputBytes += piece.length;
      if (typeof piece === "string") socket.write(piece, "latin1");
      else socket.write(piece);
    }
    if (output.length > 1) socket.uncork();
  }

  #receive(chunk: Buffer): void {
    const { node } = this.#host;
    const { client } = this;
    if (client.closed) return;
    client.lastInteraction = node.clock.nowMs();
    node.stats.netInputBytes += chunk.length;
    node.stats.totalReads += 1;
    this.#parser.limits.maxBulkLength = node.config.number("proto-max-bulk-len");
    this.#received = this.#parser.unparsedBytes + chunk.length;
    this.#parser.push(chunk);
    if (!this.#stalled) this.#pump();
    this.#received = 0;
    if (this.unparsedBytes > node.config.number("client-query-buffer-limit")) this.destroy();
  }

  #pump(): void {
    const { node, output } = this.#host;
    output.batch(
      this,
      () => {
        node.beginRound();
        try {
          this.#run();
        } finally {
          node.endRound();
        }
      },
      () => {
        for (const hook of node.hooks.beforeSleep) hook();
      },
    );
    if (this.client.closeAfterReply) this.finish();
  }

  #run(): void {
    const { node, limits } = this.#host;
    const { client } = this;
    const parser = this.#parser;
    for (;;) {
      if (client.closed || client.closeAfterReply) return;
      parser.limits.unauthenticated = !client.authenticated && !node.access.open;
      const args = parser.next();
      if (args === undefined) break;
      const running = node.executor.process(client, args);
      if (running !== undefined) return this.#wait(running);
      if (client.reply.byteLength > 0 && limits.exceeded(client, node.clock)) return this.destroy();
    }
    if (parser.error !== undefined) {
      client.reply.error(`ERR ${parser.error}`);
      client.closeAfterReply = true;
    }
  }

  #wait(running: Promise<void>): void {
    this.#stalled = true;
    running.then(() => {
      this.#stalled = false;
      if (!this.client.closed) this.#pump();
    });
  }

  #closed(): void {
    const { node } = this.#host;
    const { client } = this;
    client.closed = true;
    node.clients.close(client);
    node.watches.forget(client);
    for (const hook of node.hooks.closed) hook(client, false);
    node.wire?.closed?.(client);
  }
}

function endpoint(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return "?:0";
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
