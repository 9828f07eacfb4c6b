import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { Connection, type ConnectionHost } from "./connection.ts";
import { OutputLimits } from "./output-limits.ts";
import { OutputQueue } from "./output-queue.ts";
import type { ServerNode } from "./server-node.ts";

/** How long a closing server waits for replies that are on their way, before it cuts connections off. */
const LINGER_MS = 100;

/** One address that is listened at. */
export interface OpenAddress {
  readonly port: number;
  /** No new connections; those that are there stay. */
  close(): void;
}

/** A node's sockets: those that listen and those that were accepted. */
export class Listener {
  readonly #node: ServerNode;
  readonly #host: ConnectionHost;
  readonly #servers = new Set<Server>();
  readonly #ending = new Set<Promise<void>>();
  readonly #sockets = new Set<Socket>();
  #paused = false;

  constructor(node: ServerNode) {
    this.#node = node;
    this.#host = { node, output: new OutputQueue(), limits: new OutputLimits(node.config) };
  }

  /** `admits` looks at a connection's certificate. */
  async listen(
    where: { port: number; host: string },
    tls?: TlsOptions,
    admits?: (socket: TLSSocket) => boolean,
  ): Promise<OpenAddress> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      if (admits?.(socket as TLSSocket) === false) return socket.destroy();
      socket.setNoDelay(true);
      const keepAlive = this.#node.config.number("tcp-keepalive");
      if (keepAlive > 0) socket.setKeepAlive(true, keepAlive * 1000);
      this.#accept(socket, undefined);
    });
    // A handshake in progress belongs to no client yet, but is a handle all the same.
    if (tls !== undefined) server.on("connection", (socket: Socket) => this.#keep(socket));
    await this.#open(server, { ...where, backlog: this.#node.config.number("tcp-backlog") });
    const address = server.address();
    return {
      port: typeof address === "object" && address !== null ? address.port : 0,
      close: () => void this.#end(server),
    };
  }

  /** A file that is left of an earlier server is replaced. */
  async listenUnix(path: string, permissions: number): Promise<void> {
    rmSync(path, { force: true });
    const server = createServer((socket) => this.#accept(socket, path));
    await this.#open(server, { path });
    if (permissions !== 0) chmodSync(path, permissions);
  }

  /** As a process that is stopped: connections are accepted, but nothing is read. */
  pause(): void {
    this.#paused = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** As a process that is killed: all connections are cut off at once. */
  kill(): Promise<void> {
    this.#host.output.stop();
    const closed = this.#endAll();
    this.#cut();
    return closed;
  }

  async close(): Promise<void> {
    this.#host.output.stop();
    const closed = this.#endAll();
    for (const client of this.#node.clients) client.transport?.finish();
    const cut = setTimeout(() => this.#cut(), LINGER_MS);
    await closed;
    clearTimeout(cut);
  }

  /** Resolves when the last connections are gone too, also those of addresses that were left before. */
  async #endAll(): Promise<void> {
    for (const server of this.#servers) void this.#end(server);
    await Promise.all(this.#ending);
  }

  #end(server: Server): Promise<void> {
    this.#servers.delete(server);
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#ending.add(ended);
    return ended.then(() => void this.#ending.delete(ended));
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(
    server: Server,
    where: { port: number; host: string; backlog: number } | { path: string },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(where, () => {
        server.off("error", reject);
        server.on("error", () => {});
        this.#servers.add(server);
        resolve();
      });
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #accept(socket: Socket, unixPath: string | undefined): void {
    this.#keep(socket);
    const node = this.#node;
    const refusal = this.#refusal(socket, unixPath);
    if (refusal === undefined) {
      new Connection(this.#host, socket, unixPath);
      if (this.#paused) socket.pause();
    } else {
      node.stats.rejectedConnections += 1;
      socket.on("error", () => {});
      socket.end(`-${refusal}\r\n`, () => socket.destroy());
    }
  }

  #refusal(socket: Socket, unixPath: string | undefined): string | undefined {
    const { access, clients, config, clusterEnabled } = this.#node;
    if (clients.size >= config.number("maxclients")) {
      return `ERR max number of clients ${clusterEnabled ? "+ cluster connections " : ""}reached`;
    }
    const far = unixPath === undefined && !/^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? "");
    if (far && config.flag("protected-mode") && access.open) {
      return "DENIED this server is in protected mode and has no password, so it takes connections from this machine only";
    }
    return undefined;
  }
}
