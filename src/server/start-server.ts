import { ConfigError } from "../errors.ts";
import { ConfigRefusal } from "./config/parameter.ts";
import type { Config } from "./config.ts";
import { createNode } from "./create-node.ts";
import { admits, type ListenPlace, listenPlaces } from "./listen-places.ts";
import { Listener } from "./listener.ts";
import { badOption, checkOptions } from "./option-check.ts";
import type { ServerNode } from "./server-node.ts";
import { SERVER_CHECKS, type ServerOptions } from "./server-options.ts";

/** A running server. */
export interface Server extends AsyncDisposable {
  /** `redis://…`, `rediss://…` with TLS, `unix://…` without a port; with the password. */
  readonly url: string;
  readonly host: string;
  /** 0 without TCP. */
  readonly port: number;
  readonly node: ServerNode;
  /** Closes every connection and leaves no handle open; a second call waits for the first. */
  close(): Promise<void>;
  /** Ends it as SIGKILL ends a process: connections are reset, nothing is finished. */
  kill(): Promise<void>;
  /** As SIGSTOP: connections stay open and new ones are accepted, but nothing is answered until `resume`. */
  pause(): void;
  resume(): void;
  /** Resolves when the server has ended, by `close` or by SHUTDOWN. */
  readonly closed: Promise<void>;
}

/**
 * Starts a server of the Redis protocol inside this process, within milliseconds. Rejects with ConfigError `UNKNOWN_OPTION`, `BAD_OPTION`, `SERVER_CONFIG` (a
 * parameter of `config` or `configFile` is wrong) or `BAD_FILE`, and with Node's own error where it cannot listen (`EADDRINUSE`, …).
 * For development, tests, demos and CI, not for production.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  checkOptions("startServer", options, SERVER_CHECKS);
  const node = nodeOf(options);
  const listener = new Listener(node);
  const places = listenPlaces(options, node.config);
  const unixSocket = node.config.text("unixsocket");
  if (places.length === 0 && unixSocket === "") {
    throw badOption("startServer", "port", "a port to listen on, or a unixSocket", options.port);
  }
  try {
    const ports = await listenAt(places, listener, node.config);
    node.port = ports[0] ?? 0;
    if (places[0]?.plain) node.config.force("port", String(node.port));
    if (unixSocket !== "") await listener.listenUnix(unixSocket, node.config.number("unixsocketperm"));
  } catch (error) {
    await stop(node, listener);
    throw error;
  }
  let closing: Promise<void> | undefined;
  let ended = () => {};
  const closed = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const close = () => (closing ??= stop(node, listener).then(ended));
  node.shutdown = () => void close();
  const [place] = places;
  return {
    url: urlOf(node, place),
    host: place === undefined ? "" : reachable(place.host),
    port: node.port,
    node,
    close,
    kill: () => (closing ??= stop(node, listener, true).then(ended)),
    pause: () => {
      node.frozen = true;
      listener.pause();
    },
    resume: () => {
      node.frozen = false;
      listener.resume();
    },
    closed,
    [Symbol.asyncDispose]: close,
  };
}

function nodeOf(options: ServerOptions): ServerNode {
  try {
    return createNode(options);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ConfigRefusal) throw new ConfigError("SERVER_CONFIG", message, { cause: error });
    if (typeof (error as NodeJS.ErrnoException).syscall !== "string") throw error;
    throw new ConfigError("BAD_FILE", message, { option: "configFile", cause: error });
  }
}

async function stop(node: ServerNode, listener: Listener, kill = false): Promise<void> {
  node.pause.stop();
  const stopped = kill ? listener.kill() : listener.close();
  for (const hook of node.hooks.stop) await hook();
  await stopped;
}

/** Returns the ports, 0 for a place that may be missing and is. */
async function listenAt(
  places: readonly ListenPlace[],
  listener: Listener,
  config: Config,
): Promise<number[]> {
  const ports: number[] = [];
  for (const { host, port, tls, plain, optional } of places) {
    // Every address has the port that was free at the first.
    const wanted = port !== 0 ? port : (ports[0] ?? 0);
    const listening = listener.listen(
      { port: wanted, host },
      tls,
      plain ? undefined : (socket) => admits(config, socket),
    );
    ports.push(
      await listening.catch((error: NodeJS.ErrnoException) => {
        if (optional && error.code !== "EADDRINUSE") return 0;
        throw error;
      }),
    );
  }
  return ports;
}

function urlOf(node: ServerNode, place: ListenPlace | undefined): string {
  const password = node.config.text("requirepass");
  const login = password === "" ? "" : `:${encodeURIComponent(password)}@`;
  if (place === undefined) return `unix://${login}${node.config.text("unixsocket")}`;
  const host = reachable(place.host);
  const address = host.includes(":") ? `[${host}]` : host;
  return `${place.tls === undefined ? "redis" : "rediss"}://${login}${address}:${node.port}`;
}

/** An address for clients of this machine, where the server listens at all of them. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
