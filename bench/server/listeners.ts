import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const DRAIN_TIMEOUT_MS = 10_000;

/** Connections that have subscribed to `news` and count the bytes they hear. */
export class Listeners {
  readonly #sockets: Socket[] = [];
  #bytes = 0;

  static async open(port: number, count: number): Promise<Listeners> {
    const listeners = new Listeners();
    for (let index = 0; index < count; index++) {
      const socket = connect(port, "127.0.0.1");
      listeners.#sockets.push(socket);
      socket.write("*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nnews\r\n");
      await once(socket, "data");
      socket.on("data", (chunk: Buffer) => {
        listeners.#bytes += chunk.length;
      });
    }
    return listeners;
  }

  /** Waits until all of them heard so many messages of `bytes` bytes since the last call; throws where they do not. */
  async heard(messages: number, bytes: number): Promise<void> {
    const expected = `*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$${bytes}\r\n${"x".repeat(bytes)}\r\n`.length;
    const wanted = messages * expected * this.#sockets.length;
    for (const deadline = performance.now() + DRAIN_TIMEOUT_MS; this.#bytes < wanted; await sleep(5))
      if (performance.now() > deadline) break;
    if (this.#bytes !== wanted) throw new Error(`heard ${this.#bytes} bytes instead of ${wanted}`);
    this.#bytes = 0;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
