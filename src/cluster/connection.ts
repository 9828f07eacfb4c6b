import { createConnection, type NetConnectOpts, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";
import type { Redis, RedisOptions } from "ioredis";
import type { ReplyDecoder } from "../bytes/reply-decoder.ts";
import { enterRead, guardReads } from "./read-guard.ts";

const CR = 13;
const LF = 10;

/** Makes an ioredis instance with these options over the user's own; it must not connect by itself. */
export type RedisFactory = (options: RedisOptions) => Redis;

export interface Credentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface ConnectionRequest {
  readonly createRedis: RedisFactory;
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket; host and port are then only names. */
  readonly path?: string | undefined;
  readonly database: number;
  readonly credentials?: Credentials | undefined;
  readonly connectTimeoutMs: number;
  /** Gives the attempt up. */
  readonly signal: AbortSignal;
}

/** A socket that ioredis has connected, secured, authenticated and found ready, and that now delivers to a decoder. */
export interface Connection {
  readonly socket: Socket;
  /** Hands the socket's bytes to `decoder` from now on; a ProtocolError of the decoder goes to `onProtocolError`; `onRead` is called after each read. */
  takeOver(decoder: ReplyDecoder, onProtocolError: (error: Error) => void, onRead: () => void): void;
  /** Closes the socket at once. */
  destroy(): void;
}

/**
 * Opens one connection. The socket is made by our own Connector with Node's `onread`, so that after ioredis' handshake its
 * bytes are read straight into the decoder's buffers; until then they are handed on as `data` events, which is all that
 * ioredis asks of a stream. Only public interfaces are used: `options.Connector`, `data` events, the `ready` event.
 */
export async function openConnection(request: ConnectionRequest): Promise<Connection> {
  let feed: Feed | undefined;
  let lastError: Error | undefined;
  class SocketConnector {
    readonly #options: RedisOptions;
    firstError: Error | undefined;

    constructor(options: RedisOptions) {
      this.#options = options;
    }

    check(): boolean {
      return true;
    }

    async connect(): Promise<Socket> {
      feed = new Feed(this.#options, request);
      feed.socket.once("error", (error) => {
        this.firstError = error;
        lastError = error;
      });
      return feed.socket;
    }

    disconnect(): void {
      feed?.socket.destroy();
    }
  }
  const { username, password } = request.credentials ?? {};
  const redis = request.createRedis({
    host: request.host,
    port: request.port,
    db: request.database,
    ...(request.path === undefined ? {} : { path: request.path }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    Connector: SocketConnector as unknown as NonNullable<RedisOptions["Connector"]>,
    lazyConnect: true,
    connectTimeout: request.connectTimeoutMs,
    retryStrategy: null as never,
    reconnectOnError: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    readOnly: false,
    keyPrefix: "",
    protocol: 2,
    replyMapping: "legacy",
  } as RedisOptions);
  let selectError: Error | undefined;
  redis.on("error", (error: Error & { command?: { name?: string } }) => {
    lastError = error;
    // ioredis reports a refused SELECT and goes on in database 0.
    if (error.command?.name === "select") selectError = error;
  });
  // ioredis 5.4 sends CLIENT SETNAME behind `ready`, and its answer would meet our decoder.
  const { connectionName } = redis.options;
  delete redis.options.connectionName;
  const giveUp = (why: string, code: string) => {
    lastError ??= Object.assign(new Error(why), { code });
    feed?.socket.destroy();
  };
  const timer = setTimeout(
    () => giveUp(`no answer within ${request.connectTimeoutMs} ms`, "ETIMEDOUT"),
    request.connectTimeoutMs,
  );
  const abort = () => giveUp("not needed any more", "CLIENT_CLOSED");
  request.signal.addEventListener("abort", abort, { once: true });
  try {
    request.signal.throwIfAborted();
    await redis.connect();
    if (selectError !== undefined) throw selectError;
    if (connectionName) await redis.client("SETNAME", connectionName).catch(() => {});
  } catch (error) {
    feed?.socket.destroy();
    redis.disconnect();
    throw withoutSecrets(lastError ?? (error as Error), redis.options.password);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", abort);
  }
  return feed!;
}

/** A copy: ioredis hangs the arguments of AUTH on its errors, and a server may repeat them in its text. */
function withoutSecrets(error: Error, password: string | null | undefined): Error {
  const { errors = [] } = error as { errors?: readonly Error[] };
  const text = error.message || errors.map(({ message }) => message).join("; ");
  const message = password ? text.replaceAll(password, "***") : text;
  const { code } = error as { code?: unknown };
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

/** The socket and who gets its bytes: first ioredis, then the decoder. */
class Feed implements Connection {
  readonly socket: Socket;
  readonly #handshakeBuffer: Buffer = Buffer.allocUnsafeSlow(16 * 1024);
  #decoder: ReplyDecoder | undefined;
  /** The read under way goes into the decoder's buffer; Node asks for a buffer one read ahead. */
  #direct = false;
  /** ioredis 6 has its answer before the CRLF behind it, which may come with a later read. */
  #betweenReplies = true;
  #onProtocolError: ((error: Error) => void) | undefined;
  #onRead: (() => void) | undefined;

  constructor({ tls, family }: RedisOptions, request: ConnectionRequest) {
    const onread = {
      buffer: () => {
        this.#direct = this.#decoder !== undefined && !this.#betweenReplies;
        return this.#direct ? this.#decoder!.space() : this.#handshakeBuffer;
      },
      callback: (count: number) => {
        this.#received(count);
        return true;
      },
    };
    const address =
      request.path === undefined
        ? { host: request.host, port: request.port, family: family ?? 0 }
        : { path: request.path };
    const options = { ...address, onread, noDelay: true };
    this.socket =
      tls === undefined || tls === null
        ? createConnection(options as NetConnectOpts)
        : connectTls({ ...options, ...tls } as unknown as TlsOptions);
  }

  takeOver(decoder: ReplyDecoder, onProtocolError: (error: Error) => void, onRead: () => void): void {
    this.#onRead = onRead;
    this.socket.removeAllListeners("data");
    this.socket.setTimeout(0);
    this.#onProtocolError = onProtocolError;
    this.#decoder = decoder;
    guardReads(this.socket);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #received(count: number): void {
    const decoder = this.#decoder;
    if (decoder === undefined) {
      this.socket.emit("data", Buffer.from(this.#handshakeBuffer.subarray(0, count)));
      return;
    }
    this.#onRead!();
    enterRead(this.socket);
    try {
      if (this.#direct) decoder.received(count);
      else decoder.write(this.#firstReply(this.#handshakeBuffer.subarray(0, count)));
    } catch (error) {
      this.#onProtocolError!(error as Error);
    }
  }

  /** A copy without what is left of the handshake's last reply. */
  #firstReply(bytes: Buffer): Buffer {
    let from = 0;
    while (this.#betweenReplies && from < bytes.length) {
      if (bytes[from] === CR || bytes[from] === LF) from += 1;
      else this.#betweenReplies = false;
    }
    return Buffer.from(bytes.subarray(from));
  }
}
