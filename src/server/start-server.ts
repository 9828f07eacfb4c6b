import { ConfigError } from "../errors.ts";
import { ConfigRefusal } from "./config/parameter.ts";
import { createNode } from "./create-node.ts";
import { Listener } from "./listener.ts";
import { Listening } from "./listening.ts";
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
  const listening = new Listening(options, node, listener);
  const unixSocket = node.config.text("unixsocket");
  try {
    await listening.start();
    if (listening.host === "" && unixSocket === "") {
      throw badOption("startServer", "port", "a port to listen on, or a unixSocket", options.port);
    }
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
  node.relisten = () => listening.change();
  return {
    get url() {
      return urlOf(node, listening);
    },
    get host() {
      return reachable(listening.host);
    },
    get port() {
      return node.port;
    },
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

function urlOf(node: ServerNode, { host: listened, tls }: Listening): string {
  const password = node.config.text("requirepass");
  const login = password === "" ? "" : `:${encodeURIComponent(password)}@`;
  if (listened === "") return `unix://${login}${node.config.text("unixsocket")}`;
  const host = reachable(listened);
  const address = host.includes(":") ? `[${host}]` : host;
  return `${tls ? "rediss" : "redis"}://${login}${address}:${node.port}`;
}

/** An address for clients of this machine, where the server listens at all of them. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
