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

  /**
   * Waits until all of them heard so many messages of `bytes` bytes since the last call, and some more where redis-benchmark filled its last pipelines
   * up; throws where they did not, or not the same.
   */
  async heard(messages: number, bytes: number): Promise<void> {
    const expected = `*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$${bytes}\r\n${"x".repeat(bytes)}\r\n`.length;
    const round = expected * this.#sockets.length;
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    while ((this.#bytes < messages * round || this.#bytes % round !== 0) && performance.now() < deadline)
      await sleep(5);
    const heard = this.#bytes / round;
    if (!Number.isInteger(heard) || heard < messages)
      throw new Error(`heard ${heard} of ${messages} messages`);
    this.#bytes = 0;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
