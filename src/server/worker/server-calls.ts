import type { Server } from "../start-server.ts";
import { NodeCalls } from "./node-calls.ts";

/** What does not change while a server runs. */
export interface ServerPlace {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** What the other thread can ask of a server. Its node has the number 0. */
export class ServerCalls extends NodeCalls {
  readonly #server: Server;

  constructor(server: Server) {
    super(() => server.node);
    this.#server = server;
  }

  start(): ServerPlace {
    const { url, host, port } = this.#server;
    return { url, host, port };
  }

  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    this.#server.resume();
  }

  kill(): Promise<void> {
    return this.#server.kill();
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
