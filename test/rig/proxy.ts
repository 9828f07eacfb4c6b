import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type PipeSettings, ProxyPipe } from "./proxy-pipe.ts";

/** "toServer" is what the client sends, "toClient" what it receives. */
export type Direction = "toServer" | "toClient";

export interface ProxyOptions {
  /** Delay of every byte, each way; default 0. */
  readonly delayMs?: number;
  readonly targetHost?: string;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly toServer: ProxyPipe;
  readonly toClient: ProxyPipe;
}

const BOTH: readonly Direction[] = ["toServer", "toClient"];

/** A TCP proxy on 127.0.0.1 whose wires can be held, delayed, rewritten and cut at any byte. */
export class WireProxy {
  readonly host = "127.0.0.1";
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #links = new Set<Link>();
  readonly #settings: Record<Direction, PipeSettings>;
  readonly #bytes: Record<Direction, number> = { toServer: 0, toClient: 0 };
  #accepted = 0;
  #refusing = false;

  constructor(targetPort: number, options: ProxyOptions) {
    this.#target = { host: options.targetHost ?? "127.0.0.1", port: targetPort };
    const settings = (): PipeSettings => ({
      delayMs: options.delayMs ?? 0,
      paused: false,
      discarding: false,
      transform: undefined,
      budget: undefined,
    });
    this.#settings = { toServer: settings(), toClient: settings() };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  async listen(): Promise<this> {
    this.#server.listen(0, this.host);
    await once(this.#server, "listening");
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get url(): string {
    return `redis://${this.address}`;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Connections since the start, refused ones included. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Bytes forwarded since the start. */
  bytes(direction: Direction): number {
    return this.#bytes[direction];
  }

  /** Holds bytes back without losing any, on present and later connections. Nothing is read: back-pressure builds up. */
  pause(...directions: Direction[]): void {
    this.#change(directions, { paused: true });
  }

  resume(...directions: Direction[]): void {
    this.#change(directions, { paused: false });
  }

  /** The peer is silently gone: bytes are swallowed and no close is passed on, also on new connections. */
  blackhole(...directions: Direction[]): void {
    this.#change(directions, { discarding: true });
  }

  /** Ends the black hole; connections that lost bytes are cut, because they are out of step. */
  restore(): void {
    this.#change([], { discarding: false });
    this.cut();
  }

  delay(delayMs: number, ...directions: Direction[]): void {
    this.#change(directions, { delayMs });
  }

  /** Rewrites what flows in one direction: a chunk may become any number of pieces, or none. */
  transform(direction: Direction, rewrite: PipeSettings["transform"]): void {
    this.#settings[direction].transform = rewrite;
  }

  /** New connections are closed at once. */
  refuse(refusing = true): void {
    this.#refusing = refusing;
  }

  /** Destroys all connections now, with a FIN, or with a RST. */
  cut(how: "fin" | "rst" = "fin"): void {
    for (const link of [...this.#links]) this.#drop(link, how);
  }

  /**
   * Lets exactly `bytes` more through in this direction, over all connections, then destroys the connection that
   * reached the limit; later ones live. `cutAfter(0, "toClient")` cuts when the first reply arrives from the server,
   * that is after the server has run the command.
   */
  cutAfter(bytes: number, direction: Direction): void {
    this.#settings[direction].budget = bytes;
  }

  async stop(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #accept(client: Socket): void {
    const connection = this.#accepted++;
    client.on("error", () => {});
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const server = connect({ ...this.#target, noDelay: true, allowHalfOpen: true });
    const pipe = (direction: Direction, source: Socket, target: Socket): ProxyPipe =>
      new ProxyPipe(source, target, this.#settings[direction], connection, {
        onBytes: (count) => {
          this.#bytes[direction] += count;
        },
        onExhausted: () => {
          this.#settings[direction].budget = undefined;
          this.#drop(link, "fin");
        },
      });
    const link: Link = {
      client,
      server,
      toServer: pipe("toServer", client, server),
      toClient: pipe("toClient", server, client),
    };
    this.#links.add(link);
    server.on("error", () => this.#close(link, "toClient"));
    for (const socket of [client, server]) {
      socket.on("close", () => this.#close(link, socket === server ? "toClient" : "toServer"));
    }
  }

  /** One side is gone; the other learns of it unless its news fall into the black hole. */
  #close(link: Link, direction: Direction): void {
    if (!this.#settings[direction].discarding) this.#drop(link, "fin");
  }

  #drop(link: Link, how: "fin" | "rst"): void {
    this.#links.delete(link);
    link.toServer.stop();
    link.toClient.stop();
    for (const socket of [link.client, link.server]) {
      if (how === "rst" && !socket.destroyed) socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  #change(directions: readonly Direction[], settings: Partial<PipeSettings>): void {
    for (const direction of directions.length === 0 ? BOTH : directions) {
      Object.assign(this.#settings[direction], settings);
      for (const link of this.#links) link[direction].update();
    }
  }
}

/** Starts a proxy in front of a port of 127.0.0.1. */
export function startProxy(targetPort: number, options: ProxyOptions = {}): Promise<WireProxy> {
  return new WireProxy(targetPort, options).listen();
}

export interface ClusterProxies extends AsyncDisposable {
  /** Proxies by the port of the node behind them. */
  readonly proxies: ReadonlyMap<number, WireProxy>;
  /** For the `natMap` option: the node's address to its proxy's. */
  readonly natMap: Record<string, { host: string; port: number }>;
  /** Start nodes for a client: the proxies' addresses. */
  readonly url: string;
  stop(): Promise<void>;
}

/** One proxy per node. */
export async function startClusterProxies(
  nodes: readonly { readonly host: string; readonly port: number }[],
  options: ProxyOptions = {},
): Promise<ClusterProxies> {
  const started = await Promise.all(nodes.map((node) => startProxy(node.port, options)));
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((proxy) => proxy.stop()));
  };
  const proxyOf = (index: number): WireProxy => started[index] as WireProxy;
  return {
    proxies: new Map(nodes.map((node, index) => [node.port, proxyOf(index)])),
    natMap: Object.fromEntries(
      nodes.map((node, index) => [
        `${node.host}:${node.port}`,
        { host: proxyOf(index).host, port: proxyOf(index).port },
      ]),
    ),
    url: `redis-cluster://${started.map((proxy) => proxy.address).join(",")}`,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
