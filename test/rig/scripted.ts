import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { CommandReader } from "./command-reader.ts";
import { defaultAnswer, type ScriptedRange } from "./scripted-answers.ts";

export interface ScriptedCommand {
  /** In upper case. */
  readonly name: string;
  /** Arguments behind the name. */
  readonly args: readonly Buffer[];
  /** Arguments as UTF-8. */
  readonly text: readonly string[];
}

export interface ScriptedConnection {
  /** 0 for the first connection of this server. */
  readonly index: number;
  /** Commands of this connection so far, the present one included. */
  readonly commands: readonly ScriptedCommand[];
  /** Sends raw bytes at any time. */
  write(raw: string | Uint8Array): void;
  destroy(): void;
}

/**
 * The raw bytes of the answer. `null` stays silent; `undefined` gives the default answer (handshake, topology, ECHO).
 * A promise holds back this answer and the ones behind it.
 */
export type ScriptedAnswer = string | Uint8Array | null | undefined;
export type ScriptedHandler = (
  command: ScriptedCommand,
  connection: ScriptedConnection,
) => ScriptedAnswer | Promise<ScriptedAnswer>;

interface OpenConnection extends ScriptedConnection {
  readonly socket: Socket;
  readonly commands: ScriptedCommand[];
}

/** A server that speaks just enough RESP to pass ioredis' handshake and answers the rest as the test says. */
export class ScriptedServer {
  readonly host = "127.0.0.1";
  /** Every command of every connection, in order of arrival. */
  readonly commands: ScriptedCommand[] = [];
  /** What CLUSTER SLOTS, SHARDS and NODES tell; undefined for a server without cluster support. */
  topology: readonly ScriptedRange[] | undefined;
  readonly #server: Server;
  readonly #handler: ScriptedHandler;
  readonly #open = new Set<OpenConnection>();
  #accepted = 0;

  constructor(handler: ScriptedHandler) {
    this.#handler = handler;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
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

  get connections(): readonly ScriptedConnection[] {
    return [...this.#open];
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** Names of all commands so far. */
  get names(): readonly string[] {
    return this.commands.map((command) => command.name);
  }

  cut(): void {
    for (const connection of this.#open) connection.destroy();
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

  #accept(socket: Socket): void {
    const connection: OpenConnection = {
      index: this.#accepted++,
      socket,
      commands: [],
      write: (raw) => {
        if (!socket.destroyed) socket.write(raw);
      },
      destroy: () => socket.destroy(),
    };
    this.#open.add(connection);
    const reader = new CommandReader();
    let last: Promise<void> = Promise.resolve();
    socket.on("error", () => {});
    socket.on("close", () => this.#open.delete(connection));
    socket.on("data", (chunk: Buffer) => {
      for (const parts of reader.push(chunk)) {
        const command = asCommand(parts);
        connection.commands.push(command);
        this.commands.push(command);
        last = last.then(() => this.#answer(command, connection));
      }
    });
  }

  async #answer(command: ScriptedCommand, connection: OpenConnection): Promise<void> {
    const answer = await this.#handler(command, connection);
    if (answer === null) return;
    connection.write(answer ?? defaultAnswer(command, this.topology));
  }
}

function asCommand(parts: readonly Buffer[]): ScriptedCommand {
  const args = parts.slice(1);
  return {
    name: String(parts[0]).toUpperCase(),
    args,
    text: args.map((arg) => arg.toString("utf8")),
  };
}

/** Starts one scripted server; without a handler it gives default answers only. */
export function startScripted(handler: ScriptedHandler = () => undefined): Promise<ScriptedServer> {
  return new ScriptedServer(handler).listen();
}

/** Starts `count` scripted primaries with equal shares of the slots. The handler is told which of them was asked. */
export async function startScriptedCluster(
  count: number,
  handler: (node: number, ...rest: Parameters<ScriptedHandler>) => ReturnType<ScriptedHandler> = () =>
    undefined,
): Promise<ScriptedServer[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, (_, node) =>
      startScripted((command, connection) => handler(node, command, connection)),
    ),
  );
  const topology = servers.map(({ host, port }, node) => ({
    first: Math.floor((node * 16_384) / count),
    last: Math.floor(((node + 1) * 16_384) / count) - 1,
    nodes: [{ host, port, id: String(node).padStart(40, "0") }],
  }));
  for (const server of servers) server.topology = topology;
  return servers;
}
